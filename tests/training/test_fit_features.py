"""Fits with extra features: they decide about words that no row taught, and are served fixed."""

from pathlib import Path

import numpy as np
import pytest

from sentiment import bundle as bundles
from sentiment.bundle import Bundle
from sentiment.classifier import Classifier
from training import config as configs
from training.config import ConfigError, FeaturesConfig, TrainingConfig
from training.features import of_vocabulary
from training.graph import from_onnx
from training.rows import lexicon

pytestmark = pytest.mark.slow

NOUNS = ("film", "room", "day", "song")
# Half of the words stand in the training rows, the others in the validation rows alone.
ENDS = ("nik", "vot", "zam", "bel", "dur", "gip")
WORDS = [start + end for start in ("bra", "cle", "fli", "gro", "pra", "slo") for end in ENDS]
SEEN, HELD = WORDS[::2], WORDS[1::2]
VALENCE = {word: 3.0 if number % 4 < 2 else -1.5 for number, word in enumerate(WORDS)}
SETTINGS = {
    "pipeline": {"timesteps": 12, "overlap": 4},
    "tokenizer": {"vocabulary_size": 2000, "min_frequency": 1},
    "vectors": {"method": "random", "features": 6},
    "network": {"layers": [6], "dropout": 0.1, "embedding_dropout": 0.3},
    "fit": {"epochs": 15, "patience": 15, "batch_size": 8, "learning_rate": 0.03},
}


def by_lexicon(word: str) -> dict[str, str]:
    """Texts whose label the word's value in the lexicon decides."""
    label = "positive" if VALENCE[word] > 0 else "negative"
    return {f"a {word} {noun}": label for noun in NOUNS}


def by_casing(word: str) -> dict[str, str]:
    """Texts whose label the word's casing decides."""
    quiet = {f"a {word} {noun}": "negative" for noun in NOUNS}
    return quiet | {f"a {word.upper()} {noun}": "positive" for noun in NOUNS}


def rows(of, words) -> dict[str, str]:
    return {text: label for word in words for text, label in of(word).items()}


def configuration(folder: Path, of, features: dict, **fit) -> TrainingConfig:
    folder.mkdir(exist_ok=True)
    for name, words in (("train", SEEN), ("dev", HELD)):
        lines = [f"{text},{label}" for text, label in rows(of, words).items()]
        (folder / f"{name}.csv").write_text("\n".join(["text,label", *lines, ""]), "utf-8")
    lines = [f"{word},{value}" for word, value in {**VALENCE, "😡": -3.0}.items()]
    (folder / "words.csv").write_text("\n".join(["word,valence", *lines, ""]), "utf-8")
    (folder / "more.txt").write_text("\n".join(rows(of, WORDS)), "utf-8")
    data = {
        "train": [{"path": str(folder / "train.csv")}],
        "validation": [{"path": str(folder / "dev.csv")}],
        "unlabelled": [{"path": str(folder / "more.txt")}],  # so that all words are known
    }
    if "lexicon" in features:
        features = features | {"lexicon": str(folder / "words.csv")}
    fit = {**SETTINGS["fit"], **fit}
    return configs.parse(
        {**SETTINGS, "data": data, "features": features, "fit": fit}, origin="test"
    )


def accuracy(directory: Path, of) -> float:
    """The share of the texts with words of no training row that are answered rightly."""
    texts = rows(of, HELD)
    answers = [answer.label for answer in Classifier.load(directory).predict(list(texts))]
    return float(np.mean([a == b for a, b in zip(answers, texts.values(), strict=True)]))


