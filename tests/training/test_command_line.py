"""`python -m training`: what it answers to a mistake and to Ctrl-C, and one run that succeeds."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sentiment import bundle as bundles
from training.__main__ import main

ROOT = Path(__file__).parents[2]

slow = pytest.mark.slow

GOOD = "text,label\n" + "".join(
    f"{word} {noun},{label}\n"
    for label, words in (("negative", ("awful", "poor")), ("positive", ("lovely", "great")))
    for word in words
    for noun in ("film", "room", "day", "song", "meal")
)
SMALL = """
[pipeline]
timesteps = 12
overlap = 4
[tokenizer]
vocabulary_size = 2000
min_frequency = 1
[vectors]
method = "random"
features = 6
[network]
layers = [4]
bidirectional = false
[fit]
epochs = 1
"""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The working directory, with a good file of rows and a small configuration."""
    (tmp_path / "good.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fit(*arguments: str, config: str = "small.toml") -> int:
    return main(["fit", "--output", "model", "--config", config, *arguments])


def refused(capsys, status: int) -> str:
    """The last lines of what was said, of a run that must have failed and left nothing."""
    captured = capsys.readouterr()
    assert status == 2
    assert captured.out == ""
    assert not Path("model").exists()
    assert "Traceback" not in captured.err
    _, found, message = captured.err.rpartition("error: ")
    assert found
    return message


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[fit]\nepoch = 3\n", 'bad.toml: "fit.epoch" is not a setting. Those here are batch_size'),
        ("[fit]\nepochs = 0\n", "bad.toml: fit.epochs: Input should be greater than or equal to 1"),
        ("[fit\n", "bad.toml: cannot be read as TOML"),
        (None, "bad.toml: cannot be read as TOML: [Errno 2]"),
    ],
)
def test_a_bad_configuration(folder, capsys, toml, message):
    if toml is not None:
        (folder / "bad.toml").write_text(toml, encoding="utf-8")
    assert message in refused(capsys, fit("--train", "good.csv", config="bad.toml"))


@pytest.mark.parametrize("alias", ["negative", "=negative", "0=", "0 = "])
def test_a_bad_alias(folder, capsys, alias):
    message = refused(capsys, fit("--train", "good.csv", "--alias", alias))
    assert message == f'--alias {alias}: expected FROM=TO, as in "0=negative"\n'


def test_a_mistake_in_the_configuration_is_told_before_tensorflow_is_imported(folder):
    (folder / "bad.toml").write_text("[fit]\nepoch = 3\n", encoding="utf-8")
    steps = (
        "import sys\n"
        "from training.__main__ import main\n"
        "status = main(['fit', '--output', 'model', '--config', 'bad.toml'])\n"
        "sys.exit(99 if 'tensorflow' in sys.modules else status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", steps], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
    )
    assert done.returncode == 2


@pytest.mark.parametrize("arguments", [[], ["fit"], ["fit", "--output"], ["fit", "--epochs", "3"]])
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m training" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "fit --output m", "tune --config c --output m"])
def test_a_file_behind_the_folders_is_not_passed_over(folder, capsys, command):
    with pytest.raises(SystemExit) as caught:
        main([*command.split(), "--data", ".", "good.csv"])
    assert caught.value.code == 2
    message = "'good.csv' is no folder; the files to read are named before it"
    assert message in capsys.readouterr().err


def test_the_options_overrule_the_configuration(folder):
    from training.__main__ import parser
    from training.commands import data
    from training.config import parse

    config = parse(
        {
            "data": {
                "train": [{"path": "old.csv", "weight": 2}],
                "unlabelled": [{"path": "more.txt"}],
                "label_column": "stars",
                "aliases": {"1": "bad", "5": "good"},
            },
            "fit": {"epochs": 3},
        },
        origin="test",
    )
    arguments = "fit --output m --train a.csv b.csv --text-column review --alias 1=negative"
    merged = data.configured(config, parser().parse_args(arguments.split()))
    assert [(source.path, source.weight) for source in merged.data.train] == [
        ("a.csv", 1.0),
        ("b.csv", 1.0),
    ]
    assert merged.data.unlabelled == config.data.unlabelled
    assert (merged.data.text_column, merged.data.label_column) == ("review", "stars")
    assert merged.data.aliases == {"1": "negative", "5": "good"}
    assert merged.fit == config.fit


