"""One run, from a configuration to a verified bundle."""

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from sentiment import bundle as bundles
from sentiment.bundle import Bundle, Golden, Manifest
from sentiment.classifier import Classifier, Prediction, activate
from sentiment.pipeline import Pipeline
from sentiment.tokenizer import Tokenizer
from training import evaluate, export, graph, learn, network, sources, vectors
from training.batches import Rows
from training.config import NetworkConfig, TrainingConfig
from training.dataset import Examples
from training.transfer import head_for

logger = logging.getLogger(__name__)

GOLDEN_TEXTS = Path(__file__).with_name("golden_texts.json")
_LIBRARIES = ("tensorflow", "keras", "gensim", "numpy", "onnx", "onnxruntime", "tokenizers")
_ENCODE_AT_ONCE = 2_000


@dataclass(frozen=True)
class _Trained:
    """A network on its way into a bundle."""

    model: keras.Model
    config: NetworkConfig
    storage: str
    pipeline: Pipeline
    labels: tuple[str, ...]
    coverage: dict[str, float]


def fit(
    config: TrainingConfig,
    model_directory: Path,
    *,
    data_directories: Sequence[Path] = (),
    base: Path | None = None,
) -> Path:
    """Train a model and save it as the next version of `models/<name>`.

    Args:
        data_directories: where the configuration's files are looked for.
        base: a bundle to go on from: its tokenizer, pipeline, network and weights are taken over,
            and the configuration's are not looked at.
    Returns:
        The new version's directory. It becomes current only where the model had no version.
    Raises:
        ConfigError, DataError: the configuration or the data cannot be used.
        BundleError: the base cannot be used, or the new bundle failed its own check.
    """
    keras.utils.set_random_seed(config.fit.seed)
    data = sources.load(config.data, seed=config.fit.seed, directories=data_directories)
    logger.info(
        "%d rows to train on (%s), %d for validation, %d unlabelled",
        len(data.train),
        ", ".join(f"{count} {name}" for name, count in data.train.counts().items()),
        len(data.validation),
        len(data.unlabelled),
    )
    pipeline = _pipeline(config, data, base)
    train, ids = _encode(pipeline, data.train)
    validation, validation_ids = _encode(pipeline, data.validation)
    trained = _untrained(config, data, pipeline, ids, base)

    checked = learn.Validation(
        validation_ids,
        validation.labels,
        validation.sources,
        trained.labels,
        batch_tokens=config.fit.batch_tokens,
    )
    rows = _rows(train, ids, data.repeats, config)
    history = learn.learn(trained.model, rows, checked, config.fit)
    _finish_embedding(trained, ids)
    temperature = evaluate.fit_temperature(
        checked.logits(trained.model), checked.labels, checked.sources
    )
    bundle = _bundle(config, data, trained, temperature, history)
    bundle = _with_card(bundle, validation)

    first = not (model_directory / bundles.CURRENT).exists()
    directory = bundles.save(bundle, model_directory, verify=Classifier.load)
    if first:
        bundles.activate(model_directory, directory.name)
    return directory


def _pipeline(config: TrainingConfig, data: sources.Data, base: Path | None) -> Pipeline:
    if base is not None:
        bundle = bundles.load(base)
        return Pipeline(bundle.tokenizer, bundle.manifest.pipeline)
    tokenizer = Tokenizer.train(
        data.train.texts + data.unlabelled,
        vocabulary_size=config.tokenizer.vocabulary_size,
        min_frequency=config.tokenizer.min_frequency,
        alphabet=vectors.emoji_alphabet(),
    )
    return Pipeline(tokenizer, config.pipeline)


def _encode(pipeline: Pipeline, examples: Examples) -> tuple[Examples, list[npt.NDArray[np.int32]]]:
    """Bring each text to one row of at most T ids; those without a token are left out."""
    ids = _token_ids(pipeline, examples.texts, truncate=True)
    kept = [index for index, row in enumerate(ids) if len(row)]
    if len(kept) < len(ids):
        logger.warning("%d texts hold no token and are left out", len(ids) - len(kept))
    return examples.take(kept), [ids[index] for index in kept]


def _token_ids(
    pipeline: Pipeline, texts: Sequence[str], *, truncate: bool
) -> list[npt.NDArray[np.int32]]:
    rows: list[npt.NDArray[np.int32]] = []
    for start in range(0, len(texts), _ENCODE_AT_ONCE):
        for ids in pipeline.tokenizer.encode_ids(texts[start : start + _ENCODE_AT_ONCE]):
            rows.append(np.array(pipeline.truncate(ids) if truncate else ids, np.int32))
    return rows


def _untrained(
    config: TrainingConfig,
    data: sources.Data,
    pipeline: Pipeline,
    ids: list[npt.NDArray[np.int32]],
    base: Path | None,
) -> _Trained:
    """Build the network, with start vectors or with the base's weights."""
    labels = data.train.label_names
    vocabulary = pipeline.tokenizer.vocabulary()
    if base is not None:
        bundle = bundles.load(base)
        shape = bundle.manifest.network
        settings = NetworkConfig(**{name: shape[name] for name in NetworkConfig.model_fields})
        weights = graph.from_onnx(bundle.network)
        head_for(weights, bundle.manifest.labels, labels, seed=config.fit.seed)
        model = network.build(
            settings, vocabulary=len(vocabulary), features=shape["features"], classes=len(labels)
        )
        export.load_weights(model, settings, weights)
        coverage = bundle.manifest.metrics["coverage"]
        return _Trained(model, settings, shape["storage"], pipeline, labels, coverage)
    corpus = ids + _token_ids(pipeline, data.unlabelled, truncate=False)
    start = vectors.start(
        corpus, vocabulary, config.vectors, seed=config.fit.seed, workers=os.cpu_count() or 1
    )
    logger.info("vectors: %s", start.coverage)
    model = network.build(
        config.network,
        vocabulary=len(vocabulary),
        features=start.values.shape[1],
        classes=len(labels),
    )
    model.get_layer("embedding").set_weights([start.values])
    return _Trained(model, config.network, config.vectors.storage, pipeline, labels, start.coverage)


