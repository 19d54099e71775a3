"""What a regression answers over HTTP: values, in every protocol."""

import pytest
from flask.testing import FlaskClient

from sentiment.classifier import Classifier
from service import create_app
from service.settings import Settings

TEXT = "Great food. Awful service!"


@pytest.fixture
def client(stars: Classifier) -> FlaskClient:
    return create_app(Settings(model="stars"), stars).test_client()


def test_a_document_has_a_value_and_no_label(client, stars):
    answer = client.post("/v1/predict", json={"text": TEXT}).get_json()
    (document,) = answer["documents"]
    assert set(document) == {"id", "index", "value", "statistics", "warnings"}
    (expected,) = stars.predict([TEXT])
    assert document["value"] == pytest.approx(expected.value, abs=1e-5)
    assert "low_confidence" not in [note["code"] for note in document["warnings"]]


def test_sentences_have_values_and_weights_are_of_the_value(client):
    options = {"sentences": True, "explain": True}
    answer = client.post("/v1/predict", json={"text": TEXT, "options": options}).get_json()
    (document,) = answer["documents"]
    assert [set(one) for one in document["sentences"]] == [
        {"offset", "length", "text", "value"}
    ] * 2
    assert document["explanation"]["target"] == "value"
    assert len(document["explanation"]["tokens"]) == 6


def test_the_first_protocol_answers_the_document(client):
    body = {"instances": [TEXT, ""]}
    first, second = client.post("/v1/models/stars:predict", json=body).get_json()["predictions"]
    assert isinstance(first["value"], float) and "error" in second


def test_the_second_protocol_answers_a_tensor_of_values(client):
    metadata = client.get("/v2/models/stars").get_json()
    assert metadata["outputs"] == [{"name": "value", "datatype": "FP32", "shape": [-1]}]
    assert metadata["labels"] == []
    tensor = {"name": "text", "datatype": "BYTES", "shape": [2], "data": [TEXT, "Awful."]}
    answer = client.post("/v2/models/stars/infer", json={"inputs": [tensor]}).get_json()
    (output,) = answer["outputs"]
    assert (output["name"], output["shape"], len(output["data"])) == ("value", [2], 2)
    labels = {"inputs": [tensor], "outputs": [{"name": "label"}]}
    refused = client.post("/v2/models/stars/infer", json=labels)
    assert refused.status_code == 400 and "the model gives value" in refused.get_json()["error"]


def test_a_model_says_its_task(client):
    (model,) = client.get("/v1/models").get_json()["models"]
    assert (model["task"], model["labels"]) == ("regression", None)


def test_texts_are_counted_without_a_label(client):
    client.post("/v1/predict", json={"text": TEXT})
    figures = client.get("/metrics").get_data(as_text=True)
    assert 'sentiment_documents_total{label=""} 1.0' in figures
    assert "sentiment_confidence_count 0.0" in figures


def test_the_openapi_document_knows_both_kinds_of_documents(client):
    schemas = client.get("/openapi.json").get_json()["components"]["schemas"]
    documents = schemas["PredictAnswer"]["properties"]["documents"]["items"]["anyOf"]
    assert [one["$ref"].rpartition("/")[2] for one in documents] == ["LabelAnswer", "ValueAnswer"]
    assert "value" in schemas["ValueAnswer"]["required"]
    assert "label" not in schemas["ValueAnswer"]["properties"]
