"""The suite itself: well-formed cases, and a ceiling for the model that ships."""

from collections import Counter
from pathlib import Path

import pytest

from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from training.config import ConfigError
from training.evaluation import behaviour as suite

MODEL = Path(__file__).resolve().parents[2] / "models" / "default"
FOLDER = Path(__file__).parent
LABELS = {"negative", "neutral", "positive"}
# Generous: it finds a broken model. The figures are for `python -m benchmarks.behaviour`.
CEILING = 0.45


def answer(negative: float, neutral: float, positive: float) -> suite.Given:
    probabilities = {"negative": negative, "neutral": neutral, "positive": positive}
    return suite.Given(max(probabilities, key=probabilities.__getitem__), probabilities)


@pytest.fixture(scope="module")
def cases() -> list[suite.Case]:
    return suite.cases(FOLDER)


def test_every_capability_has_enough_cases(cases) -> None:
    counts = Counter(case.capability for case in cases)
    assert len(counts) >= 20
    assert {name: n for name, n in counts.items() if n < 25} == {}


def test_cases_are_well_formed(cases) -> None:
    for case in cases:
        assert len(case.texts) == (1 if case.test == "label" else 2), case
        assert all(text.strip() for text in case.texts), case
        assert not any(mark in text for text in case.texts for mark in "{}|"), case
        if case.test == "label":
            assert case.labels and set(case.labels) < LABELS, case
        else:
            assert case.texts[0] != case.texts[1], case
        assert (case.score in {"higher", "lower"}) == (case.test == "direction"), case


def test_groups_have_no_misspelt_keys() -> None:
    known = {
        "label": {"test", "texts", "take", "expect"},
        "invariance": {"test", "texts", "take", "tolerance"},
        "direction": {"test", "texts", "take", "margin", "score"},
    }
    for groups in suite.groups_by_capability(FOLDER).values():
        for group in groups:
            assert set(group) <= known[group["test"]], group


def test_no_case_stands_twice(cases) -> None:
    counts = Counter(
        tuple(" ".join(t.split()) for t in case.texts)
        for case in cases
        if case.capability != "robustness"
    )
    assert [texts for texts, n in counts.items() if n > 1] == []
    assert len(set(cases)) == len(cases)


def test_no_text_is_expected_to_be_two_things(cases) -> None:
    expected: dict[str, tuple[str, ...]] = {}
    for case in cases:
        if case.test == "label":
            assert expected.setdefault(case.texts[0].casefold(), case.labels) == case.labels


def test_all_labels_and_kinds_are_asked_for(cases) -> None:
    assert set(Counter(case.labels for case in cases if len(case.labels) == 1)) == {
        (label,) for label in LABELS
    }
    assert {case.test for case in cases} == {"label", "invariance", "direction"}


def test_the_cases_are_the_same_each_time(cases) -> None:
    assert suite.cases(FOLDER) == cases


def test_a_model_of_one_answer_fails_where_it_must() -> None:
    results = suite.run(lambda texts: [answer(0.1, 0.8, 0.1)] * len(texts), FOLDER)
    assert results["names places numbers"].failures == 0
    assert results["vocabulary"].rate == 1
    assert len(results["vocabulary"].examples) == 3
    assert 0.4 < suite.mean_rate(results) < 1


@pytest.mark.parametrize(
    ("second", "fails"),
    [((0.1, 0.15, 0.75), False), ((0.3, 0.15, 0.55), True), ((0.6, 0.1, 0.3), True)],
)
def test_invariance(second, fails) -> None:
    case = suite.Case("x", "invariance", ("a", "b"), allowed=0.1)
    assert (case.failure([answer(0.1, 0.1, 0.8), answer(*second)]) is not None) == fails


@pytest.mark.parametrize(
    ("score", "margin", "fails"),
    [("higher", 0.1, False), ("lower", 0.1, True), ("higher", 0.4, True), ("lower", -0.4, False)],
)
def test_direction(score, margin, fails) -> None:
    case = suite.Case("x", "direction", ("a", "b"), score=score, allowed=margin)
    change = [answer(0.1, 0.8, 0.1), answer(0.1, 0.5, 0.4)]  # the score rises by 0.3
    assert (case.failure(change) is not None) == fails


@pytest.mark.skipif(not (MODEL / bundles.CURRENT).exists(), reason="there is no models/default")
def test_the_default_model_stays_under_the_ceiling() -> None:
    results = suite.run(suite.predictor(Classifier.load(bundles.current(MODEL))), FOLDER)
    assert suite.mean_rate(results) < CEILING, {n: round(r.rate, 2) for n, r in results.items()}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "there is no capabilities/"),
        ({"capabilities/a.json": "{"}, "a.json: cannot be read as JSON"),
        ({"capabilities/a.json": '{"groups": []}'}, "fillers.json: cannot be read"),
        ({"capabilities/a.json": '{"groups": [{}]}', "fillers.json": "{}"}, "KeyError"),
    ],
)
def test_a_folder_that_is_no_suite(tmp_path, files, message) -> None:
    (tmp_path / "capabilities").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        suite.cases(tmp_path)


def test_a_model_of_other_labels(make_bundle) -> None:
    two = Classifier(make_bundle(labels=("negative", "positive")), name="two", version="1")
    with pytest.raises(ConfigError, match="two/1: the model answers negative, positive"):
        suite.predictor(two)