def embedding(bundle: Bundle) -> np.ndarray:
    return from_onnx(bundle.network)["embedding"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("features")


@pytest.fixture(scope="module")
def plain(folder) -> Path:
    """A model without extra features."""
    from training.fit import fit

    return fit(configuration(folder / "plain", by_lexicon, {}), folder / "models" / "plain")


@pytest.fixture(scope="module")
def wide(folder) -> Path:
    """A model of the same rows with a lexicon and runs of punctuation."""
    from training.fit import fit

    features = {"extra": ["punctuation"], "lexicon": "words.csv"}
    return fit(configuration(folder / "wide", by_lexicon, features), folder / "models" / "wide")


def test_a_lexicon_decides_about_words_that_no_row_taught(plain, wide):
    assert accuracy(wide, by_lexicon) >= 0.95
    assert accuracy(plain, by_lexicon) <= 0.8


def test_a_lower_rank_leaves_the_answers_and_the_features_beside_the_vectors(folder, wide):
    from training.fit import fit

    features = {"extra": ["punctuation"], "lexicon": "words.csv"}
    config = configuration(folder / "wide", by_lexicon, features)
    vectors = config.vectors.model_copy(update={"rank": 3})
    low = fit(config.model_copy(update={"vectors": vectors}), folder / "models" / "low")
    assert bundles.load(low).manifest.network["features"] == 3 + 4
    assert np.array_equal(
        embedding(bundles.load(low))[:, -4:], embedding(bundles.load(wide))[:, -4:]
    )
    assert accuracy(low, by_lexicon) >= 0.95


def test_casing_decides_about_words_that_no_row_taught(folder):
    from training.fit import fit

    config = configuration(folder / "casing", by_casing, {"extra": ["casing"]})
    cased = fit(config, folder / "models" / "cased")
    assert accuracy(cased, by_casing) >= 0.95
    features = bundles.load(cased).manifest.network["extra_features"]
    assert features == ["casing.upper", "casing.title"]


def test_the_bundle_names_its_features_and_tells_how_frequent_they_are(wide):
    bundle = bundles.load(wide)
    manifest = bundle.manifest
    names = ["punctuation.run", "punctuation.exclamation", "punctuation.question"]
    assert manifest.network["extra_features"] == [*names, "lexicon.valence"]
    assert manifest.network["features"] == 6 + 4
    assert manifest.training["features"]["extra"] == ["punctuation"]
    assert manifest.data[-1].items() >= {"role": "lexicon", "name": "words.csv", "rows": 37}.items()
    shares = manifest.metrics["extra_features"]
    assert shares == dict.fromkeys(names, 0.0) | {"lexicon.valence": pytest.approx(1 / 3, abs=1e-4)}
    assert "lexicon.valence (33.3% of the training tokens)" in bundle.extras[bundles.CARD].decode()


def test_the_last_columns_of_the_embedding_are_the_features_as_they_were_made(folder, wide):
    bundle = bundles.load(wide)
    words = lexicon.read(folder / "wide" / "words.csv")
    expected = of_vocabulary(bundle.tokenizer, FeaturesConfig(extra=("punctuation",)), words)
    assert np.array_equal(embedding(bundle)[:, -4:], expected.values.astype(np.float16))
    # an emoji's vector follows the words of its name, its features do not
    row = bundle.tokenizer.vocabulary().index("😡")
    assert embedding(bundle)[row, -1] == -1


def test_onnx_and_keras_agree_and_the_model_survives_keras_own_format(wide, tmp_path):
    import keras

    from sentiment.pipeline import Pipeline, pad
    from sentiment.task import activate
    from training.export import export_keras, from_bundle

    bundle = bundles.load(wide)
    texts = [*rows(by_lexicon, HELD), "a branik film!!! 😡"]
    pipeline = Pipeline(bundle.tokenizer, bundle.manifest.pipeline)
    ids, _ = pad([pipeline.encode(text).rows[0] for text in texts], 12)
    received = Classifier.load(wide).predict(texts)
    received = np.array([list(answer.probabilities.values()) for answer in received])
    export_keras(wide, tmp_path / "network.keras")
    for model in (
        from_bundle(bundle)[0],
        keras.saving.load_model(tmp_path / "network.keras"),
    ):
        logits = np.asarray(model(ids, training=False))
        expected = activate(logits, temperature=bundle.manifest.temperature)
        assert np.allclose(received, expected, rtol=0, atol=1e-5)


def test_going_on_from_a_base_without_features_adds_them(folder, plain):
    from training.fit import fit

    features = {"extra": ["punctuation"], "lexicon": "words.csv"}
    config = configuration(folder / "added", by_lexicon, features, epochs=1, learning_rate=1e-9)
    before, after = (
        bundles.load(path) for path in (plain, fit(config, folder / "models" / "added", base=plain))
    )
    assert after.manifest.network["features"] == before.manifest.network["features"] + 4
    assert after.manifest.network["extra_features"][-1] == "lexicon.valence"
    assert np.abs(embedding(after)[:, -1]).max() == 1
    texts = list(rows(by_lexicon, WORDS))  # with a kernel of zeros nothing has changed yet
    old, new = (
        Classifier(bundle, name="", version="").predict(texts) for bundle in (before, after)
    )
    for one, other in zip(old, new, strict=True):
        assert one.label == other.label


def test_going_on_keeps_the_base_s_features_where_none_are_named(folder, wide):
    from training.fit import fit

    config = configuration(folder / "kept", by_lexicon, {}, trainable="all", epochs=2)
    directory = fit(config, folder / "models" / "kept", base=wide)
    before, after = bundles.load(wide), bundles.load(directory)
    assert after.manifest.network == before.manifest.network
    assert np.array_equal(embedding(after)[:, -4:], embedding(before)[:, -4:])
    assert not np.array_equal(embedding(after)[:, :-4], embedding(before)[:, :-4])
    assert accuracy(directory, by_lexicon) >= 0.95


def test_a_base_of_lower_case_refuses_casing(folder, plain):
    from training.fit import fit

    config = configuration(folder / "refused", by_lexicon, {"extra": ["casing"]})
    with pytest.raises(ConfigError, match=r'"casing" cannot be seen in this vocabulary'):
        fit(config, folder / "models" / "refused", base=plain)
    assert not (folder / "models" / "refused").exists()
