"""The examples of docs/http.md are what the default model answers, but for the figures."""

import json
import re
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from sentiment import bundle
from sentiment.classifier import Classifier
from service import create_app
from service.settings import Settings

CHECKOUT = Path(__file__).parents[2]
EXAMPLES = re.findall(r"```json\n(.*?)```", (CHECKOUT / "docs" / "http.md").read_text(), re.DOTALL)


def shape(value: Any) -> Any:
    """The value with every fraction blanked: they change with the model's version."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items() if key != "version"}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return "…" if isinstance(value, float) else value


def default_model() -> FlaskClient:
    classifier = Classifier.load(bundle.current(CHECKOUT / "models" / "default"))
    return create_app(Settings(), classifier).test_client()


def test_the_examples_are_true() -> None:
    client = default_model()
    requests, answer = next(
        (EXAMPLES[i], EXAMPLES[i + 1]) for i, e in enumerate(EXAMPLES) if '{"documents":' in e
    )
    bodies = [json.loads(line) for line in requests.splitlines()]
    answers = [client.post("/v1/predict", json=body).get_json() for body in bodies]
    assert shape(answers[0]) == shape(json.loads(answer))
    assert [len(answer["documents"]) for answer in answers] == [1, 2, 1]

    request, addition = next(
        (EXAMPLES[i], EXAMPLES[i + 1]) for i, e in enumerate(EXAMPLES) if '"explain": true' in e
    )
    (document,) = client.post("/v1/predict", json=json.loads(request)).get_json()["documents"]
    added = json.loads(addition)
    assert shape({key: document[key] for key in added}) == shape(added)
