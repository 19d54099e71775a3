"""The Open Inference Protocol: published forms of requests, the binary extension, refusals."""

import json
import struct
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

INFER = "/v2/models/default/infer"
HEADER = "Inference-Header-Content-Length"
TEXTS = ["fine", "so so 😀"]


def tensor(**fields: Any) -> dict[str, Any]:
    return {"name": "text", "shape": [2], "datatype": "BYTES", "data": TEXTS, **fields}


def packed(*texts: str) -> bytes:
    return b"".join(struct.pack("<I", len(t.encode())) + t.encode() for t in texts)


def send_binary(client: FlaskClient, head: dict[str, Any], data: bytes) -> TestResponse:
    text = json.dumps(head).encode()
    return client.post(INFER, data=text + data, headers={HEADER: str(len(text))})


def test_health_and_metadata(client: FlaskClient) -> None:
    assert client.get("/v2/health/live").get_json() == {"live": True}
    assert client.get("/v2/health/ready").get_json() == {"ready": True}
    expected = {"name": "default", "ready": True}
    assert client.get("/v2/models/default/ready").get_json() == expected
    assert client.get("/v2/models/default/versions/3/ready").get_json() == expected
    assert client.get("/v2").get_json()["extensions"] == ["binary_tensor_data"]
    assert client.get("/v2/models/default").get_json() == {
        "name": "default",
        "versions": ["3"],
        "platform": "onnxruntime",
        "inputs": [{"name": "text", "datatype": "BYTES", "shape": [-1]}],
        "outputs": [
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, 3]},
        ],
        "labels": ["negative", "neutral", "positive"],
    }


@pytest.mark.parametrize(
    "given", [{}, {"shape": [2, 1]}, {"shape": [2, 1], "data": [[text] for text in TEXTS]}]
)
def test_json_in_json_out(client: FlaskClient, given: dict[str, Any]) -> None:
    response = client.post(INFER, json={"id": "42", "inputs": [tensor(**given)]})
    assert response.get_json() == {
        "model_name": "default",
        "model_version": "3",
        "id": "42",
        "outputs": [
            {
                "name": "label",
                "datatype": "BYTES",
                "shape": [2],
                "data": ["positive", "positive"],
            },
            {
                "name": "probabilities",
                "datatype": "FP32",
                "shape": [2, 3],
                "data": [0.1, 0.2, 0.7, 0.1, 0.2, 0.7],
            },
        ],
    }
    assert response.mimetype == "application/json"
    assert HEADER not in response.headers


def test_binary_in_binary_out(client: FlaskClient) -> None:
    data = packed(*TEXTS)
    sent = {"name": "text", "shape": [2], "datatype": "BYTES"}
    sent["parameters"] = {"binary_data_size": len(data)}
    head = {"inputs": [sent], "parameters": {"binary_data_output": True}}
    response = send_binary(client, head, data)
    assert response.mimetype == "application/octet-stream"
    length = int(response.headers[HEADER])
    [label, probabilities] = json.loads(response.data[:length])["outputs"]
    rest = response.data[length:]
    size = label["parameters"]["binary_data_size"]
    assert rest[:size] == packed("positive", "positive")
    assert probabilities["parameters"]["binary_data_size"] == len(rest) - size == 2 * 3 * 4
    numbers = np.frombuffer(rest[size:], "<f4").reshape(probabilities["shape"])
    assert numbers == pytest.approx(np.array([[0.1, 0.2, 0.7]] * 2))


def test_some_outputs_each_in_its_form(client: FlaskClient) -> None:
    wanted = [
        {"name": "probabilities", "parameters": {"binary_data": True}},
        {"name": "label"},
    ]
    response = client.post(INFER, json={"inputs": [tensor()], "outputs": wanted})
    length = int(response.headers[HEADER])
    [probabilities, label] = json.loads(response.data[:length])["outputs"]
    assert "data" not in probabilities
    assert label["data"] == ["positive", "positive"]


