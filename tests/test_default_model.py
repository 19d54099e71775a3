"""The model in models/default, as it ships: whole, small enough, and right on what is plain."""

import json
import re
from pathlib import Path

import pytest

from sentiment import bundle
from sentiment.classifier import Classifier
from sentiment.prediction import Prediction
from service import create_app
from service.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "default"
RESEARCH_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="module")
def default() -> Classifier:
    return Classifier.load(bundle.current(MODEL))


def test_it_is_what_the_service_promises(default: Classifier) -> None:
    size = sum(path.stat().st_size for path in bundle.current(MODEL).iterdir())
    assert size <= 25_000_000
    assert default.labels == ("negative", "neutral", "positive")
    assert len(default.bundle.golden) == 50
    assert {"bundle.json", "model_card.md"} <= {p.name for p in bundle.current(MODEL).iterdir()}


def test_no_test_data_was_learned_from(default: Classifier) -> None:
    data = default.bundle.manifest.data
    names = [entry["name"] for entry in data if entry["role"] != "test"]
    assert len(names) > 5
    assert not [name for name in names if "-test" in name or "kitchen" in name]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I love it, works perfectly!", "positive"),
        ("Best purchase I have made this year, thank you so much.", "positive"),
        ("The staff were friendly and the room was lovely 😍", "positive"),
        ("Awful service. I want my money back.", "negative"),
        ("What a waste of two hours, terrible acting and a boring plot.", "negative"),
        ("It broke after two days and nobody answers my emails 😡", "negative"),
        ("The meeting is on Tuesday at 10 am.", "neutral"),
        ("Does this cable fit the older model?", "neutral"),
    ],
)
def test_plain_sentences(default: Classifier, text: str, label: str) -> None:
    (answer,) = default.predict([text])
    assert isinstance(answer, Prediction)
    assert answer.label == label, answer.probabilities


def test_the_readme_shows_its_real_answer(default: Classifier) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    sent = re.search(r"curl .*?-d '(\{.*?\})'", readme, re.DOTALL)
    shown = re.search(r"```json\n(.*?)```", readme, re.DOTALL)
    assert sent and shown
    client = create_app(Settings(models=MODEL.parent), default).test_client()
    received = client.post("/v1/predict", json=json.loads(sent[1])).get_json()
    expected = json.loads(shown[1])
    document, wanted = received["documents"].pop(), expected["documents"].pop()
    assert document.pop("probabilities") == pytest.approx(wanted.pop("probabilities"), abs=1e-3)
    assert document.pop("score") == pytest.approx(wanted.pop("score"), abs=1e-3)
    assert (received, document) == (expected, wanted)


def test_a_generous_floor_on_validation_data(default: Classifier) -> None:
    path = RESEARCH_DATA / "sst-dev.parquet"
    if not path.exists():
        pytest.skip("the research data sets are not beside this checkout")
    from training.rows.readers import read

    rows = read(path)
    assert rows.labels is not None
    polar = [
        (t, label) for t, label in zip(rows.texts, rows.labels, strict=True) if label != "neutral"
    ]
    answers = default.predict([text for text, _ in polar])
    hits = 0
    for answer, (_, label) in zip(answers, polar, strict=True):
        assert isinstance(answer, Prediction) and answer.score is not None
        hits += (answer.score > 0) == (label == "positive")
    assert hits / len(polar) > 0.80
