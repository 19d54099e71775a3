"""The terms beside the cross-entropy: what they perturb, by how much, and what they teach."""

import numpy as np
import pytest

from training.config import FitConfig, NetworkConfig, ObjectiveConfig

pytestmark = pytest.mark.slow

IDS = np.array([[1, 2, 3, 0], [4, 5, 0, 0], [6, 1, 2, 7]], np.int32)
WEIGHTS = np.array([0.5, 2, 1], np.float32)
TARGETS = {
    2: np.array([[0], [1], [0.25]], np.float32),
    3: np.array([[1, 0, 0], [0, 0, 1], [0.5, 0.25, 0.25]], np.float32),
}


def build(classes: int, *, dropout: float = 0.0, bidirectional: bool = True):
    import keras

    from training import network

    keras.utils.set_random_seed(0)
    config = NetworkConfig(
        layers=(4,), bidirectional=bidirectional, dropout=dropout, embedding_dropout=dropout
    )
    model = network.build(config, vocabulary=10, features=3, columns=network.columns_of(classes))
    embedding = model.get_layer("embedding")
    embedding.set_weights([np.random.default_rng(0).normal(0, 2, (10, 3))])
    return model


def compiled(model, *, rate: float = 0.01):
    import keras

    binary = model.output.shape[-1] == 1
    loss = keras.losses.BinaryCrossentropy if binary else keras.losses.CategoricalCrossentropy
    model.compile(
        keras.optimizers.Adam(rate),
        loss=loss(from_logits=True, label_smoothing=0.1),
        run_eagerly=True,
    )
    return model


def step(classes: int, *, dropout: float = 0.0, ids=IDS, targets=None, weights=WEIGHTS, **terms):
    """Learn from one batch: the network, and what each term was before."""
    from training.objective import MixedObjective

    network = build(classes, dropout=dropout)
    learner = compiled(MixedObjective(network, ObjectiveConfig(**terms), seed=0))
    targets = TARGETS[classes] if targets is None else targets
    return network, learner.train_on_batch(ids, targets, weights, return_dict=True)


def same(one, other) -> bool:
    return all(
        np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )


def test_a_perturbation_has_its_norm_and_leaves_the_padding_alone():
    import tensorflow as tf

    from training.objective import scaled, spread

    random = np.random.default_rng(0)
    mask = np.array([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1], [1, 1, 0, 0]], bool)
    x = random.normal(0, [1, 10, 0.1], (4, 4, 3)).astype(np.float32)
    slopes = random.normal(size=(4, 4, 3)).astype(np.float32)
    slopes[2] *= 1e-30  # its square is 0 in float32
    slopes[3] = 0
    units = spread(tf.constant(x), tf.constant(mask))
    np.testing.assert_allclose(units, x[mask].std(axis=0), rtol=1e-5)

    r = scaled(tf.constant(slopes), tf.constant(mask), units, norm=5.0).numpy()
    assert (r[~mask] == 0).all()
    norms = np.sqrt(((r / units.numpy()) ** 2).sum(axis=(1, 2)))
    np.testing.assert_allclose(norms, [5, 5, 5, 0], rtol=1e-5)
    # along the slope, where each feature is measured in its unit
    one, other = (r / units.numpy())[0][mask[0]], (slopes * units.numpy())[0][mask[0]]
    np.testing.assert_allclose(one / 5, other / np.linalg.norm(other), rtol=1e-4)


def test_divergence_and_entropy_of_two_and_of_more_classes():
    import tensorflow as tf

    from training.objective import divergence, entropy

    p, q = np.array([0.9, 0.1]), np.array([0.6, 0.4])
    expected = (p * np.log(p / q)).sum(), -(p * np.log(p)).sum()
    odds = [tf.constant([[np.log(x[1] / x[0])]], tf.float32) for x in (p, q)]
    logs = [tf.constant([np.log(x) + 3], tf.float32) for x in (p, q)]
    for one, other in (odds, logs):
        assert float(divergence(one, other)[0]) == pytest.approx(expected[0], rel=1e-4)
        assert float(entropy(one)[0]) == pytest.approx(expected[1], rel=1e-4)
        assert float(divergence(one, one)[0]) == 0
    sure = tf.constant([[200.0]])
    assert float(entropy(sure)[0]) == 0
    assert np.isfinite(float(divergence(sure, -sure)[0]))


@pytest.mark.parametrize("classes", [2, 3])
def test_without_terms_it_is_plain_training_bit_for_bit(classes):
    """Dropout, sample weights and label smoothing included."""
    from training.objective import MixedObjective

    plain = compiled(build(classes, dropout=0.4))
    other = build(classes, dropout=0.4)
    learner = compiled(MixedObjective(other, ObjectiveConfig(), seed=0))
    for _ in range(3):
        batch = (IDS, TARGETS[classes], WEIGHTS)
        expected = plain.train_on_batch(*batch, return_dict=True)
        received = learner.train_on_batch(*batch, return_dict=True)
        assert received == {**expected, "cross_entropy": expected["loss"]}
        assert same(plain, other)
    assert not same(plain, build(classes))


