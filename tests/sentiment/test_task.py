"""What a regression answers, and how a bundle says which task it is."""

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from sentiment.errors import BundleDamaged, GoldenMismatch
from sentiment.prediction import Estimate, Prediction
from sentiment.sentences import split
from sentiment.task import Classification, Regression

TEXT = "A wonderful evening. Not good at all!"


def rewrite(directory: Path, change: dict[str, Any], *without: str) -> None:
    """Change the manifest, and its hash with it."""
    path = directory / bundles.MANIFEST
    values = json.loads(path.read_bytes()) | change
    before = sha256(path.read_bytes()).hexdigest()
    path.write_text(json.dumps({name: values[name] for name in values if name not in without}))
    sums = directory / bundles.HASHES
    sums.write_text(sums.read_text().replace(before, sha256(path.read_bytes()).hexdigest()))


@pytest.fixture
def saved_stars(stars_root: Path, tmp_path: Path) -> Path:
    return shutil.copytree(stars_root / "stars" / "1", tmp_path / "stars" / "1")


def test_outputs_become_values_on_the_scale() -> None:
    values = Regression(mean=3.0, deviation=1.5).activate(np.array([[0], [2], [-1]], np.float32))
    assert values.tolist() == [[3.0], [6.0], [1.5]]


def test_one_column_is_a_value_or_the_log_odds_of_two_classes() -> None:
    assert Regression(0, 1).columns == Classification(("no", "yes")).columns == 1
    assert (Regression(0, 1).width, Classification(("no", "yes")).width) == (1, 2)


def test_a_text_gets_a_value_and_its_sentences_too(stars: Classifier) -> None:
    (whole, one, two, empty) = stars.predict(
        [TEXT, TEXT[:20], TEXT[21:], ""], sentences=[split(TEXT), [], [], []]
    )
    assert isinstance(whole, Estimate) and whole.sentences is not None
    assert [sentence.text for sentence in whole.sentences] == [TEXT[:20], TEXT[21:]]
    alone = [one.value, two.value]  # type: ignore[union-attr]
    assert [sentence.value for sentence in whole.sentences] == pytest.approx(alone, abs=1e-5)
    assert whole.answer == [whole.value] and not isinstance(empty, Estimate)


def test_a_word_s_weight_is_how_far_the_value_falls_without_it(stars: Classifier) -> None:
    whole, without = stars.predict(["a good film", "a film"], explain=True)
    assert isinstance(whole, Estimate) and isinstance(without, Estimate) and whole.explanation
    assert whole.explanation.target == "value"
    weight = whole.explanation.words[1].weight
    assert weight == pytest.approx(whole.value - without.value, abs=1e-5) and weight != 0


def test_the_windows_of_a_long_text_are_averaged(stars: Classifier) -> None:
    (prediction,) = stars.predict(["The bus leaves at 10:30. " * 12])
    assert isinstance(prediction, Estimate) and prediction.statistics.windows > 1
    assert abs(prediction.value) < 100


def test_a_regression_s_bundle_has_a_scale_and_no_labels(saved_stars: Path) -> None:
    manifest = json.loads((saved_stars / bundles.MANIFEST).read_bytes())
    assert (manifest["format"], manifest["task"]) == (2, "regression")
    assert manifest["scale"] == {"mean": 3.0, "deviation": 1.5}
    assert not {"labels", "temperature"} & manifest.keys()
    known = json.loads((saved_stars / bundles.GOLDEN).read_bytes())
    assert {tuple(one) for one in known} == {("text", "ids", "value")}


def test_a_classification_s_is_as_older_releases_read_it(saved: Path) -> None:
    manifest = json.loads((saved / bundles.MANIFEST).read_bytes())
    assert (manifest["format"], manifest["task"]) == (1, "classification")
    assert "scale" not in manifest


def test_a_manifest_without_a_task_is_a_classification(saved: Path) -> None:
    rewrite(saved, {}, "task")
    (prediction,) = Classifier.load(saved).predict([TEXT])
    assert isinstance(prediction, Prediction)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 1}, "format 1 holds no regression"),
        ({"task": "classification"}, "task classification needs labels"),
        ({"temperature": 1.0}, "task regression takes no temperature"),
        ({"scale": {"mean": 3.0, "deviation": 0.0}}, "greater than 0"),
    ],
)
def test_a_manifest_of_two_minds_is_refused(
    saved_stars: Path, change: dict[str, Any], message: str
) -> None:
    rewrite(saved_stars, change)
    with pytest.raises(BundleDamaged, match=message):
        bundles.load(saved_stars)


def test_another_scale_than_in_training_is_refused(saved_stars: Path) -> None:
    rewrite(saved_stars, {"scale": {"mean": 3.1, "deviation": 1.5}})
    with pytest.raises(GoldenMismatch, match="the value"):
        Classifier.load(saved_stars)


def test_known_answers_may_differ_by_a_share_of_the_deviation() -> None:
    assert Regression(0, 1000.0).tolerance == pytest.approx(1000 * Classification.tolerance)
