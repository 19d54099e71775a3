"""The Keras network: its shapes, and that padding never changes an answer."""

import itertools

import numpy as np
import pytest

from sentiment.pipeline import pad
from training.config import NetworkConfig

pytestmark = pytest.mark.slow

POOLING = (("last",), ("max",), ("mean",), ("mean", "last", "max"))
ROWS = [[3, 1, 4, 1, 5], [9], [2, 6, 5, 3, 5, 8, 9], [7, 9]]


@pytest.fixture(scope="module")
def build():
    """A network of small, random weights, its biases too: a fresh one's are all 0 or 1."""
    from training import network

    def random_network(config: NetworkConfig, *, classes: int = 3):
        model = network.build(
            config, vocabulary=10, features=5, columns=network.columns_of(classes)
        )
        random = np.random.default_rng(0)
        model.set_weights([random.normal(0, 0.6, w.shape) for w in model.get_weights()])
        return model

    return random_network


def answers(model, ids) -> np.ndarray:
    return np.asarray(model(ids, training=False))


@pytest.mark.parametrize(
    ("layers", "bidirectional", "pooling"),
    list(itertools.product([(6,), (6, 4)], [False, True], POOLING)),
)
def test_padding_on_either_side_or_none_gives_the_same_answer(
    build, layers, bidirectional, pooling
):
    config = NetworkConfig(layers=layers, bidirectional=bidirectional, pooling=pooling)
    model = build(config)
    right = answers(model, pad(ROWS, 12)[0])
    left = answers(model, pad(ROWS, 12, padding="pre")[0])
    alone = np.concatenate([answers(model, np.array([row], np.int32)) for row in ROWS])
    assert np.allclose(right, alone, rtol=0, atol=1e-6)
    assert np.allclose(left, alone, rtol=0, atol=1e-6)
    assert np.ptp(alone, axis=0).min() > 1e-3  # the rows do differ


@pytest.mark.parametrize("pooling", POOLING)
def test_the_embedding_of_the_padding_changes_nothing(build, pooling):
    model = build(NetworkConfig(layers=(4,), pooling=pooling))
    ids, _ = pad(ROWS, 9)
    before = answers(model, ids)
    (values,) = model.get_layer("embedding").get_weights()
    values[0] = 100
    model.get_layer("embedding").set_weights([values])
    assert np.array_equal(answers(model, ids), before)


@pytest.mark.parametrize(("classes", "columns"), [(2, 1), (3, 3), (5, 5)])
def test_shapes(build, classes, columns):
    model = build(NetworkConfig(layers=(6, 4), pooling=("max", "mean")), classes=classes)
    assert answers(model, pad(ROWS, 8)[0]).shape == (4, columns)
    assert model.get_layer("embedding").output.shape == (None, None, 5)
    assert model.get_layer("bidirectional_0").output.shape == (None, None, 12)
    assert model.get_layer("bidirectional_1").output.shape == (None, None, 8)
    assert model.get_layer("pooling").output.shape == (None, 16)


def test_pooling_by_hand():
    from training.network import MaskedPooling

    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)  # (n, T, H)
    x[0, 2] = 1000  # padding
    mask = np.array([[True, True, False], [False, True, True]])
    expected = {
        "max": [[4, 5, 6, 7], [20, 21, 22, 23]],
        "mean": [[2, 3, 4, 5], [18, 19, 20, 21]],
        # forward: the last real timestep; backward: the first
        "last": [[4, 5, 2, 3], [20, 21, 18, 19]],
    }
    for kind, values in expected.items():
        pooled = np.asarray(MaskedPooling((kind,), bidirectional=True)(x, mask=mask))
        assert pooled.tolist() == values
    both = np.asarray(MaskedPooling(("mean", "max"), bidirectional=True)(x, mask=mask))
    assert both.tolist() == [expected["mean"][n] + expected["max"][n] for n in range(2)]
    forward = np.asarray(MaskedPooling(("last",), bidirectional=False)(x, mask=mask))
    assert forward.tolist() == [[4, 5, 6, 7], [20, 21, 22, 23]]


def test_the_maximum_is_0_at_least_with_and_without_padding():
    from training.network import MaskedPooling

    x = np.full((2, 3, 2), -1, np.float32)
    x[1, 2] = 1000  # padding
    mask = np.array([[True, True, True], [True, True, False]])
    pooled = MaskedPooling(("max", "mean"), bidirectional=False)(x, mask=mask)
    assert np.asarray(pooled).tolist() == [[0, 0, -1, -1]] * 2


def test_dropout_is_for_training_alone(build):
    model = build(NetworkConfig(layers=(6,), embedding_dropout=0.5, dropout=0.5))
    ids, _ = pad(ROWS, 8)
    assert np.array_equal(answers(model, ids), answers(model, ids))
    assert not np.array_equal(np.asarray(model(ids, training=True)), answers(model, ids))


@pytest.fixture(scope="module")
def wide():
    """A network whose last 2 of 5 features are fixed, and its table (10, 5)."""
    from training import network

    config = NetworkConfig(layers=(4,), embedding_dropout=0.5)
    model = network.build(config, vocabulary=10, features=5, extra=2, columns=3)
    table = np.random.default_rng(1).normal(size=(10, 5)).astype(np.float32)
    network.set_embedding(model, table)
    return model, table


def test_extra_features_stand_behind_the_vectors_and_are_masked_as_they_are(wide):
    from training import network

    model, table = wide
    assert np.array_equal(network.embedding(model), table)
    layer = model.get_layer("embedding")
    ids, lengths = pad(ROWS, 9)
    assert np.array_equal(np.asarray(layer(ids)), table[ids])
    assert np.asarray(layer.compute_mask(ids)).sum(axis=1).tolist() == lengths.tolist()
    left = answers(model, pad(ROWS, 12, padding="pre")[0])
    assert np.allclose(answers(model, ids), left, rtol=0, atol=1e-6)


def test_extra_features_are_never_dropped():
    from training.network import VectorDropout

    dropped = np.asarray(VectorDropout(0.5, 2)(np.ones((50, 4, 5), np.float32), training=True))
    assert (dropped[..., 3:] == 1).all()
    assert set(np.unique(dropped[..., :3])) == {0, 2}
    assert (np.ptp(dropped, axis=1) == 0).all()  # a feature is dropped in the whole row


def test_extra_features_do_not_learn(wide):
    import keras

    from training import network

    model, table = wide
    network.set_embedding(model, table)
    model.compile(
        keras.optimizers.Adam(0.1),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    targets = np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]
    model.train_on_batch(pad(ROWS, 8)[0], targets, sample_weight=np.ones(4, np.float32))
    after = network.embedding(model)
    assert np.array_equal(after[:, 3:], table[:, 3:])
    assert not np.array_equal(after[:, :3], table[:, :3])


def test_the_same_seed_starts_the_same_network():
    import keras

    from training import network

    weights = []
    for _ in range(2):
        keras.utils.set_random_seed(7)
        model = network.build(NetworkConfig(layers=(4,)), vocabulary=10, features=5, columns=3)
        weights.append(model.get_weights())
    assert all(np.array_equal(one, other) for one, other in zip(*weights, strict=True))
