"""The tour in `docs/training.md`: its commands run, in order, and end with a model that serves."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TITLE = "From a CSV to a promoted model"
STEPS = ("check", "shapes", "fit", "evaluate", "promote", "predict")


def commands() -> list[str]:
    """What the tour has in its `sh` blocks; `text` blocks show what is printed."""
    document = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    tour = document.partition(f"\n## {TITLE}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", tour, re.MULTILINE | re.DOTALL)


def test_the_tour_takes_every_step_once_and_in_order() -> None:
    named = re.findall(r"python -m training ([\w-]+)", "\n".join(commands()))
    assert tuple(named) == STEPS


@pytest.mark.slow
def test_the_commands_run_and_the_new_version_serves(tmp_path: Path) -> None:
    """In a folder with copies of the model and the samples, with this interpreter as `python`."""
    for name in ("models/default", "training/samples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    served = (tmp_path / "models/default/CURRENT").read_text()
    for command in commands():
        done = subprocess.run(
            ["sh", "-e", "-c", command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    new = str(int(served) + 1)
    assert (tmp_path / "models/desk/CURRENT").read_text().strip() == new
    assert (tmp_path / "models/default/CURRENT").read_text() == served
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    rows = (tmp_path / "training/samples/desk-test.csv").read_text(encoding="utf-8").splitlines()
    scored = (tmp_path / "scored.csv").read_text(encoding="utf-8").splitlines()
    assert scored[0].startswith("text,label,model_label,")
    assert len(scored) == len(rows)
