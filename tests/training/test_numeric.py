"""The LSTM network on a tensor of numbers: it learns, and any T may come at prediction."""

import json
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
    from training import network
    from training.tensor import numeric

    with pytest.raises(ShapeError, match="the features axis is 3, and must be 2"):
        numeric.predict(learned.model, np.zeros((5, 10, 3), np.float32))
    fixed = network.with_fixed_batch(learned.model, 8)
    assert numeric.predict(fixed, np.zeros((8, 10, 2), np.float32)).shape == (8, 2)
    with pytest.raises(ShapeError, match=r"\(8, any, 2\); .* the samples axis is 5, and must be 8"):
        numeric.predict(fixed, np.zeros((5, 10, 2), np.float32))


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
    assert "prediction with 5 timesteps: (1, 5, 2) -> (1, 2)" in page
    assert "prediction with 20 timesteps: (1, 20, 2) -> (1, 2)" in page


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(59, int), "expected (samples,) = (60,), one label for each sample; received (59"),
        (np.zeros((60, 1), int), "received (60, 1)"),
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
