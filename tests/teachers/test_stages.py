"""What the teachers say together, and files that appear whole or not at all."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="make .venv/.teachers installs what teachers/ needs")

LABELS = ("negative", "neutral", "positive")
SHORT, LONG = "It is fine", "It is fine " * 30


class Says:
    """A teacher that says the same of every text."""

    label_names = LABELS

    def __init__(self, *probabilities: float) -> None:
        self._row = np.array(probabilities)

    def probabilities(self, texts):
        return np.tile(self._row, (len(texts), 1))


def test_the_linear_model_has_a_say_in_how_long_texts_lean_and_in_nothing_else():
    from teachers.stages import _label

    said = _label(Says(0.2, 0.5, 0.3), Says(0.9, 0.1), [SHORT, LONG, SHORT])
    assert said[0].tolist() == said[2].tolist() == [0.2, 0.5, 0.3]
    # mean log odds of 0.3 : 0.2 and 0.1 : 0.9, over what is not neutral
    odds = np.sqrt((0.3 / 0.2) * (0.1 / 0.9))
    assert said[1] == pytest.approx([0.5 / (1 + odds), 0.5, 0.5 * odds / (1 + odds)])


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
