"""Keras and `network.onnx` say the same, there and back, for all that can be configured."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sentiment import bundle as bundles
from sentiment.bundle import Bundle, Manifest
from sentiment.pipeline import PipelineConfig, pad
from sentiment.runtime import onnxruntime
from sentiment.tokenizer import Tokenizer
from training.config import ConfigError, NetworkConfig
from training.graph import from_onnx, to_onnx

pytestmark = pytest.mark.slow

VOCABULARY, FEATURES, TIMESTEPS = 12, 5, 9
POOLING = (("last",), ("max",), ("mean",), ("max", "last", "mean"))
NETWORKS = [
    NetworkConfig(layers=layers, bidirectional=bidirectional, pooling=pooling)
    for layers, bidirectional, pooling in itertools.product(
        [(6,), (6, 4), (4, 5, 6)], [False, True], POOLING
    )
]


def describe(config: object) -> str:
    if not isinstance(config, NetworkConfig):
        return str(config)
    direction = "both" if config.bidirectional else "forward"
    return f"{'+'.join(map(str, config.layers))}-{direction}-{'+'.join(config.pooling)}"


every_network = pytest.mark.parametrize("config", NETWORKS, ids=describe)


def build(config: NetworkConfig, *, classes: int = 3):
    """A network of random weights, its biases too, so that no two gates are alike."""
    from training import network

    model = network.build(
        config, vocabulary=VOCABULARY, features=FEATURES, columns=network.columns_of(classes)
    )
    random = np.random.default_rng(0)
    model.set_weights(
        [random.normal(0, 0.6, w.shape).astype(np.float32) for w in model.get_weights()]
    )
    return model


def rows() -> list[list[int]]:
    random = np.random.default_rng(1)
    lengths = [4, 1, TIMESTEPS, 2, 7]
    return [random.integers(1, VOCABULARY, length).tolist() for length in lengths]


def run_keras(model) -> np.ndarray:
    return np.asarray(model(pad(rows(), TIMESTEPS)[0], training=False))


def run_onnx(network: bytes, *, timesteps: int = TIMESTEPS) -> np.ndarray:
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    ids, lengths = pad(rows(), timesteps)
    return session.run(["logits"], {"ids": ids, "lengths": lengths})[0]


@pytest.mark.parametrize("classes", [2, 3])
@every_network
def test_keras_and_onnx_agree(config, classes):
    from training.export import to_weights

    model = build(config, classes=classes)
    expected = run_keras(model)
    network = to_onnx(to_weights(model, config, storage="float32"), config)
    received = run_onnx(network)
    assert received.shape == expected.shape == (5, 1 if classes == 2 else 3)
    assert received.dtype == np.float32
    assert np.abs(received - expected).max() < 1e-5
    assert np.abs(run_onnx(network, timesteps=40) - expected).max() < 1e-5  # more padding
    assert np.ptp(expected, axis=0).min() > 1e-3  # the rows do differ


@every_network
def test_the_weights_come_back_bit_by_bit(config):
    from training.export import load_weights, to_weights

    model = build(config)
    weights = to_weights(model, config, storage="float32")
    received = from_onnx(to_onnx(weights, config))
    assert received.keys() == weights.keys()
    for name, expected in weights.items():
        assert received[name].dtype == expected.dtype
        assert np.array_equal(received[name], expected)

    rebuilt = build(config)
    rebuilt.set_weights([np.zeros_like(w) for w in rebuilt.get_weights()])
    load_weights(rebuilt, config, received)
    for one, other in zip(rebuilt.get_weights(), model.get_weights(), strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(run_keras(rebuilt), run_keras(model))


def test_an_answer_does_not_depend_on_its_neighbours():
    from training.export import to_weights

    config = NetworkConfig(layers=(6, 4), pooling=("max", "mean", "last"))
    network = to_onnx(to_weights(build(config), config, storage="float32"), config)
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    together = run_onnx(network)
    for row, expected in zip(rows(), together, strict=True):
        ids, lengths = pad([row], TIMESTEPS)
        (alone,) = session.run(None, {"ids": ids, "lengths": lengths})
        assert np.allclose(alone[0], expected, rtol=0, atol=1e-6)


def test_float16_vectors_answer_as_keras_does_with_rounded_ones():
    from training.export import load_weights, to_weights

    config = NetworkConfig(layers=(6,), pooling=("max", "mean"))
    model = build(config)
    weights = to_weights(model, config, storage="float16")
    assert {name: value.dtype for name, value in weights.items()} == {
        name: np.float16 if name == "embedding" else np.float32 for name in weights
    }
    network = to_onnx(weights, config)
    assert len(network) < len(to_onnx(to_weights(model, config, storage="float32"), config))
    assert from_onnx(network)["embedding"].dtype == np.float16

    exact = run_keras(model)
    load_weights(model, config, from_onnx(network))  # rounds the embedding
    (values,) = model.get_layer("embedding").get_weights()
    assert values.dtype == np.float32
    assert np.array_equal(values, values.astype(np.float16).astype(np.float32))
    assert np.abs(run_onnx(network) - run_keras(model)).max() < 1e-5
    assert 0 < np.abs(exact - run_keras(model)).max() < 0.01


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    """A bundle of a random network."""
    from training.export import to_weights

    config = NetworkConfig(layers=(6, 4), pooling=("last", "max"))
    manifest = Manifest(
        labels=("negative", "neutral", "positive"),
        temperature=1.0,
        pipeline=PipelineConfig(timesteps=TIMESTEPS, overlap=2),
        network={
            **config.model_dump(mode="json"),
            "vocabulary": VOCABULARY,
            "features": FEATURES,
            "storage": "float16",
        },
        training={},
        data=[],
        metrics={},
        libraries={},
        created="2024-01-01T00:00:00+00:00",
    )
    bundle = Bundle(
        manifest=manifest,
        tokenizer=Tokenizer.train(["a b c"], vocabulary_size=VOCABULARY),
        network=to_onnx(to_weights(build(config), config, storage="float16"), config),
        golden=[],
    )
    return bundles.save(bundle, tmp_path_factory.mktemp("models") / "random", verify=bundles.load)


def test_a_bundle_becomes_a_keras_model_again(saved):
    from training.export import from_bundle

    bundle = bundles.load(saved)
    model, config = from_bundle(bundle)
    assert config == NetworkConfig(layers=(6, 4), pooling=("last", "max"))
    assert np.abs(run_keras(model) - run_onnx(bundle.network)).max() < 1e-5


def test_the_exported_file_loads_in_keras_with_its_safe_mode_on(saved, tmp_path):
    from training.export import export_keras

    export_keras(saved, tmp_path / "model.keras")
    np.save(tmp_path / "ids.npy", pad(rows(), TIMESTEPS)[0])
    # In a process of its own: what is registered here would not show what a user must import.
    steps = (
        "import sys, keras, numpy, training.network\n"
        "model = keras.saving.load_model(sys.argv[1] + '/model.keras', safe_mode=True)\n"
        "ids = numpy.load(sys.argv[1] + '/ids.npy')\n"
        "numpy.save(sys.argv[1] + '/logits.npy', model.predict(ids, verbose=0))\n"
    )
    subprocess.run(
        [sys.executable, "-c", steps, str(tmp_path)],
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    expected = run_onnx(bundles.load(saved).network)
    assert np.abs(np.load(tmp_path / "logits.npy") - expected).max() < 1e-5


def test_another_suffix_is_refused_before_anything_is_read(tmp_path):
    from training.export import export_keras

    with pytest.raises(ConfigError, match=r"model\.h5: Keras writes files that end in \.keras"):
        export_keras(tmp_path / "no-bundle", tmp_path / "model.h5")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_named(saved, tmp_path):
    from training.export import export_keras

    with pytest.raises(ConfigError, match="there is no folder .*missing"):
        export_keras(saved, tmp_path / "missing" / "model.keras")
