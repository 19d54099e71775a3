"""A trained network -> a bundle: golden answers, figures, model card."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from sentiment import bundle as bundles
from sentiment.bundle import Bundle, Golden, GoldenValue, Manifest
from sentiment.classifier import Classifier
from sentiment.pipeline import Pipeline
from sentiment.task import Task
from training import export, graph
from training.config import NetworkConfig, TrainingConfig
from training.evaluation.by_source import measure_by_source
from training.evaluation.card import model_card
from training.rows.dataset import Examples
from training.tasks import LEARNING, manifest_of
from training.validation import predict

GOLDEN_TEXTS = Path(__file__).with_name("golden_texts.json")
_LIBRARIES = ("tensorflow", "keras", "gensim", "numpy", "onnx", "onnxruntime", "tokenizers")


@dataclass(frozen=True)
class Trained:
    """A network on its way into a bundle.

    `features` are its extra ones by name, in their order, each with the share of the training
    tokens that have it.
    """

    model: keras.Model
    config: NetworkConfig
    storage: str
    pipeline: Pipeline
    task: Task
    coverage: dict[str, float]
    features: dict[str, float]


def assemble(
    config: TrainingConfig,
    files: list[dict[str, Any]],
    trained: Trained,
    *,
    history: list[dict[str, float]],
    validation: Examples,
) -> Bundle:
    """Make a bundle of a trained network, and measure it through the serving path.

    Args:
        files: what the data were read from.
        history: what each epoch measured.
        validation: the examples that the figures of the model card come from.
    """
    weights = export.to_weights(trained.model, trained.config, storage=trained.storage)
    manifest = Manifest(
        **manifest_of(trained.task),
        pipeline=trained.pipeline.config,
        network={
            **trained.config.model_dump(mode="json"),
            "vocabulary": weights["embedding"].shape[0],
            "features": weights["embedding"].shape[1],
            "extra_features": list(trained.features),
            "storage": trained.storage,
        },
        training=config.model_dump(mode="json"),
        data=files,
        metrics={
            "coverage": trained.coverage,
            "extra_features": trained.features,
            "epochs": history,
        },
        libraries=library_versions(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    bundle = Bundle(
        manifest=manifest,
        tokenizer=trained.pipeline.tokenizer,
        network=graph.to_onnx(weights, trained.config),
        golden=_golden(trained, config),
    )
    return _with_card(bundle, validation)


def _golden(trained: Trained, config: TrainingConfig) -> list[Golden] | list[GoldenValue]:
    """Answer the golden texts in Keras: what the serving path must then say too."""
    answers = []
    for text in json.loads(GOLDEN_TEXTS.read_text(encoding="utf-8")):
        rows = trained.pipeline.encode(text).rows
        outputs = predict(
            trained.model,
            [np.array(row, np.int32) for row in rows],
            batch_tokens=config.fit.batch_tokens,
        )
        answer = trained.task.activate(outputs).mean(axis=0)
        answers.append(LEARNING[trained.task.name].golden(text, rows, answer.tolist()))
    return answers


def _with_card(bundle: Bundle, validation: Examples) -> Bundle:
    """Measure the bundle through the serving path, and add the figures and the model card."""
    metrics = measure_by_source(Classifier(bundle, name="new", version="new"), validation)
    manifest = bundle.manifest.model_copy(
        update={"metrics": {**bundle.manifest.metrics, "validation": metrics}}
    )
    learning = LEARNING[manifest.task]
    card = model_card(manifest.model_dump(mode="json"), plots=[learning.plot_name])
    return replace(
        bundle,
        manifest=manifest,
        extras={bundles.CARD: card.encode(), learning.plot_name: learning.plot(metrics)},
    )


def library_versions() -> dict[str, str]:
    """Return the versions of those that a model depends on, by name."""
    # TensorFlow's distribution has another name where only its CPU build is installed.
    installed = packages_distributions()
    return {name: version(installed[name][0]) for name in _LIBRARIES}
