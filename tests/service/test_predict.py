"""What a good prediction request gets."""

from flask.testing import FlaskClient

from service import create_app
from service.settings import Settings
from tests.service.fake_classifier import FakeClassifier

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
        "statistics": {
            "characters": 27,
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
    assert documents[1]["warnings"] == []


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
