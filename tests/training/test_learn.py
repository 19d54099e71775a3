"""Which epoch is kept, when learning stops, and what it is measured by."""

import numpy as np
import pytest

from sentiment.task import Classification
from training.config import FitConfig, NetworkConfig

pytestmark = pytest.mark.slow

LABELS = ("negative", "neutral", "positive")


@pytest.fixture
def model():
    import keras

    from training import network

    keras.utils.set_random_seed(0)
    config = NetworkConfig(layers=(4,), bidirectional=False)
    return network.build(config, vocabulary=10, features=3, columns=3)


@pytest.fixture
def rows():
    """Twelve rows whose first token tells the class."""
    from training.batches import Rows

    labels = np.arange(12) % 3
    return Rows(
        ids=[np.array([label + 1, 5, 6], np.int32) for label in labels],
        targets=np.eye(3, dtype=np.float32)[labels],
        weights=np.ones(12, np.float32),
        repeats=np.ones(12, np.float32),
    )


class Scripted:
    """A validation that says what it is told to, and remembers the networks it saw."""

    def __init__(self, *recalls: float, nlls: tuple[float, ...] = ()) -> None:
        self.recalls = list(recalls)
        self.nlls = nlls or [1 - recall for recall in recalls]
        self.weights: list[list[np.ndarray]] = []
        self.shapes: list[tuple[int | None, ...]] = []

    def measure(self, model) -> dict[str, float]:
        self.weights.append(model.get_weights())
        self.shapes.append(model.input.shape)
        recall = self.recalls[len(self.weights) - 1]
        return {
            "macro_recall": recall,
            "accuracy": recall,
            "nll": self.nlls[len(self.weights) - 1],
        }


def same(one, other) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_best_epoch_is_kept_and_learning_stops_without_a_gain(model, rows):
    from training.learn import learn

    script = Scripted(0.5, 0.8, 0.7, 0.8, 0.99)
    history = learn(model, rows, script, FitConfig(epochs=5, patience=2, schedule="constant"))
    assert [values["macro_recall"] for values in history] == [0.5, 0.8, 0.7, 0.8]
    assert same(model.get_weights(), script.weights[1])
    assert not same(script.weights[1], script.weights[3])
    assert all(np.isfinite(values["loss"]) for values in history)


def test_without_a_stop_all_epochs_are_run_and_the_last_may_be_best(model, rows):
    from training.learn import learn

    script = Scripted(0.5, 0.4, 0.6)
    assert len(learn(model, rows, script, FitConfig(epochs=3, patience=2))) == 3
    assert same(model.get_weights(), script.weights[2])


def test_a_fixed_batch_is_for_learning_only(model, rows):
    from training.learn import learn

    before = model.get_weights()
    script = Scripted(0.5, 0.6)
    learn(model, rows, script, FitConfig(epochs=2, fixed_batch=5, schedule="constant"))
    assert not same(model.get_weights(), before)
    assert same(model.get_weights(), script.weights[1])
    # what is measured and exported takes any number of rows
    assert [*script.shapes, model.input.shape] == [(None, None)] * 3


def test_of_epochs_with_the_same_recall_the_one_of_the_lowest_loss_is_kept(model, rows):
    from training.learn import learn

    script = Scripted(0.5, 0.8, 0.8, 0.8, nlls=(0.1, 0.4, 0.3, 0.3))
    learn(model, rows, script, FitConfig(epochs=4, patience=4, schedule="constant"))
    assert same(model.get_weights(), script.weights[2])


def test_rows_without_weight_teach_nothing(model, rows):
    from dataclasses import replace

    from training.learn import learn

    before = model.get_weights()
    learn(
        model, replace(rows, weights=np.zeros(12, np.float32)), Scripted(0.5), FitConfig(epochs=1)
    )
    assert same(model.get_weights(), before)


def test_an_interrupt_comes_through(model, rows, monkeypatch):
    from training import learn

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(learn.Progress, "on_train_batch_end", interrupt)
    with pytest.raises(KeyboardInterrupt):
        learn.learn(model, rows, Scripted(0.5), FitConfig(epochs=1))


