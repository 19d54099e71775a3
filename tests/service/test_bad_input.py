"""Every bad request gets its status, and an envelope that names the place."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service import create_app
from service.settings import Settings
from tests.service.fake_classifier import FakeClassifier


def send(client: FlaskClient, body: bytes, **options: Any) -> TestResponse:
    return client.post("/v1/predict", data=body, content_type="application/json", **options)


def error_of(response: TestResponse) -> dict[str, Any]:
    error: dict[str, Any] = response.get_json()["error"]
    assert set(error) == {"code", "message", "target", "request_id"}
    assert error["request_id"] == response.headers["X-Request-Id"]
    return error


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (b"  ", "empty"),
        (b"great food", "line 1, column 1"),
        (b'{"text": "a",\n "b" 5}', "line 2, column 6"),
        (b'{"text": "a"} x', "line 1, column 15"),
        (b'{"text": NaN}', "NaN"),
        (b'{"text": "\xff"}', "byte 0xff at offset 10"),
        ('{"text": "a"}'.encode("utf-16"), "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"text":' * 100_000, "nested too deeply"),
        (b'{"text": "a\x00"}', "control character"),
        (b'{"text": "\\ud800", "n": ' + b"9" * 5000 + b"}", "digits"),
    ],
)
def test_not_json(client: FlaskClient, body: bytes, message: str) -> None:
    response = send(client, body)
    assert response.status_code == 400
    error = error_of(response)
    assert error["code"] == "invalid_json"
    assert message in error["message"]


@pytest.mark.parametrize(
    ("value", "target", "message"),
    [
        (5, None, "The body is a number; it must be an object"),
        (["a"], None, "The body is a list; it must be an object"),
        ("a", None, "The body is a string"),
        (None, None, "The body is null"),
        ({}, None, "received none of them"),
        ({"text": "a", "texts": ["b"]}, None, 'received "text" and "texts"'),
        ({"text": 5}, "text", "text is a number; it must be a string"),
        ({"text": 10**400}, "text", "text is a number"),
        ({"text": None}, "text", "text is null"),
        ({"text": ["a"]}, "text", "text is a list"),
        ({"texts": "a"}, "texts", "texts is a string; it must be a list"),
        ({"texts": ["a", True]}, "texts[1]", "texts[1] is a boolean"),
        ({"texts": []}, "texts", "texts is empty"),
        ({"documents": []}, "documents", "documents is empty"),
        ({"documents": ["a"]}, "documents[0]", "documents[0] is a string; it must be an object"),
        ({"documents": [{"id": "a"}]}, "documents[0].text", "documents[0].text is missing"),
        ({"documents": [{"id": 1, "text": "a"}]}, "documents[0].id", "must be a string"),
        ({"documents": [{"id": "\ud800", "text": "a"}]}, "documents[0].id", "lone surrogate"),
        ({"documents": [{"id": "x" * 300, "text": "a"}]}, "documents[0].id", "300 characters"),
        ({"txt": "a"}, "txt", 'txt is not a known key. Did you mean "text"?'),
        ({"texts": ["a"], "q": 1}, "q", "Known here: text, texts, documents, options"),
        ({"documents": [{"text": "a", "Id": 1}]}, "documents[0].Id", 'Did you mean "id"?'),
        ({"text": "a", "\ud800": 1}, None, "lone surrogate"),
        ({"text": "a", "options": []}, "options", "options is a list; it must be an object"),
        ({"text": "a", "options": {"overflow": "windw"}}, "options.overflow", 'mean "window"?'),
        ({"text": "a", "options": {"overflow": 1}}, "options.overflow", "must be a string"),
        ({"text": "a", "options": {"explan": 1}}, "options.explan", 'Did you mean "explain"?'),
        ({"text": "a", "options": {"explain": 1}}, "options.explain", "must be true or false"),
        ({"text": "a", "options": {"sentences": "yes"}}, "options.sentences", "true or false"),
        ({"texts": [1, 2, 3]}, "texts[0]", "(2 more like this in the request.)"),
    ],
)
def test_not_the_right_shape(
    client: FlaskClient, value: Any, target: str | None, message: str
) -> None:
    response = send(client, json.dumps(value).encode())
    assert response.status_code == 400
    error = error_of(response)
    assert (error["code"], error["target"]) == ("invalid_request", target)
    assert message in error["message"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_text"),
        (" \t\n", "empty_text"),
        ("\ud800", "invalid_text"),
        ("good \udfff", "invalid_text"),
        ("a" * 100_001, "text_too_long"),
        ("a " * 100_001, "text_too_long"),
    ],
)
def test_a_single_text_that_cannot_be_classified(client: FlaskClient, text: str, code: str) -> None:
    response = send(client, json.dumps({"text": text}).encode())
    assert response.status_code == 422
    error = error_of(response)
    assert (error["code"], error["target"]) == (code, "text")


def test_a_text_longer_than_the_model_reads(client: FlaskClient) -> None:
    body = {"text": "word " * 9, "options": {"overflow": "error"}}
    response = send(client, json.dumps(body).encode())
    assert (response.status_code, error_of(response)["code"]) == (422, "text_too_long")


def test_surrogates_as_raw_bytes(client: FlaskClient) -> None:
    response = send(client, b'{"text": "\xed\xa0\x80"}')
    assert (response.status_code, error_of(response)["code"]) == (422, "invalid_text")


@pytest.mark.parametrize(
    "text",
    ["😡🎉", "nul \x00 byte", "\u202eمرحبا، خدمة رائعة", "שירות נורא", "a" * 100_000, "\x1b[31m"],
)
def test_odd_texts_are_classified(
    client: FlaskClient, classifier: FakeClassifier, text: str
) -> None:
    assert client.post("/v1/predict", json={"text": text}).status_code == 200
    assert classifier.calls == [([text], "window")]


def test_ten_megabytes(client: FlaskClient) -> None:
    response = send(client, b"a" * 10_000_000)
    assert response.status_code == 413
    error = error_of(response)
    assert error["code"] == "body_too_large"
    assert "1048576 bytes" in error["message"]
    assert "SENTIMENT_MAX_BODY_BYTES" in error["message"]


@pytest.mark.parametrize(("size", "status"), [(100, 200), (101, 413), (102, 413), (5000, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_the_limit_of_the_body_is_exact(
    classifier: FakeClassifier, size: int, status: int, chunked: bool
) -> None:
    client = create_app(Settings(max_body_bytes=100), classifier).test_client()
    body = b'{"text": "a"}'.ljust(size)
    environ: dict[str, Any] = {"wsgi.input_terminated": True}
    if chunked:
        environ["CONTENT_LENGTH"] = ""
    assert send(client, body, environ_overrides=environ).status_code == status


class BrokenStream:
    """What a server gives when the framing of a body is wrong."""

    def read(self, size: int = -1) -> bytes:
        raise RuntimeError("invalid chunk size")


def test_a_body_that_breaks_off(client: FlaskClient) -> None:
    environ = {"wsgi.input": BrokenStream(), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    response = send(client, b"", environ_overrides=environ)
    assert (response.status_code, error_of(response)["code"]) == (400, "invalid_json")


def test_too_many_documents(client: FlaskClient) -> None:
    assert client.post("/v1/predict", json={"texts": ["a"] * 20}).status_code == 200
    response = client.post("/v1/predict", json={"texts": ["a"] * 21})
    assert response.status_code == 413
    error = error_of(response)
    assert (error["code"], error["target"]) == ("too_many_documents", "texts")
    assert "21 texts" in error["message"]
    assert "SENTIMENT_MAX_DOCUMENTS" in error["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_another_media_type(client: FlaskClient, headers: dict[str, str]) -> None:
    response = client.post("/v1/predict", data=b'{"text": "a"}', headers=headers)
    assert response.status_code == 415
    assert error_of(response)["code"] == "unsupported_media_type"
