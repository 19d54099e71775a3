"""What a good prediction request gets."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import TypeAdapter

from service import create_app
from service.schemas import PredictAnswer
from service.settings import Settings
from tests.service.fake_classifier import TIMESTEPS, FakeClassifier

LONG = "one two three four five six seven eight nine"


def test_documents(client: FlaskClient) -> None:
    documents = [{"id": "a", "text": "Great food. Awful service 😡"}, {"text": "Fine"}]
    response = client.post("/v1/predict", json={"documents": documents})
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    first = {
        "id": "a",
        "index": 0,
        "sentiment": "positive",
        "label": "positive",
        "probabilities": {"negative": 0.1, "neutral": 0.2, "positive": 0.7},
        "score": 0.6,
        "mixed": None,
        "statistics": {
            "characters": 27,
            "words": 5,
            "tokens": 5,
            "unknown_tokens": 0,
            "windows": 1,
            "truncated": False,
        },
        "warnings": [],
    }
    answer = response.get_json()
    assert list(answer) == ["model", "documents", "errors"]
    assert answer["model"] == {"name": "default", "version": "3"}
    assert answer["documents"][0] == first
    assert (answer["documents"][1]["id"], answer["documents"][1]["index"]) == (None, 1)
    assert answer["errors"] == []


def test_text_and_texts_are_shorthands(client: FlaskClient) -> None:
    one = client.post("/v1/predict", json={"text": "Fine"}).get_json()
    several = client.post("/v1/predict", json={"texts": ["Fine"]}).get_json()
    documents = client.post("/v1/predict", json={"documents": [{"text": "Fine"}]}).get_json()
    assert one == several == documents


def test_ids_may_repeat(client: FlaskClient) -> None:
    documents = [{"id": "a", "text": "Fine"}, {"id": "a", "text": "Good"}]
    answer = client.post("/v1/predict", json={"documents": documents}).get_json()
    assert [(d["id"], d["index"]) for d in answer["documents"]] == [("a", 0), ("a", 1)]


def test_a_bad_text_in_a_batch_fails_alone(client: FlaskClient) -> None:
    documents = [{"text": "Fine"}, {"id": "b", "text": " "}, {"text": "\ud800"}, {"text": "Good"}]
    response = client.post("/v1/predict", json={"documents": documents})
    answer = response.get_json()
    assert response.status_code == 200
    assert [document["index"] for document in answer["documents"]] == [0, 3]
    assert answer["errors"][0] == {
        "id": "b",
        "index": 1,
        "error": {
            "code": "empty_text",
            "message": "the text holds no token",
            "target": "documents[1].text",
        },
    }
    assert answer["errors"][1]["error"]["code"] == "invalid_text"
    assert answer["errors"][1]["error"]["message"].endswith(r"\ud800")


def test_the_target_in_texts_names_the_place(client: FlaskClient) -> None:
    answer = client.post("/v1/predict", json={"texts": ["Fine", ""]}).get_json()
    assert answer["errors"][0]["error"]["target"] == "texts[1]"


def test_overflow_reaches_the_classifier(client: FlaskClient, classifier: FakeClassifier) -> None:
    client.post("/v1/predict", json={"text": "Fine"})
    client.post("/v1/predict", json={"text": "Fine", "options": {"overflow": "truncate"}})
    assert classifier.calls == [(["Fine"], "window"), (["Fine"], "truncate")]


def test_truncation_is_a_warning(client: FlaskClient) -> None:
    body = {"texts": [LONG, "Fine"], "options": {"overflow": "truncate"}}
    documents = client.post("/v1/predict", json=body).get_json()["documents"]
    assert [warning["code"] for warning in documents[0]["warnings"]] == ["truncated"]
    end = len(" ".join(LONG.split()[:TIMESTEPS]))
    assert documents[0]["read"] == {"offset": 0, "length": end}
    assert "read" not in documents[1]
    assert documents[1]["warnings"] == []


def warnings(client: FlaskClient, text: str, **options: Any) -> list[str]:
    body = {"text": text, "options": options}
    (document,) = client.post("/v1/predict", json=body).get_json()["documents"]
    return [warning["code"] for warning in document["warnings"]]


def test_unknown_words_are_a_warning_above_a_fifth(client: FlaskClient) -> None:
    assert warnings(client, "zq b c d e") == []
    assert warnings(client, "zq b c d") == ["high_unknown_rate"]


def test_a_narrow_margin_is_a_warning(client: FlaskClient) -> None:
    assert warnings(client, "Fine perhaps") == ["low_confidence"]


def test_words_without_a_weight_are_a_warning(client: FlaskClient) -> None:
    assert warnings(client, "one two", explain=True) == []
    assert warnings(client, "one two three", explain=True) == ["explanation_incomplete"]


def test_sentences_and_mixed(client: FlaskClient) -> None:
    text = "Great food 😡. Awful service"
    body = {"texts": [text, "Fine"], "options": {"sentences": True}}
    mixed, plain = client.post("/v1/predict", json=body).get_json()["documents"]
    assert (mixed["sentiment"], mixed["label"], mixed["mixed"]) == ("mixed", "positive", True)
    assert mixed["sentences"] == [
        {
            "offset": 0,
            "length": 13,
            "text": "Great food 😡.",
            "label": "positive",
            "probabilities": {"negative": 0.1, "neutral": 0.2, "positive": 0.7},
            "score": 0.6,
        },
        {
            "offset": 14,
            "length": 13,
            "text": "Awful service",
            "label": "negative",
            "probabilities": {"negative": 0.8, "neutral": 0.1, "positive": 0.1},
            "score": -0.7,
        },
    ]
    assert (plain["sentiment"], plain["mixed"], len(plain["sentences"])) == ("positive", False, 1)
    assert "explanation" not in plain


def test_explanations(client: FlaskClient) -> None:
    body = {"text": "Great food 😡", "options": {"explain": True}}
    (document,) = client.post("/v1/predict", json=body).get_json()["documents"]
    assert document["explanation"] == {
        "target": "positive",
        "tokens": [
            {"offset": 0, "length": 5, "text": "Great", "weight": 0.5, "unknown": False},
            {"offset": 6, "length": 4, "text": "food", "weight": 0.5, "unknown": False},
        ],
    }
    assert "sentences" not in document


def test_too_many_sentences(classifier: FakeClassifier) -> None:
    client = create_app(Settings(max_sentences=3), classifier).test_client()
    body = {"texts": ["A man. A dog.", "Fine."], "options": {"sentences": True}}
    assert client.post("/v1/predict", json=body).status_code == 200
    body["texts"].append("One more.")
    response = client.post("/v1/predict", json=body)
    assert response.status_code == 413
    error = response.get_json()["error"]
    assert (error["code"], error["target"]) == ("too_many_sentences", "options.sentences")
    assert "4 sentences" in error["message"] and "SENTIMENT_MAX_SENTENCES" in error["message"]
    assert client.post("/v1/predict", json={"texts": body["texts"]}).status_code == 200


def test_too_many_texts_to_explain(classifier: FakeClassifier) -> None:
    client = create_app(Settings(max_explained=2), classifier).test_client()
    body = {"texts": ["Fine"] * 2, "options": {"explain": True}}
    assert client.post("/v1/predict", json=body).status_code == 200
    response = client.post("/v1/predict", json={**body, "texts": ["Fine"] * 3})
    assert response.status_code == 413
    error = response.get_json()["error"]
    assert (error["code"], error["target"]) == ("too_many_documents", "texts")
    assert "3 texts" in error["message"] and "SENTIMENT_MAX_EXPLAINED" in error["message"]


@pytest.mark.parametrize("options", [{}, {"sentences": True, "explain": True}])
def test_the_answer_has_the_shape_that_is_declared(
    client: FlaskClient, options: dict[str, bool]
) -> None:
    body = {"texts": ["Great food. Awful service.", "zq", " "], "options": options}
    answer = client.post("/v1/predict", json=body).get_json()
    declared = TypeAdapter(PredictAnswer)
    assert declared.dump_python(declared.validate_python(answer)) == answer


def test_a_text_over_the_limit_fails_alone(classifier: FakeClassifier) -> None:
    client = create_app(Settings(max_characters=5), classifier).test_client()
    answer = client.post("/v1/predict", json={"texts": ["Fine", "123456", "12345"]}).get_json()
    assert [document["index"] for document in answer["documents"]] == [0, 2]
    error = answer["errors"][0]
    assert (error["index"], error["error"]["code"]) == (1, "text_too_long")
    assert "6 characters" in error["error"]["message"]
    assert "SENTIMENT_MAX_CHARACTERS" in error["error"]["message"]
    assert classifier.calls[0][0] == ["Fine", "12345"]


def test_a_byte_order_mark_is_let_through(client: FlaskClient) -> None:
    body = b'\xef\xbb\xbf{"text": "Fine"}'
    response = client.post("/v1/predict", data=body, content_type="application/json")
    assert response.status_code == 200


def test_a_body_in_chunks(client: FlaskClient) -> None:
    response = client.post(
        "/v1/predict",
        data=b'{"text": "Fine"}',
        content_type="application/json; charset=utf-8",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert response.status_code == 200
