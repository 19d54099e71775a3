"""Files of stages appear whole or not at all, and all of a folder is made from the same."""

import pytest

pytest.importorskip("torch", reason="make .venv/.teachers installs what teachers/ needs")


def test_a_stage_that_fails_leaves_no_file(tmp_path):
    from teachers.stages import _replacing

    def fails(path):
        path.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _replacing(tmp_path / "whole.parquet", fails)
    assert not (tmp_path / "whole.parquet").exists()
    _replacing(tmp_path / "whole.parquet", lambda path: path.write_text("all"))
    assert (tmp_path / "whole.parquet").read_text() == "all"


def test_a_folder_takes_nothing_that_is_made_from_anything_else(tmp_path):
    from teachers.stages import _note_origin
    from training.config import ConfigError

    origin = {"fit": {"seed": 0}, "judges": {"models/default": "4"}}
    _note_origin(tmp_path, origin)
    (tmp_path / "whole.parquet").touch()
    _note_origin(tmp_path, origin)
    with pytest.raises(ConfigError, match='judges.models/default was "4" and is "5"\nRemove it'):
        _note_origin(tmp_path, {**origin, "judges": {"models/default": "5"}})
    (tmp_path / "made_from.json").unlink()
    with pytest.raises(ConfigError, match="fit was nothing.*\n  judges was nothing"):
        _note_origin(tmp_path, origin)


@pytest.mark.parametrize(
    ("rows", "settings", "said"),
    [
        ({"good " * 60: "good", "bad": "bad"}, "", 'teachers need "negative" among them'),
        ({"good": "positive", "bad": "negative"}, "", "none of the training texts has 60 words"),
        (
            {"good " * 60: "positive", "bad": "negative"},
            '[distil]\nteachers = ["linear"]',
            '"linear" judges long texts in any case',
        ),
        (
            {"good " * 60: "positive", "bad": "negative"},
            '[distil]\nteachers = ["models/none"]',
            "models/none",
        ),
    ],
)
def test_what_cannot_work_ends_before_the_fine_tuning(tmp_path, capsys, rows, settings, said):
    from teachers.__main__ import main

    lines = [f"{text},{label}" for text, label in rows.items()]
    (tmp_path / "train.csv").write_text("\n".join(["text,label", *lines]))
    held_out = [f"other {line}" for line in lines]
    (tmp_path / "dev.csv").write_text("\n".join(["text,label", *held_out]))
    (tmp_path / "more.txt").write_text("one more\n")
    (tmp_path / "config.toml").write_text(
        '[data]\ntrain = [{ path = "train.csv", holdout = 0 }]\n'
        'validation = [{ path = "dev.csv" }]\n'
        f'unlabelled = [{{ path = "more.txt" }}]\n{settings}\n'
    )
    options = ["--config", str(tmp_path / "config.toml"), "--data", str(tmp_path)]
    assert main([*options, "--output", str(tmp_path / "teacher")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "teacher").exists()
