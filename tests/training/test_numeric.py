"""The LSTM network on a tensor of numbers: it learns, and any T may come at prediction."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from training.__main__ import main
from training.config import TrainingConfig
from training.tensor.tensors import ShapeError, pad_ragged

SMALL = """
[network]
layers = [8, 4]
dropout = 0.0
[fit]
epochs = 12
learning_rate = 0.02
batch_size = 8
fixed_batch = 7
"""


def rising_and_falling(n: int, timesteps: int) -> tuple[np.ndarray, np.ndarray]:
    """n noisy series of two features, (n, T, 2), which rise or fall: their class."""
    random = np.random.default_rng(0)
    labels = np.arange(n) % 2
    slope = np.linspace(-1, 1, timesteps)[None, :] * np.where(labels, 1, -1)[:, None]  # (n, T)
    noise = random.normal(0, 0.1, (n, timesteps))
    return np.stack([slope + noise, noise], axis=-1).astype(np.float32), labels


@pytest.fixture(scope="module")
def learned():
    from training.tensor import numeric

    tensor, labels = rising_and_falling(60, 10)
    config = TrainingConfig.model_validate(
        {
            "network": {"layers": (8, 4), "dropout": 0.0},
            "fit": {"epochs": 12, "learning_rate": 0.02, "fixed_batch": 7},
        }
    )
    return numeric.train(tensor, np.ones((60, 10), bool), labels, config)


@pytest.mark.slow
def test_it_learns(learned):
    assert learned.held == 12
    assert learned.accuracy == 1
    assert learned.losses[-1] < learned.losses[0]


@pytest.mark.slow
@pytest.mark.parametrize("timesteps", [4, 10, 25])
def test_shorter_and_longer_sequences_are_answered_as_well(learned, timesteps):
    from training.tensor import numeric

    tensor, labels = rising_and_falling(20, timesteps)
    answers = numeric.predict(learned.model, tensor)
    assert answers.shape == (20, 2)
    assert (answers.argmax(axis=1) == labels).mean() >= 0.95


@pytest.mark.slow
def test_padding_changes_no_answer(learned):
    from training.tensor import numeric

    tensor, _ = rising_and_falling(3, 6)
    padded, mask = pad_ragged(list(tensor), timesteps=15)
    alone = numeric.predict(learned.model, tensor)
    assert np.allclose(numeric.predict(learned.model, padded, mask), alone, atol=1e-6)


@pytest.mark.slow
def test_other_features_and_another_fixed_batch_are_refused(learned):
    from training.tensor import numeric

    with pytest.raises(ShapeError, match="the features axis is 3, and must be 2"):
        numeric.predict(learned.model, np.zeros((5, 10, 3), np.float32))
    assert learned.learner.inputs[0].shape == (7, None, 2)
    tensor, _ = rising_and_falling(7, 10)
    free, fixed = (numeric.predict(one, tensor) for one in (learned.model, learned.learner))
    assert np.allclose(free, fixed, atol=1e-6)
    with pytest.raises(ShapeError, match=r"\(7, any, 2\); .* the samples axis is 5, and must be 7"):
        numeric.predict(learned.learner, tensor[:5])


@pytest.mark.slow
def test_a_mask_and_labels_of_another_shape_are_refused(learned):
    from training.tensor import numeric

    tensor, labels = rising_and_falling(12, 6)
    mask = np.ones((12, 6), bool)
    with pytest.raises(ShapeError, match="mask: .* the timesteps axis is 5, and must be 6"):
        numeric.predict(learned.model, tensor, mask[:, :5])
    with pytest.raises(ShapeError, match="mask: .* the samples axis is 11, and must be 12"):
        numeric.train(tensor, mask[:11], labels, TrainingConfig())
    with pytest.raises(ShapeError, match="labels: .* the samples axis is 11, and must be 12"):
        numeric.train(tensor, mask, labels[:11], TrainingConfig())


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    tensor, labels = rising_and_falling(60, 10)
    np.save("series.npy", tensor.reshape(60, 20))
    np.save("classes.npy", np.array(["down", "up"])[labels])
    Path("run.toml").write_text(SMALL, encoding="utf-8")
    return tmp_path


def test_the_command_shows_the_stages_of_an_array(folder, capsys):
    told = ["--config", "run.toml", "--timesteps", "10"]
    assert main(["shapes", "--array", "series.npy", *told]) == 2
    assert "Say both timesteps and features" in capsys.readouterr().err
    assert main(["shapes", "--array", "series.npy", *told, "--features", "2"]) == 0
    page = capsys.readouterr().out
    assert "series.npy: float32 (60, 10, 2), (samples, timesteps, features)" in page
    assert "(60, 10, 16)" in page and "(60, 10, 8)" in page and "(60, 16)" in page


def test_the_command_shows_padding_and_the_scale(folder, capsys):
    Path("ragged.json").write_text(json.dumps([[1, 2, 3, 4], [500, 6]]), encoding="utf-8")
    assert main(["shapes", "--array", "ragged.json"]) == 0
    page = capsys.readouterr().out
    assert "25.0% of the timesteps are padding" in page
    assert "values from 0 to 500" in page


@pytest.mark.parametrize("option", ["--timesteps", "--features", "--labels"])
def test_options_of_an_array_need_one(option, capsys):
    assert main(["shapes", option, "3"]) == 2
    assert f"{option} goes with --array" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_trains_on_it(folder, capsys):
    array = ["shapes", "--array", "series.npy", "--timesteps", "10", "--features", "2"]
    assert main([*array, "--config", "run.toml", "--labels", "classes.npy"]) == 0
    page = capsys.readouterr().out
    assert "2 classes, down, up" in page
    assert "on 12 samples held out" in page
    assert "learned with batch_shape = (7, T, 2); n is free at prediction" in page
    assert "prediction with 5 timesteps: (1, 5, 2) -> (1, 2)" in page
    assert "prediction with 20 timesteps: (1, 20, 2) -> (1, 2)" in page


@pytest.mark.slow
def test_the_command_trains_on_ragged_sequences_of_three_classes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    classes = ["up", "down", "level"] * 3
    series = [np.linspace(0, slope, 3 + n).tolist() for n, slope in enumerate([1, -1, 0] * 3)]
    Path("ragged.json").write_text(json.dumps(series), encoding="utf-8")
    Path("classes.json").write_text(json.dumps(classes), encoding="utf-8")
    Path("run.toml").write_text("[network]\nlayers = [4]\n[fit]\nepochs = 2\n", encoding="utf-8")
    told = ["--config", "run.toml", "--labels", "classes.json"]
    assert main(["shapes", "--array", "ragged.json", *told]) == 0
    page = capsys.readouterr().out
    assert "ragged.json: float32 (9, 11, 1)" in page and "36.4% of the timesteps are pad" in page
    assert "classes.json: 3 classes, down, level, up" in page
    assert re.search(r"head: logits +\(9, 3\) +\(samples, classes\)", page)
    assert re.search(r"softmax: probabilities +\(9, 3\)", page)
    assert "the samples learned from" in page and "the most frequent class: 0.333" in page
    assert "prediction with 22 timesteps: (1, 22, 1) -> (1, 3)" in page


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([["a"], ["b", "c"]], "expected a list of labels; received one of ragged lists"),
        (["up"] * 59, "the samples axis is 59, and must be 60"),
        ({"up": 1}, "received 0 dimensions"),
    ],
)
def test_labels_as_json_that_do_not_fit(folder, capsys, labels, message):
    Path("wrong.json").write_text(json.dumps(labels), encoding="utf-8")
    array = ["--array", "series.npy", "--timesteps", "10", "--features", "2"]
    assert main(["shapes", *array, "--labels", "wrong.json"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: wrong.json: ") and message in said


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            np.zeros(59, int),
            "expected (samples,) = (60,), one label for each sample; received (samples,) = (59,)",
        ),
        (np.zeros((60, 1), int), "received 2 dimensions, (60, 1)"),
        (np.zeros(60), "expected classes, as whole numbers or words; received float64"),
        (np.zeros(60, int), "received only 0"),
        (None, "cannot be read"),
    ],
)
def test_labels_that_do_not_fit(folder, capsys, labels, message):
    if labels is not None:
        np.save("wrong.npy", labels)
    array = ["--array", "series.npy", "--timesteps", "10", "--features", "2"]
    assert main(["shapes", *array, "--labels", "wrong.npy"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: wrong.npy: ") and message in said