@pytest.mark.parametrize("classes", [2, 3])
def test_all_passes_drop_the_same_units(classes):
    """Hardly perturbed, a text is answered as in the clean pass, in spite of the dropout."""
    terms = {"adversarial": 1.0, "virtual_adversarial": 1.0, "norm": 1e-6}
    _, values = step(classes, dropout=0.5, **terms)
    assert values["adversarial"] == pytest.approx(values["cross_entropy"], rel=1e-4)
    assert values["virtual_adversarial"] == pytest.approx(0, abs=1e-6)
    assert values["loss"] == pytest.approx(2 * values["cross_entropy"], rel=1e-4)


@pytest.mark.parametrize("classes", [2, 3])
def test_what_is_learned_counts_by_its_weight(classes):
    terms = {"adversarial": 0.5, "virtual_adversarial": 2.0, "entropy": 0.25, "norm": 1.0}
    network, values = step(classes, **terms)
    assert values["adversarial"] > values["cross_entropy"] * 1.01
    assert values["virtual_adversarial"] > 1e-4
    assert 0 < values["entropy"] <= np.log(classes) + 1e-6
    expected = values["cross_entropy"] + sum(
        terms[name] * values[name] for name in ("adversarial", "virtual_adversarial", "entropy")
    )
    assert values["loss"] == pytest.approx(expected, rel=1e-5)
    plain, alone = step(classes)
    assert alone["cross_entropy"] == pytest.approx(values["cross_entropy"], rel=1e-6)
    assert not same(network, plain)


def test_more_padding_changes_nothing():
    _, values = step(3, adversarial=1.0, entropy=1.0)
    _, wider = step(3, adversarial=1.0, entropy=1.0, ids=np.pad(IDS, ((0, 0), (0, 3))))
    assert wider == pytest.approx(values, rel=1e-4)


def test_the_targets_of_rows_without_weight_are_not_read():
    weights = np.array([0, 2, 0], np.float32)
    other = TARGETS[3].copy()
    other[[0, 2]] = 0
    terms = {"adversarial": 1.0, "virtual_adversarial": 1.0, "entropy": 1.0}
    one, values = step(3, weights=weights, **terms)
    two, others = step(3, weights=weights, targets=other, **terms)
    assert values == others
    assert same(one, two)


def test_a_batch_without_any_target():
    nothing = np.zeros(3, np.float32)
    network, values = step(3, weights=nothing, adversarial=1.0)
    assert values == {"loss": 0, "cross_entropy": 0, "adversarial": 0}
    assert same(network, build(3))
    network, values = step(3, weights=nothing, adversarial=1.0, entropy=1.0)
    assert values["loss"] == values["entropy"] > 0
    assert not same(network, build(3))
    assert all(np.isfinite(weights).all() for weights in network.get_weights())


class Unmeasured:
    """A validation that says that each epoch is better than the last."""

    def __init__(self) -> None:
        self.epochs = 0

    def measure(self, model) -> dict[str, float]:
        self.epochs += 1
        return {"macro_recall": self.epochs / 100, "accuracy": 0.0, "nll": 0.0}


def test_unlabelled_rows_teach_a_steadier_answer():
    """Six labelled rows, 60 without a target: the same learning, with and without the term."""
    from training.batches import Rows
    from training.learn import learn

    random = np.random.default_rng(0)
    labels = np.arange(66) % 2
    rows = Rows(
        ids=[
            np.r_[1 + label, random.integers(3, 10, random.integers(2, 5))].astype(np.int32)
            for label in labels
        ],
        targets=labels[:, None].astype(np.float32),
        weights=np.where(np.arange(66) < 6, 11, 0).astype(np.float32),
        repeats=np.ones(66, np.float32),
    )
    fit = FitConfig(epochs=12, batch_size=16, learning_rate=0.02)
    steadiness = []
    for weight in (1e-9, 1.0):  # the first is measured, and not learned
        network = build(2, bidirectional=False)
        history = learn(
            network, rows, Unmeasured(), fit, ObjectiveConfig(virtual_adversarial=weight, norm=1.0)
        )
        steadiness.append(history[-1]["virtual_adversarial"])
        assert history[-1]["cross_entropy"] < 0.9 * history[0]["cross_entropy"]
        assert set(history[0]) == {
            *("loss", "cross_entropy", "virtual_adversarial"),
            *("macro_recall", "accuracy", "nll"),
        }
    assert steadiness[1] < 0.9 * steadiness[0]