def _rows(
    train: Examples,
    ids: list[npt.NDArray[np.int32]],
    repeats: npt.NDArray[np.float32],
    config: TrainingConfig,
) -> Rows:
    one_hot = np.eye(len(train.label_names), dtype=np.float32)[train.labels]  # (n, C)
    by_row = repeats[train.sources]
    return Rows(
        ids=ids,
        targets=one_hot[:, 1:] if len(train.label_names) == 2 else one_hot,
        weights=_class_weights(train, by_row, config)[train.labels],
        repeats=by_row,
    )


def _class_weights(
    train: Examples, repeats: npt.NDArray[np.float32], config: TrainingConfig
) -> npt.NDArray[np.float32]:
    """Return what a row of each class counts in the loss: float32 (C,)."""
    wanted = config.fit.class_weight
    names = train.label_names
    if wanted is None:
        return np.ones(len(names), np.float32)
    if wanted == "balanced":
        counts = np.bincount(train.labels, weights=repeats, minlength=len(names))
        return (counts.sum() / (len(names) * counts)).astype(np.float32)
    return np.array([wanted.get(name, 1.0) for name in names], np.float32)


def _finish_embedding(trained: _Trained, ids: list[npt.NDArray[np.int32]]) -> None:
    """Bring the embedding to what is stored, so that what is measured is what is served."""
    (values,) = trained.model.get_layer("embedding").get_weights()
    vocabulary = trained.pipeline.tokenizer.vocabulary()
    unseen = np.bincount(np.concatenate(ids), minlength=len(vocabulary)) == 0
    vectors.name_emoji(values, vocabulary, unseen=unseen)
    trained.model.get_layer("embedding").set_weights(
        [values.astype(trained.storage).astype(np.float32)]
    )


def _bundle(
    config: TrainingConfig,
    data: sources.Data,
    trained: _Trained,
    temperature: float,
    history: list[dict[str, float]],
) -> Bundle:
    tokenizer = trained.pipeline.tokenizer
    weights = export.to_weights(trained.model, trained.config, storage=trained.storage)
    manifest = Manifest(
        labels=trained.labels,
        temperature=temperature,
        pipeline=trained.pipeline.config,
        network={
            **trained.config.model_dump(mode="json"),
            "vocabulary": weights["embedding"].shape[0],
            "features": weights["embedding"].shape[1],
            "storage": trained.storage,
        },
        training=config.model_dump(mode="json"),
        data=data.files,
        metrics={"coverage": trained.coverage, "epochs": history},
        libraries=_library_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return Bundle(
        manifest=manifest,
        tokenizer=tokenizer,
        network=graph.to_onnx(weights, trained.config),
        golden=_golden(trained, temperature, config),
    )


def _golden(trained: _Trained, temperature: float, config: TrainingConfig) -> list[Golden]:
    """Answer the golden texts in Keras: what the serving path must then say too."""
    answers = []
    for text in json.loads(GOLDEN_TEXTS.read_text(encoding="utf-8")):
        rows = trained.pipeline.encode(text).rows
        logits = learn.predict(
            trained.model,
            [np.array(row, np.int32) for row in rows],
            batch_tokens=config.fit.batch_tokens,
        )
        probabilities = activate(logits, temperature=temperature).mean(axis=0)
        answers.append(Golden(text=text, ids=rows, probabilities=probabilities.tolist()))
    return answers


def _with_card(bundle: Bundle, validation: Examples) -> Bundle:
    """Measure the bundle through the serving path, and add the figures and the model card."""
    predictions = Classifier(bundle, name="new", version="new").predict(validation.texts)
    probabilities = np.array(
        [list(p.probabilities.values()) for p in predictions if isinstance(p, Prediction)]
    )  # (n, C)
    metrics: dict[str, Any] = {}
    for number, name in enumerate(validation.source_names):
        rows = validation.sources == number
        if rows.any():
            metrics[name] = evaluate.measure(
                probabilities[rows], validation.labels[rows], validation.label_names
            )
    manifest = bundle.manifest.model_copy(
        update={"metrics": {**bundle.manifest.metrics, "validation": metrics}}
    )
    plot = "confusion.png"
    card = evaluate.model_card(manifest.model_dump(mode="json"), plots=[plot])
    return Bundle(
        manifest=manifest,
        tokenizer=bundle.tokenizer,
        network=bundle.network,
        golden=bundle.golden,
        extras={bundles.CARD: card.encode(), plot: evaluate.plot_confusion(metrics)},
    )


def _library_versions() -> dict[str, str]:
    # TensorFlow's distribution has another name where only its CPU build is installed.
    installed = packages_distributions()
    return {name: version(installed[name][0]) for name in _LIBRARIES}
