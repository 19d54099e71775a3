"""An interrupted run is gone on from, and comes to the weights that it would have come to."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentiment.task import Classification
from training.config import ConfigError, FitConfig, NetworkConfig

pytestmark = pytest.mark.slow

RUN = {
    "fit": {"epochs": 3, "seed": 0},
    "files": {"1 (train a.csv)": {"sha256": "12"}},
    "base": None,
}
CONFIG = FitConfig(
    epochs=3, batch_size=4, learning_rate=0.03, word_dropout=0.2, weight_averaging=0.9
)
STEPS = 6  # of an epoch


class Interrupted(Exception):
    pass


def network():
    import keras

    from training.network import build

    keras.utils.set_random_seed(0)
    config = NetworkConfig(
        layers=(4,), bidirectional=False, pooling=("max",), embedding_dropout=0.3, dropout=0.5
    )
    return build(config, vocabulary=12, features=3, columns=3)


def rows():
    from training.batches import Rows

    labels = np.arange(4 * STEPS) % 3
    return Rows(
        ids=[np.array([label + 2, 5 + i % 7, 6], np.int32) for i, label in enumerate(labels)],
        targets=np.eye(3, dtype=np.float32)[labels],
        weights=np.ones(len(labels), np.float32),
        repeats=np.ones(len(labels), np.float32),
    )


def validation():
    from training.validation import Validation

    data = rows()
    labels = data.targets.argmax(axis=1).astype(np.int32)
    return Validation(
        data.ids, labels, np.zeros_like(labels), Classification(("a", "b", "c")), batch_tokens=1000
    )


def learned(checkpoint=None, config=CONFIG):
    from training.learn import learn

    model = network()
    history = learn(model, rows(), validation(), config, checkpoint=checkpoint)
    return model.get_weights(), history


def recorded(folder, **settings):
    """Learn to the end, and keep each checkpoint that is written on the way: `folder/STEP`.

    What is written holds all that a run knew, so a run that was interrupted then left no other.
    """
    from training.checkpoint import Checkpoint

    class Keeps(Checkpoint):
        def write(self, state):
            super().write(state)
            (folder / str(state.step)).mkdir(exist_ok=True)
            shutil.copy(self.path, folder / str(state.step) / "checkpoint.npz")

    return learned(Keeps(folder / "checkpoint.npz", RUN, minutes=0), **settings)


def resumed(path, change=lambda state: state, **settings):
    """Learn on from a checkpoint."""
    from training.checkpoint import Checkpoint

    checkpoint = Checkpoint(path, RUN)
    checkpoint.read()
    checkpoint.state = change(checkpoint.state)
    return learned(checkpoint, **settings)


def same(one, other) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """A folder for each step of a run, with its checkpoint."""
    folder = tmp_path_factory.mktemp("steps")
    recorded(folder)
    return folder


@pytest.fixture(scope="module")
def whole():
    """What a run comes to that writes no checkpoint."""
    return learned()


@pytest.mark.parametrize("step", [2, STEPS, STEPS + 3, 3 * STEPS])
def test_the_weights_are_those_of_a_run_without_an_interruption(tmp_path, steps, whole, step):
    path = shutil.copy(steps / str(step) / "checkpoint.npz", tmp_path)
    states = []
    weights, history = resumed(Path(path), lambda state: states.append(state) or state)
    assert states[0].step == step
    assert history == whole[1]
    assert same(weights, whole[0])
    assert os.listdir(tmp_path) == ["checkpoint.npz"]


def test_a_run_that_is_interrupted_leaves_its_checkpoint(tmp_path, steps):
    from training.checkpoint import Checkpoint

    class Stops(Checkpoint):
        def write(self, state):
            super().write(state)
            raise Interrupted

    with pytest.raises(Interrupted):
        learned(Stops(tmp_path / "checkpoint.npz", RUN, minutes=0))
    assert os.listdir(tmp_path) == ["checkpoint.npz"]
    with np.load(tmp_path / "checkpoint.npz") as left, np.load(steps / "1/checkpoint.npz") as kept:
        assert left.keys() == kept.keys()
        assert all(np.array_equal(left[name], kept[name]) for name in left)


def test_so_it_is_with_a_fixed_batch(tmp_path):
    settings = {"config": CONFIG.model_copy(update={"fixed_batch": 4})}
    expected, whole = recorded(tmp_path, **settings)
    path = tmp_path / str(STEPS + 3) / "checkpoint.npz"
    weights, history = resumed(path, **settings)
    assert history == whole
    assert same(weights, expected)


def test_dropout_goes_on_where_it_was(tmp_path, steps, whole):
    """Without the random states of dropout other weights would come out."""
    path = Path(shutil.copy(steps / "2" / "checkpoint.npz", tmp_path))

    def other_seeds(state):
        seeds = [np.issubdtype(value.dtype, np.integer) for value in state.network]
        assert any(seeds)
        network = [
            value + 1 if seed else value for value, seed in zip(state.network, seeds, strict=True)
        ]
        return replace(state, network=network)

    assert not same(resumed(path, other_seeds)[0], whole[0])


def test_an_early_stop_is_not_learned_past(tmp_path):
    from training.checkpoint import Checkpoint

    config = CONFIG.model_copy(update={"learning_rate": 1e-9, "patience": 1})
    checkpoint = Checkpoint(tmp_path / "checkpoint.npz", RUN)
    _, history = learned(checkpoint, config)
    assert len(history) == 2
    again = Checkpoint(tmp_path / "checkpoint.npz", RUN)
    again.read()
    assert learned(again, config)[1] == history


def test_what_was_prepared_is_kept(tmp_path):
    from sentiment.tokenizer import Tokenizer
    from training.checkpoint import Checkpoint
    from training.state import Prepared, State
    from training.vectors import Vectors

    tokenizer = Tokenizer.train(["a good film"], vocabulary_size=2000, min_frequency=1)
    start = Vectors(np.ones((2, 3), np.float32), {"vocabulary": 0.5, "tokens": 1.0})
    opinions = np.array([[0.25, 0.75]], np.float32)
    written = Checkpoint(tmp_path / "c.npz", RUN, prepared=Prepared(tokenizer, start, opinions))
    written.write(State(1, [], [], [], [], []))
    read = Checkpoint(tmp_path / "c.npz", RUN)
    read.read()
    assert read.prepared.tokenizer.to_json() == tokenizer.to_json()
    assert np.array_equal(read.prepared.start.values, start.values)
    assert read.prepared.start.coverage == start.coverage
    assert np.array_equal(read.prepared.opinions, opinions)


def written(path, run=RUN):
    from training.checkpoint import Checkpoint
    from training.state import State

    Checkpoint(path, run).write(State(1, [np.ones(3)], [], [], [], []))


def test_another_run_is_told_what_differs(tmp_path):
    from training.checkpoint import Checkpoint

    path = tmp_path / "checkpoint.npz"
    written(path)
    other = {
        "fit": {"epochs": 4, "seed": 0},
        "files": {"1 (train a.csv)": {"sha256": "34"}, "2 (train b.csv)": {"sha256": "56"}},
        "base": None,
    }
    with pytest.raises(ConfigError) as error:
        Checkpoint(path, other).read()
    assert str(error.value).splitlines() == [
        f"{path} is of another run:",
        "  fit.epochs was 3 and is 4",
        '  files.1 (train a.csv).sha256 was "12" and is "34"',
        '  files.2 (train b.csv) was nothing and is {"sha256": "56"}',
        "Give it what it had, or start again without --resume.",
    ]


def test_no_checkpoint_and_a_damaged_one(tmp_path):
    from training.checkpoint import Checkpoint

    path = tmp_path / "checkpoint.npz"
    with pytest.raises(ConfigError, match="--resume: there is no .*checkpoint.npz"):
        Checkpoint(path, RUN).read()
    written(path)
    good = path.read_bytes()
    for bad in (b"", b"text", good[:200], good[:-100]):
        path.write_bytes(bad)
        with pytest.raises(ConfigError, match="cannot be read as a checkpoint"):
            Checkpoint(path, RUN).read()


def test_a_checkpoint_that_cannot_be_written_ends_no_run(tmp_path, caplog):
    written(tmp_path / "not there" / "checkpoint.npz")
    assert "no checkpoint could be written: No such file or directory" in caplog.text


def test_of_a_write_that_fails_the_old_checkpoint_stays(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.npz"
    written(path)
    before = path.read_bytes()

    def fail(*_):
        raise Interrupted

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Interrupted):
        written(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["checkpoint.npz"]