def test_the_option_overflow_is_a_parameter(client: FlaskClient) -> None:
    long = tensor(data=["word " * 20], shape=[1])
    assert client.post(INFER, json={"inputs": [long]}).status_code == 200
    body = {"inputs": [long], "parameters": {"overflow": "error"}}
    response = client.post(INFER, json=body)
    assert response.status_code == 422
    assert response.get_json() == {"error": "Text 0: the text has 20 tokens"}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "inputs"),
        ([], 400, "The body"),
        ({"inputs": []}, 400, "inputs"),
        ({"inputs": [tensor(), tensor()]}, 400, "inputs"),
        ({"inputs": [tensor(name="x")]}, 400, 'inputs[0].name is "x"; the model takes "text"'),
        ({"inputs": [tensor(datatype="FP32")]}, 400, "must be BYTES of shape [n] or [n, 1]"),
        ({"inputs": [tensor(shape=[1, 2])]}, 400, "must be BYTES of shape [n] or [n, 1]"),
        ({"inputs": [tensor(shape=[])]}, 400, "must be BYTES of shape [n] or [n, 1]"),
        ({"inputs": [tensor(shape=[3])]}, 400, "has 2 elements, and its shape is [3]"),
        ({"inputs": [tensor(shape=["2"])]}, 400, "inputs.0.shape.0"),
        ({"inputs": [tensor(data=[1, 2])]}, 400, "holds data that are not strings"),
        ({"inputs": [tensor(data=[[["a"]], "b"])]}, 400, "holds data that are not strings"),
        ({"inputs": [tensor(shape=[0], data=[])]}, 400, "inputs[0] is empty"),
        ({"inputs": [tensor(shape=[21], data=["a"] * 21)]}, 413, "inputs[0] holds 21 texts"),
        ({"inputs": [tensor(data=["a", ""])]}, 422, "Text 1: the text holds no token"),
        ({"inputs": [tensor()], "parameters": {"priority": 1}}, 400, '"priority" is not a known'),
        ({"inputs": [tensor()], "parameters": {"overflow": 1}}, 400, "parameters.overflow is a"),
        ({"inputs": [tensor()], "id": "\ud800"}, 400, "id"),
        ({"inputs": [tensor(data=["a", "\ud800"])]}, 422, "Text 1: the text is not valid"),
        ({"inputs": [tensor()], "outputs": [{"name": "x"}]}, 400, "gives label, probabilities"),
        (
            {"inputs": [tensor()], "outputs": [{"name": "label"}] * 2},
            400,
            'outputs[1].name is "label" a second time',
        ),
        (
            {
                "inputs": [tensor()],
                "outputs": [{"name": "label", "parameters": {"classification": 1}}],
            },
            400,
            "classification",
        ),
    ],
)
def test_refusals_are_the_message_alone(
    client: FlaskClient, body: Any, status: int, said: str
) -> None:
    response = client.post(INFER, json=body)
    assert response.status_code == status
    assert set(response.get_json()) == {"error"}
    assert said in response.get_json()["error"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "has 0 elements"),
        (packed("fine")[:-1], "goes past its end"),
        (packed("fine") + b"\x01", "at byte 8"),
        (b"\x01\x00\x00\x00\xff", "UTF-8"),
        (b"\xff\xff\xff\xff", "goes past its end"),
    ],
)
def test_broken_binary_data(client: FlaskClient, data: bytes, said: str) -> None:
    sent = tensor(shape=[1], data=[], parameters={"binary_data_size": len(data)})
    response = send_binary(client, {"inputs": [sent]}, data)
    assert response.status_code == 400
    assert said in response.get_json()["error"]


@pytest.mark.parametrize("size", [3, -1, "8", True, 1e30])
def test_a_size_that_is_not_the_data_s(client: FlaskClient, size: Any) -> None:
    sent = tensor(shape=[1], parameters={"binary_data_size": size})
    response = send_binary(client, {"inputs": [sent]}, packed("fine"))
    assert response.status_code == 400
    assert "8 bytes follow the JSON" in response.get_json()["error"]


@pytest.mark.parametrize("length", ["-1", "x", "9999999", "9" * 5000, "1.0", "²", ""])
def test_a_header_that_is_no_length(client: FlaskClient, length: str) -> None:
    response = client.post(INFER, json={"inputs": [tensor()]}, headers={HEADER: length})
    assert response.status_code == 400
    assert HEADER in response.get_json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/models/other", 404),
        ("GET", "/v2/models/other/ready", 404),
        ("GET", "/v2/models/default/versions/9/ready", 404),
        ("POST", "/v2/models/default/versions/9/infer", 404),
        ("GET", "/v2/nothing", 404),
        ("GET", INFER, 405),
    ],
)
def test_other_models_paths_and_methods(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    response = client.open(path, method=method)
    assert response.status_code == status
    assert list(response.get_json()) == ["error"]
    assert isinstance(response.get_json()["error"], str)
