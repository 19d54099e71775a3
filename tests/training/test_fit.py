"""Runs from configuration to bundle: learning works, survives the disk, and is gone on from."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from training import config as configs
from training.config import ConfigError, FitConfig, TrainingConfig
from training.graph import from_onnx
from training.rows.dataset import Examples, fingerprint

pytestmark = pytest.mark.slow

WORDS = {
    "negative": ("awful", "poor"),
    "neutral": ("second", "large"),
    "positive": ("lovely", "great"),
}
NOUNS = ("film", "room", "day", "song")
SENTENCES = {
    f"a {word} {noun}": label for label, words in WORDS.items() for word in words for noun in NOUNS
}
SETTINGS = {
    "pipeline": {"timesteps": 12, "overlap": 4},
    "tokenizer": {"vocabulary_size": 2000, "min_frequency": 1},
    "vectors": {"features": 8},
    "network": {
        "layers": [6],
        "pooling": ["max", "last"],
        "dropout": 0.1,
        "embedding_dropout": 0.1,
    },
    "fit": {"epochs": 25, "patience": 25, "batch_size": 8, "learning_rate": 0.03},
}


def write(path: Path, rows: dict[str, str]) -> dict[str, str]:
    lines = [f"{text},{label}" for text, label in rows.items()]
    path.write_text("\n".join(["text,label", *lines]) + "\n", encoding="utf-8")
    return {"path": str(path)}


def configuration(folder: Path, *, labels=tuple(WORDS), extra=(), **fit) -> TrainingConfig:
    """Train on the sentences, validate on the same with another beginning."""
    rows = {text: label for text, label in SENTENCES.items() if label in labels}
    train = write(folder / "train.csv", rows | dict(extra))
    dev = write(folder / "dev.csv", {f"what {text}": label for text, label in rows.items()})
    return configs.parse(
        {
            **SETTINGS,
            "data": {"train": [train], "validation": [dev]},
            "fit": {**SETTINGS["fit"], **fit},
        },
        origin="test",
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fit")


@pytest.fixture(scope="module")
def base(folder) -> Path:
    """The first version of a model, fitted until it knows its sentences.

    One has an emoji, and a word of that emoji's name.
    """
    from training.fit import fit

    config = configuration(folder, extra={"enraged film 😡": "negative"})
    return fit(config, folder / "models" / "small")


@pytest.fixture(scope="module")
def tuned(folder, base) -> Path:
    """Gone on from the base for one epoch, with settings that a base overrules."""
    from training.fit import fit

    (folder / "tuned").mkdir()
    config = configuration(folder / "tuned", trainable="all", epochs=1, learning_rate=0.001)
    config = config.model_copy(
        update={
            "network": configs.NetworkConfig(layers=(3, 3)),
            "pipeline": configs.PipelineConfig(timesteps=99),
        }
    )
    return fit(config, base.parent, base=base)


def embedding_row(directory: Path, token: str) -> np.ndarray:
    bundle = bundles.load(directory)
    row = bundle.tokenizer.vocabulary().index(token)
    return from_onnx(bundle.network)["embedding"][row]


def test_learning_works_and_survives_the_disk(base):
    classifier = Classifier.load(base)
    assert classifier.labels == ("negative", "neutral", "positive")
    answers = [prediction.label for prediction in classifier.predict(list(SENTENCES))]
    assert answers == list(SENTENCES.values())
    (angry,) = classifier.predict(["the song 😡"])
    assert angry.label == "negative"


def test_labels_may_be_any_names_and_more_than_polarity(tmp_path):
    from training.fit import fit

    words = {
        "billing": "paid",
        "delivery": "sent",
        "faults": "broke",
        "praise": "fine",
        "returns": "back",
    }
    rows = {f"a {word} {noun}": label for label, word in words.items() for noun in NOUNS}
    dev = {f"what {text}": label for text, label in rows.items()}
    settings = {
        **SETTINGS,
        "vectors": {"features": 8, "method": "random"},
        "data": {
            "train": [write(tmp_path / "train.csv", rows)],
            "validation": [write(tmp_path / "dev.csv", dev)],
        },
    }
    directory = fit(configs.parse(settings, origin="test"), tmp_path / "models" / "desk")
    classifier = Classifier.load(directory)
    assert classifier.labels == tuple(words)
    assert from_onnx(bundles.load(directory).network)["head.W"].shape[1] == 5  # softmax: one each
    answers = classifier.predict(list(rows))
    assert [answer.label for answer in answers] == list(rows.values())
    assert {len(answer.probabilities) for answer in answers} == {5}
    assert {answer.score for answer in answers} == {None}  # there is no polarity


def test_what_is_served_is_what_keras_says(base):
    from sentiment.pipeline import Pipeline
    from sentiment.task import activate
    from training.export import from_bundle
    from training.validation import predict

    bundle = bundles.load(base)
    model, _ = from_bundle(bundle)
    pipeline = Pipeline(bundle.tokenizer, bundle.manifest.pipeline)
    rows = [np.array(pipeline.encode(text).rows[0], np.int32) for text in SENTENCES]
    logits = predict(model, rows, batch_tokens=100)
    expected = activate(logits, temperature=bundle.manifest.temperature)
    received = Classifier.load(base).predict(list(SENTENCES))
    assert np.allclose(
        [list(answer.probabilities.values()) for answer in received], expected, rtol=0, atol=1e-5
    )


def test_the_first_version_becomes_current_and_the_second_does_not(base, tuned):
    assert (base.name, tuned.name) == ("1", "2")
    assert bundles.versions(base.parent) == ["1", "2"]
    assert bundles.current(base.parent) == base
    assert sorted(path.name for path in base.parent.iterdir()) == ["1", "2", "CURRENT"]


def test_the_bundle_says_what_it_is_made_of(base, folder):
    manifest = bundles.load(base).manifest
    for entry, name, rows in zip(manifest.data, ("train.csv", "dev.csv"), (25, 24), strict=True):
        assert entry["name"] == name
        assert entry["rows"] == rows
        assert entry["sha256"] == fingerprint(folder / name)["sha256"]
    assert {"tensorflow", "keras", "gensim", "numpy", "onnxruntime"} <= set(manifest.libraries)
    assert all(version[0].isdecimal() for version in manifest.libraries.values())
    assert manifest.network["layers"] == [6]
    assert manifest.network["pooling"] == ["max", "last"]
    assert manifest.network["features"] == 8
    assert manifest.network["storage"] == "float16"
    assert TrainingConfig.model_validate(manifest.training).fit.epochs == 25
    assert manifest.pipeline.timesteps == 12
    assert 0.25 <= manifest.temperature <= 8


def test_the_bundle_holds_its_figures(base):
    bundle = bundles.load(base)
    metrics = bundle.manifest.metrics
    assert metrics["coverage"]["tokens"] == 1.0
    assert len(metrics["epochs"]) == 25
    assert set(metrics["epochs"][0]) == {"loss", "macro_recall", "accuracy", "nll"}
    values = metrics["validation"]["dev.csv"]
    assert values["rows"] == 24
    best = max(epoch["macro_recall"] for epoch in metrics["epochs"])
    assert values["macro_recall"] == pytest.approx(best, abs=0.05)
    card = bundle.extras[bundles.CARD].decode()
    assert f"| dev.csv | 24 | {values['accuracy']:.3f} |" in card
    assert bundle.extras["confusion.png"].startswith(b"\x89PNG")


def test_the_golden_texts_are_answered(base):
    from training.assemble import GOLDEN_TEXTS

    golden = bundles.load(base).golden
    assert [known.text for known in golden] == json.loads(GOLDEN_TEXTS.read_text("utf-8"))
    assert any(len(known.ids) > 1 for known in golden)  # some are longer than T
    for known in golden:
        assert sum(known.probabilities) == pytest.approx(1)
    Classifier.load(base).replay()


def test_going_on_takes_over_tokenizer_pipeline_and_network(base, tuned):
    before, after = bundles.load(base), bundles.load(tuned)
    assert after.tokenizer.to_json() == before.tokenizer.to_json()
    assert after.manifest.pipeline == before.manifest.pipeline
    assert after.manifest.network == before.manifest.network
    old, new = from_onnx(before.network), from_onnx(after.network)
    assert old.keys() == new.keys()
    for name in old:
        assert np.abs(old[name].astype(float) - new[name].astype(float)).max() < 0.05


def test_going_on_starts_where_the_base_ended(base, tuned):
    from_scratch = bundles.load(base).manifest.metrics["epochs"]
    gone_on = bundles.load(tuned).manifest.metrics["epochs"]
    assert gone_on[0]["loss"] < from_scratch[0]["loss"] / 2
    assert gone_on[0]["macro_recall"] >= from_scratch[-1]["macro_recall"] - 0.05
    assert from_scratch[0]["macro_recall"] < 0.9 < gone_on[0]["macro_recall"]


def test_going_on_keeps_what_the_base_knows_of_an_emoji(base, tuned):
    # The new texts hold none: it must not go back to the words of its name, of which one is known.
    assert "enraged" in bundles.load(base).tokenizer.vocabulary()
    assert np.array_equal(embedding_row(tuned, "😡"), embedding_row(base, "😡"))


def test_two_labels_of_a_base_of_three(base, tmp_path):
    from training.fit import fit

    config = configuration(
        tmp_path,
        labels=("negative", "positive"),
        trainable="all",
        epochs=1,
        learning_rate=1e-9,  # so that the weights show what they started from
    )
    directory = fit(config, tmp_path / "models" / "two", base=base)
    old, new = (from_onnx(bundles.load(path).network) for path in (base, directory))
    assert np.allclose(new["head.W"], old["head.W"][:, 2:] - old["head.W"][:, :1], atol=1e-6)
    assert np.allclose(new["head.B"], old["head.B"][2:] - old["head.B"][:1], atol=1e-6)
    classifier = Classifier.load(directory)
    assert classifier.labels == ("negative", "positive")
    rows = {text: label for text, label in SENTENCES.items() if label != "neutral"}
    assert [answer.label for answer in classifier.predict(list(rows))] == list(rows.values())


def test_few_rows_of_labels_that_the_base_knows_move_its_head_alone(base, tmp_path):
    from training.fit import fit

    turned = {"positive": "negative", "negative": "positive", "neutral": "neutral"}
    rows = {text: turned[label] for text, label in SENTENCES.items()}
    config = configuration(tmp_path, extra=rows)
    directory = fit(config, tmp_path / "models" / "turned", base=base)
    old, new = (from_onnx(bundles.load(path).network) for path in (base, directory))
    moved = {name for name in old if not np.array_equal(old[name], new[name])}
    assert moved == {"head.W", "head.B"}
    manifest = bundles.load(directory).manifest
    assert manifest.training["fit"]["trainable"] == "head"
    (measured,) = manifest.metrics["epochs"]
    assert set(measured) == {"loss", "macro_recall", "accuracy", "nll"}
    answers = Classifier.load(directory).predict(list(rows))
    assert [answer.label for answer in answers] == list(rows.values())


def test_a_new_network_is_more_than_a_head(tmp_path):
    from training.fit import fit

    config = configuration(tmp_path, trainable="head")
    with pytest.raises(configs.ConfigError, match='fit.trainable is "head".*--from'):
        fit(config, tmp_path / "models" / "new")


def test_texts_without_a_token_are_left_out_and_counted(tmp_path, monkeypatch, caplog):
    from training.fit import fit

    seen = {}

    def learn(model, rows, validation, config, *, task, checkpoint):
        seen["rows"] = len(rows.ids), len(rows.targets), len(rows.weights), len(rows.repeats)
        return [validation.measure(model)]

    monkeypatch.setattr("training.learn.learn", learn)
    with caplog.at_level(logging.INFO):
        fit(
            configuration(tmp_path, extra={"<b></b>": "negative", "<i></i>": "positive"}),
            tmp_path / "model",
        )
    assert "2 texts hold no token and are left out" in caplog.text
    assert seen["rows"] == (24, 24, 24, 24)


def class_weights(wanted, *, repeats=(1.0, 1.0)) -> list[float]:
    """Of 6, 2 and 4 rows; the four are of a second source."""
    from training.encode import _class_weights

    labels = np.repeat([0, 1, 2], [6, 2, 4]).astype(np.int32)
    sources = np.repeat([0, 1], [8, 4]).astype(np.int32)
    train = Examples([""] * 12, labels, sources, tuple(WORDS), ("a.csv", "b.csv"))
    config = configs.parse({"fit": {"class_weight": wanted}} if wanted else {}, origin="test")
    by_row = _class_weights(train, np.array(repeats, np.float32)[sources], config.fit)
    return [float(by_row[train.labels == label][0]) for label in range(len(train.label_names))]


def test_class_weights():
    assert class_weights(None) == [1, 1, 1]
    assert class_weights({"neutral": 2.5}) == [1, 2.5, 1]
    balanced = class_weights("balanced")
    assert balanced == pytest.approx([12 / (3 * 6), 12 / (3 * 2), 12 / (3 * 4)])
    assert np.dot(balanced, [6, 2, 4]) == pytest.approx(12)  # the rows' mean weight is 1
    # a source that is read twice as often counts twice
    assert class_weights("balanced", repeats=(1, 2)) == pytest.approx([16 / 18, 16 / 6, 16 / 24])


def test_class_weights_within_each_source():
    """The first source holds two classes, 6 and 2 rows, the second one alone."""
    by_source = class_weights("balanced_by_source")
    assert by_source == pytest.approx([8 / (2 * 6), 8 / (2 * 2), 1])
    assert class_weights("balanced_by_source", repeats=(1, 3)) == pytest.approx(by_source)


def test_a_weight_for_a_class_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match=r'"postive" is not one of .* Did you mean "positive"\?'):
        class_weights({"postive": 2.0})


def test_targets_and_repeats_of_rows():
    from training.encode import labelled_rows

    for names, targets in ((("a", "b"), [[0], [1]]), (("a", "b", "c"), [[1, 0, 0], [0, 1, 0]])):
        train = Examples(
            ["", ""], np.array([0, 1], np.int32), np.array([1, 0], np.int32), names, ("x", "y")
        )
        repeats, as_it_is = np.array([1, 0.5], np.float32), np.zeros(2, np.float32)
        rows = labelled_rows(train, [], repeats, as_it_is, FitConfig())
        assert rows.targets.tolist() == targets
        assert rows.repeats.tolist() == [0.5, 1.0]
        assert rows.targets.dtype == rows.weights.dtype == rows.repeats.dtype == np.float32


@pytest.mark.parametrize(
    ("names", "targets"),
    [(("a", "b"), [[0.1], [1]]), (("a", "b", "c"), [[0.867, 0.067, 0.067], [0, 1, 0]])],
)
def test_labels_of_a_source_are_smoothed(names, targets):
    """The first row is of the second source, whose labels give a fifth away."""
    from training.encode import labelled_rows

    train = Examples(
        ["", ""], np.array([0, 1], np.int32), np.array([1, 0], np.int32), names, ("x", "y")
    )
    smoothing = np.array([0, 0.2], np.float32)
    rows = labelled_rows(train, [], np.ones(2, np.float32), smoothing, FitConfig())
    assert rows.targets == pytest.approx(np.array(targets), abs=1e-3)
    assert rows.targets.dtype == np.float32


def test_oversampling_reads_every_class_as_often_as_the_most_frequent():
    from training.encode import labelled_rows

    labels = np.repeat([0, 1, 2], [6, 2, 4]).astype(np.int32)
    sources = np.repeat([0, 1], [8, 4]).astype(np.int32)
    train = Examples([""] * 12, labels, sources, tuple(WORDS), ("a.csv", "b.csv"))
    config = FitConfig(oversample=True, class_weight="balanced")
    repeats, as_it_is = np.array([1, 0.5], np.float32), np.zeros(2, np.float32)
    rows = labelled_rows(train, [], repeats, as_it_is, config)
    assert np.bincount(labels, weights=rows.repeats) == pytest.approx([6, 6, 6])
    assert rows.repeats[:6].tolist() == [1] * 6
    assert rows.weights.tolist() == [1] * 12  # nothing is left to balance
