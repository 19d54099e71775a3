"""A small real model for all tests, made in a second: no TensorFlow, no training."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sentiment import bundle as bundles
from sentiment.bundle import FORMATS, Bundle, Golden, GoldenValue, Manifest, Scale
from sentiment.classifier import Classifier
from sentiment.pipeline import PipelineConfig
from sentiment.tokenizer import Tokenizer
from training import graph
from training.config import NetworkConfig

MakeBundle = Callable[..., Bundle]

SAMPLES = Path(__file__).resolve().parent.parent / "training" / "samples" / "train.csv"
POLARITIES = ("negative", "neutral", "positive")
FEATURES = 12
GOLDEN_TEXTS = (
    "A wonderful evening, we loved it!",
    "It wasn't good 😡, not good at all...",
    "Fish &amp; chips<br />sooooo good",
    "The bus leaves at 10:30. " * 12,  # longer than the timesteps: several windows
)


# One engine and one browser serve all tests of these folders.
TOGETHER = ("browser", "container")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes run the tests, those that share fixtures stay in one of them."""
    for item in items:
        folder = item.path.parent.name
        group = folder if folder in TOGETHER else str(item.path.relative_to(item.config.rootpath))
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    """A tokenizer of a few hundred rows, fitted on the sample sentences."""
    with SAMPLES.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    return Tokenizer.train(texts, vocabulary_size=600, min_frequency=1, alphabet="😀😡👍❤👨👩👧")


@pytest.fixture(scope="session")
def make_bundle(tokenizer: Tokenizer) -> MakeBundle:
    """Return a function that makes a bundle with random, seeded weights and true known answers."""

    def make(
        *,
        labels: tuple[str, ...] = POLARITIES,
        timesteps: int = 40,
        overlap: int = 10,
        temperature: float = 1.5,
        scale: Scale | None = None,
        network: NetworkConfig | None = None,
    ) -> Bundle:
        network = network or NetworkConfig(layers=(8,), pooling=("max", "last"))
        columns = 1 if scale or len(labels) == 2 else len(labels)
        weights = random_weights(network, len(tokenizer.vocabulary()), columns)
        task = "regression" if scale else "classification"
        own = {"scale": scale} if scale else {"labels": labels, "temperature": temperature}
        manifest = Manifest(
            format=FORMATS[task],
            task=task,
            **own,
            pipeline=PipelineConfig(timesteps=timesteps, truncating="post", overlap=overlap),
            network={
                **network.model_dump(mode="json"),
                "vocabulary": len(tokenizer.vocabulary()),
                "features": FEATURES,
                "storage": "float16",
            },
            training={},
            data=[],
            metrics={},
            libraries={},
            created="2026-01-01T00:00:00+00:00",
        )
        bundle = Bundle(manifest, tokenizer, graph.to_onnx(weights, network), golden=[])
        return Bundle(
            manifest,
            tokenizer,
            bundle.network,
            golden=known_answers(bundle),
            extras={bundles.CARD: b"# A model with random weights\n"},
        )

    return make


@pytest.fixture(scope="session")
def bundle_root(make_bundle: MakeBundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of models that holds `default/1` and `default/CURRENT`; copy it to change it."""
    root = tmp_path_factory.mktemp("models")
    saved = bundles.save(make_bundle(), root / "default", verify=Classifier.load)
    bundles.activate(root / "default", saved.name)
    return root


@pytest.fixture(scope="session")
def classifier(bundle_root: Path) -> Classifier:
    return Classifier.load(bundles.current(bundle_root / "default"))


@pytest.fixture(scope="session")
def bundle(bundle_root: Path) -> Bundle:
    return bundles.load(bundle_root / "default" / "1")


@pytest.fixture
def saved(bundle_root: Path, tmp_path: Path) -> Path:
    """The directory of a saved version in a model of its own, free to be changed."""
    return shutil.copytree(bundle_root / "default" / "1", tmp_path / "default" / "1")


@pytest.fixture(scope="session")
def stars_root(make_bundle: MakeBundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of models that holds a regression, `stars/1`; copy it to change it."""
    root = tmp_path_factory.mktemp("models")
    bundle = make_bundle(scale=Scale(mean=3.0, deviation=1.5))
    bundles.activate(
        root / "stars", bundles.save(bundle, root / "stars", verify=Classifier.load).name
    )
    return root


@pytest.fixture(scope="session")
def stars(stars_root: Path) -> Classifier:
    """A regression with random weights."""
    return Classifier.load(bundles.current(stars_root / "stars"))


def random_weights(network: NetworkConfig, vocabulary: int, columns: int) -> graph.Weights:
    """Draw weights for V rows and K columns, so large that different texts differ in the answer."""
    random = np.random.default_rng(0)

    def draw(*shape: int) -> np.ndarray:
        return random.normal(0, 0.5, shape).astype(np.float32)

    directions = 2 if network.bidirectional else 1
    weights = {"embedding": draw(vocabulary, FEATURES).astype(np.float16)}
    width = FEATURES
    for number, units in enumerate(network.layers):
        weights[f"lstm_{number}.W"] = draw(directions, 4 * units, width)
        weights[f"lstm_{number}.R"] = draw(directions, 4 * units, units)
        weights[f"lstm_{number}.B"] = draw(directions, 8 * units)
        width = directions * units
    weights["head.W"] = draw(width * len(network.pooling), columns)
    weights["head.B"] = draw(columns)
    return weights


def known_answers(bundle: Bundle) -> list[Golden] | list[GoldenValue]:
    classifier = Classifier(bundle, name="new", version="new")
    answers = []
    for text in GOLDEN_TEXTS:
        (prediction,) = classifier.predict([text])
        rows = classifier._pipeline.encode(text).rows
        if bundle.manifest.scale:
            answers.append(GoldenValue(text=text, ids=rows, value=prediction.value))
        else:
            answers.append(Golden(text=text, ids=rows, probabilities=prediction.answer))
    return answers