def test_options_leave_defaults_that_depend_on_the_run(folder):
    from training.__main__ import parser
    from training.commands import data
    from training.config import TrainingConfig

    options = parser().parse_args(["fit", "--output", "m", "--train", "a.csv", "--from", "base"])
    settings = data.configured(TrainingConfig(), options).settled(500, going_on=True).fit
    assert (settings.batch_size, settings.learning_rate) == (16, 0.002)


DATA = {
    "a missing file": (None, [], "bad.csv: cannot be read: No such file or directory"),
    "an unknown kind of file": (
        GOOD,
        ["--train", "small.toml"],
        'cannot read labelled text from a ".toml" file',
    ),
    "a missing column": (
        GOOD.replace("label\n", "lable\n", 1),
        [],
        'there is no column "label"; the columns are "text", "lable". Did you mean "lable"? '
        "Say which to read with --label-column.",
    ),
    "one class only": (
        "text,label\ngood film,positive\ngreat day,positive\n",
        [],
        'at least two labels are needed, but only "positive" was found',
    ),
    "empty rows only": ('text,label\n"",positive\n"  ",negative\n', [], "no row holds text"),
    "an empty file": ("", [], "bad.csv: the file is empty"),
    "invalid UTF-8": (
        GOOD.encode() + b"caf\xe9 food,positive\n",
        [],
        "bad.csv, line 22: not valid utf-8 (byte 0xe9",
    ),
    "a label that is NaN": (GOOD + "so so,NaN\n", [], "bad.csv, line 22: the label is missing"),
    "an unknown label in the validation": (
        GOOD.replace("positive", "postive"),
        ["--train", "good.csv", "--validation", "bad.csv"],
        'bad.csv, line 12: label "postive" is not one of negative, positive. '
        'Did you mean "positive"?',
    ),
    "a validation without a token": (
        "text,label\n<b></b>,negative\n<i></i>,positive\n",
        ["--train", "good.csv", "--validation", "bad.csv"],
        "bad.csv: no text holds a token",
    ),
    "no training file": (GOOD, None, "no training file: name one with --train"),
    "a base that is not there": (
        GOOD,
        ["--train", "bad.csv", "--from", "models/none"],
        "CURRENT cannot be read",
    ),
}


@slow
@pytest.mark.parametrize("case", DATA)
def test_bad_data(folder, capsys, case):
    content, arguments, message = DATA[case]
    if content is not None:
        data = content if isinstance(content, bytes) else content.encode()
        (folder / "bad.csv").write_bytes(data)
    if arguments is None:
        arguments = []
    elif not arguments:
        arguments = ["--train", "bad.csv"]
    assert message in refused(capsys, fit(*arguments))


@slow
def test_a_file_that_cannot_be_read(folder, capsys):
    (folder / "bad.csv").mkdir()  # a mode without r would not stop root
    assert "bad.csv: cannot be read: Is a directory" in refused(capsys, fit("--train", "bad.csv"))


@slow
def test_a_weight_for_an_unknown_class(folder, capsys):
    (folder / "bad.toml").write_text(f"{SMALL}class_weight = {{ postive = 2 }}\n", encoding="utf-8")
    message = refused(capsys, fit("--train", "good.csv", config="bad.toml"))
    assert 'fit.class_weight: "postive" is not one of negative, positive.' in message


@slow
def test_vectors_that_cannot_be_read(folder, capsys):
    (folder / "vectors.txt").write_text("hello\n", encoding="utf-8")
    toml = SMALL.replace('method = "random"', 'method = "file"\npath = "vectors.txt"')
    (folder / "bad.toml").write_text(toml, encoding="utf-8")
    message = refused(capsys, fit("--train", "good.csv", config="bad.toml"))
    assert "vectors.txt: cannot be read as word vectors" in message


def interrupt(*_, **__):
    raise KeyboardInterrupt


@slow
def test_an_interrupt_leaves_nothing(folder, capsys, monkeypatch):
    from training import learn

    monkeypatch.setattr(learn.Progress, "on_train_batch_end", interrupt)
    assert fit("--train", "good.csv") == 130
    assert capsys.readouterr().err.endswith("interrupted: nothing is half-written\n")
    assert not Path("model").exists()


