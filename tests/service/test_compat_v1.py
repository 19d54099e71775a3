"""What clients of TensorFlow Serving and KServe's first protocol send, and what they expect."""

from typing import Any

import pytest
from flask.testing import FlaskClient

PREDICT = "/v1/models/default:predict"


def test_instances_get_predictions_in_their_order(client: FlaskClient) -> None:
    """The request of KServe's documentation, with texts in it."""
    body = {"instances": ["fine", {"text": "a b c"}]}
    response = client.post(PREDICT, json=body)
    assert response.status_code == 200
    assert set(response.get_json()) == {"predictions"}
    predictions = response.get_json()["predictions"]
    assert [prediction["statistics"]["tokens"] for prediction in predictions] == [1, 3]
    assert predictions[0]["label"] == "positive"
    told = client.post("/v1/predict", json={"texts": ["fine", "a b c"]}).get_json()["documents"]
    assert predictions == told


def test_as_curl_sends_it_in_their_examples(client: FlaskClient) -> None:
    """`curl -d '{"instances": ...}'`, which says that the body is a form."""
    form = "application/x-www-form-urlencoded"
    body = '{"signature_name": "serving_default", "instances": ["fine"]}'
    response = client.post(PREDICT, data=body, content_type=form)
    assert [prediction["label"] for prediction in response.get_json()["predictions"]] == [
        "positive"
    ]


def test_explain_gives_the_weights_of_each_instance(client: FlaskClient) -> None:
    body = {"instances": ["fine day", ""]}
    answer = client.post("/v1/models/default:explain", json=body).get_json()
    assert set(answer) == {"predictions", "explanations"}
    [explanation, nothing] = answer["explanations"]
    assert explanation == answer["predictions"][0]["explanation"]
    assert [token["text"] for token in explanation["tokens"]] == ["fine", "day"]
    assert nothing is None
    assert "explanation" not in client.post(PREDICT, json=body).get_json()["predictions"][0]


def test_the_served_version_can_be_named(client: FlaskClient) -> None:
    body = {"instances": ["fine"]}
    assert client.post("/v1/models/default/versions/3:predict", json=body).status_code == 200
    response = client.post("/v1/models/default/versions/4:predict", json=body)
    assert response.status_code == 404
    assert response.get_json() == {
        "error": 'Version "4" of "default" does not serve; version "3" does.'
    }


def test_a_bad_instance_fails_in_its_place(client: FlaskClient) -> None:
    predictions = client.post(PREDICT, json={"instances": ["", "fine"]}).get_json()["predictions"]
    assert predictions[0]["error"]["code"] == "empty_text"
    assert predictions[0]["error"]["target"] == "instances[0]"
    assert predictions[1]["label"] == "positive"


def test_a_lone_surrogate_fails_in_its_place_too(client: FlaskClient) -> None:
    body = b'{"instances": ["\\ud800", {"text": "\\udfff"}, "fine"]}'
    predictions = client.post(PREDICT, data=body).get_json()["predictions"]
    assert [p.get("error", {}).get("code") for p in predictions] == ["invalid_text"] * 2 + [None]


def test_a_bad_instance_alone_fails_the_request(client: FlaskClient) -> None:
    response = client.post(PREDICT, json={"instances": [""]})
    assert response.status_code == 422
    assert response.get_json() == {"error": "the text holds no token"}


def test_options_are_those_of_predict(client: FlaskClient) -> None:
    long = "word " * 20
    body = {"instances": [long, "fine"], "options": {"overflow": "truncate"}}
    [first, _] = client.post(PREDICT, json=body).get_json()["predictions"]
    assert first["statistics"]["truncated"] is True


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "not JSON"),
        (b"[]", 400, "The body is a list; it must be an object."),
        (b"{}", 400, "instances is missing."),
        (b'{"instances": []}', 400, "instances is empty; it takes at least one."),
        (b'{"instances": [1]}', 400, "instances[0] is a number; it must be a string or {"),
        (b'{"instances": [{"text": "a", "b": 1}]}', 400, 'it must be a string or {"text": "..."}.'),
        (b'{"instances": ["a"], "inputs": 1}', 400, "inputs is not a known key"),
        (b'{"instances": ["a"], "\\ud800": 1}', 400, "A key is not valid Unicode"),
        (b'{"instances": ["a"], "options": 1}', 400, "options is a number; it must be an object"),
        (b'{"instances": ["a"], "options": {"x": 1}}', 400, "options.x is not a known key"),
        (b'{"instances": [%s"a"]}' % (b'"a",' * 20), 413, "instances holds 21 texts, and a"),
    ],
)
def test_errors_are_the_message_alone(
    client: FlaskClient, body: bytes, status: int, said: str
) -> None:
    response = client.post(PREDICT, data=body)
    assert response.status_code == status
    error: Any = response.get_json()
    assert set(error) == {"error"}
    assert said in error["error"]
    assert response.headers["X-Request-Id"]


def test_too_many_instances_to_explain(client: FlaskClient) -> None:
    response = client.post("/v1/models/default:explain", json={"instances": ["a"] * 17})
    assert response.status_code == 413
    said = "instances holds 17 texts, and a request that explains takes 16."
    assert said in response.get_json()["error"]


def test_another_model(client: FlaskClient) -> None:
    response = client.post("/v1/models/other:predict", json={"instances": ["a"]})
    assert response.status_code == 404
    assert response.get_json() == {"error": 'There is no model "other" here; there is "default".'}


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("path", [PREDICT, "/v1/models/default/versions/3:predict"])
def test_another_method(client: FlaskClient, method: str, path: str) -> None:
    response = client.open(path, method=method)
    assert (response.status_code, set(response.allow)) == (405, {"POST", "OPTIONS"})
    assert response.get_json() == {"error": f"{path} does not take {method}. It takes POST."}


def test_the_state_as_their_clients_poll_it(client: FlaskClient) -> None:
    described = client.get("/v1/models/default").get_json()
    assert (described["name"], described["ready"]) == ("default", True)  # KServe
    assert described["model_version_status"] == [  # TensorFlow Serving
        {
            "version": "3",
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        }
    ]