class FirstToken:
    """Stands in for a network: sure of the class that a row's first token names."""

    def predict(self, batches, verbose) -> np.ndarray:
        first = np.concatenate([np.asarray(ids)[:, 0] for ids in batches])
        return 50 * np.eye(3, dtype=np.float32)[first - 1]


def validation(*rows_of_source_and_label):
    from training.validation import Validation

    rows, sources, labels = zip(*rows_of_source_and_label, strict=True)
    return Validation(
        [np.array(row, np.int32) for row in rows],
        np.array(labels, np.int32),
        np.array(sources, np.int32),
        Classification(LABELS),
        batch_tokens=8,
    )


def test_outputs_labels_and_sources_stand_in_one_order():
    checked = validation(([2, 9, 9, 9], 0, 1), ([1], 1, 0), ([3, 9], 0, 2), ([1, 9, 9], 1, 0))
    assert checked.outputs(FirstToken()).argmax(axis=1).tolist() == checked.labels.tolist()
    assert sorted(zip(checked.labels.tolist(), checked.sources.tolist(), strict=True)) == [
        (0, 1),
        (0, 1),
        (1, 0),
        (2, 0),
    ]


def test_each_source_counts_the_same():
    # three right rows in the first source; one right and one wrong in the second
    right = [([label + 1, 9], 0, label) for label in range(3)]
    checked = validation(*right, ([1, 9], 1, 0), ([1, 9], 1, 2))
    values = checked.measure(FirstToken())
    assert values["accuracy"] == pytest.approx((1 + 0.5) / 2)
    assert values["macro_recall"] == pytest.approx((1 + 0.5) / 2)
    assert set(values) == {"macro_recall", "accuracy", "nll"}


def rate(config: FitConfig, step: int) -> float:
    from training.learn import _schedule

    schedule = _schedule(config, 100)
    return float(schedule(step)) if callable(schedule) else schedule


def test_the_learning_rate_warms_up_and_falls():
    config = FitConfig(learning_rate=0.01, warmup=0.1)
    assert rate(config, 0) == 0
    assert rate(config, 5) == pytest.approx(0.005)
    assert rate(config, 10) == pytest.approx(0.01)
    assert rate(config, 55) == pytest.approx(0.01 * (0.5 + 0.02 / 2), rel=1e-3)
    assert rate(config, 100) == pytest.approx(0.01 * 0.02)


def test_the_learning_rate_without_a_warmup_and_without_a_schedule():
    assert rate(FitConfig(learning_rate=0.01, warmup=0), 0) == pytest.approx(0.01)
    assert rate(FitConfig(learning_rate=0.01, schedule="constant"), 99) == 0.01


def test_the_average_of_the_weights_is_measured_and_kept(model, rows):
    """With a momentum of nearly 1 the average stays where the first step led."""
    from training.learn import learn

    script = Scripted(0.5, 0.6)
    config = FitConfig(epochs=2, batch_size=3, schedule="constant", weight_averaging=0.999999)
    before = model.get_weights()
    learn(model, rows, script, config)
    first, last = script.weights
    assert not same(before, first)
    for one, other in zip(first, last, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert same(model.get_weights(), last)

    script = Scripted(0.5, 0.6)
    learn(model, rows, script, config.model_copy(update={"weight_averaging": 0.0}))
    first, last = script.weights
    assert max(np.abs(a - b).max() for a, b in zip(first, last, strict=True)) > 1e-3


def test_what_an_epoch_measured_is_told_and_may_end_the_learning(model, rows):
    from training.learn import learn

    told = []

    def after_epoch(epoch, values):
        told.append((epoch, values["macro_recall"], values["loss"]))
        if epoch == 1:
            raise RuntimeError("enough")

    script = Scripted(0.5, 0.6, 0.7)
    with pytest.raises(RuntimeError, match="enough"):
        learn(model, rows, script, FitConfig(epochs=3), after_epoch=after_epoch)
    assert [(epoch, recall) for epoch, recall, _ in told] == [(0, 0.5), (1, 0.6)]
    assert all(loss > 0 for *_, loss in told)