@slow
def test_an_interrupted_check_of_what_was_saved_is_gone_on_from(folder, capsys, monkeypatch):
    from training import fit as fits

    with monkeypatch.context() as patched:
        patched.setattr(fits.Classifier, "load", interrupt)
        assert fit("--train", "good.csv") == 130
    assert "the same command with --resume goes on from there\n" in capsys.readouterr().err
    assert os.listdir("model") == ["checkpoint.npz"]
    assert fit("--train", "good.csv", "--resume") == 0
    assert sorted(os.listdir("model")) == ["1", "CURRENT"]


@slow
def test_ctrl_c_in_the_middle_of_training(folder):
    (folder / "long.toml").write_text(SMALL.replace("epochs = 1", "epochs = 9999\npatience = 9999"))
    command = [sys.executable, "-m", "training", "fit", "--output", "model", "--train", "good.csv"]
    with subprocess.Popen(
        [*command, "--config", "long.toml"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        # a shell that runs the tests in the background would have it ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        said = []
        try:
            for line in process.stderr:
                said.append(line)
                if "epoch 2 of 9999" in line:
                    process.send_signal(signal.SIGINT)
                    break
            said += process.communicate(timeout=60)[1].splitlines(keepends=True)
        finally:
            process.kill()  # it does nothing to a process that has ended
    assert process.returncode == 130, "".join(said)
    assert re.fullmatch(
        r"interrupted: model/checkpoint.npz holds \d+ batches of learning; "
        "the same command with --resume goes on from there\n",
        said[-1],
    )
    assert "Traceback" not in "".join(said)
    assert os.listdir("model") == ["checkpoint.npz"]


PROGRAM = """
import os, signal, sys
from training.__main__ import main
from training.checkpoint import Checkpoint
write, last = Checkpoint.write, int(sys.argv.pop(1))
def written(checkpoint, state):
    write(checkpoint, state)
    if state.step == last:
        os.kill(os.getpid(), signal.SIGKILL)
Checkpoint.write = written
sys.exit(main())
"""


@slow
def test_a_run_that_was_killed_is_resumed_and_gives_the_same_bytes(folder, capsys):
    """Two runs of a seed are the same, each in a process of its own, and so is one in two parts."""
    (folder / "run.toml").write_text(
        SMALL.replace("epochs = 1", "epochs = 3\nbatch_size = 4\nweight_averaging = 0.9")
        .replace('method = "random"', "")
        .replace("features = 6", "features = 6\nepochs = 1"),
        encoding="utf-8",
    )

    def run(output: str, *options: str, last: int = -1) -> int:
        command = [sys.executable, "-c", PROGRAM, str(last), "fit", "--train", "good.csv"]
        command += ["--config", "run.toml", "--output", output, "--deterministic", *options]
        return subprocess.run(
            command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True
        ).returncode

    assert run("whole") == 0
    assert run("parts", "--checkpoint-minutes", "0", last=7) == -signal.SIGKILL
    assert os.listdir("parts") == ["checkpoint.npz"]
    assert main(["fit", "--train", "good.csv", "--output", "parts", "--resume"]) == 2
    assert "fit.epochs was 3 and is 10" in capsys.readouterr().err
    assert run("parts", "--resume") == 0
    assert sorted(os.listdir("parts")) == ["1", "CURRENT"]
    for name in ("network.onnx", "tokenizer.json", "golden.json"):
        assert Path("whole/1", name).read_bytes() == Path("parts/1", name).read_bytes(), name


@slow
def test_fit_go_on_and_export(folder, capsys):
    assert fit("--train", "good.csv") == 0
    first = capsys.readouterr().out
    assert first.startswith("# Model card\n")
    assert first.endswith("saved: model/1\n")

    assert fit("--train", "good.csv", "--from", "model") == 0
    assert capsys.readouterr().out.endswith("saved: model/2\n")
    assert bundles.current(Path("model")).name == "1"

    assert main(["export-keras", "model", "exported.keras"]) == 0
    assert capsys.readouterr().out == "saved: exported.keras\n"
    assert Path("exported.keras").stat().st_size > 1000

    assert main(["export-keras", "model/2", "exported.h5"]) == 2
    assert "name one so" in capsys.readouterr().err
