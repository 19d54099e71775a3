"""The Open Inference Protocol as Triton's own client speaks it, binary by default."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from tests.service.gunicorn_server import Server

pytestmark = pytest.mark.slow

TEXTS = ["We loved it!", "The bus was late 😡", "It's a chair."]


@pytest.fixture
def client(server: Server) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(f"127.0.0.1:{server.port}") as client:
        yield client


def text_input(texts: list[str], *, binary: bool, shape: list[int] | None = None):
    shape = shape or [len(texts)]
    tensor = triton.InferInput("text", shape, "BYTES")
    array = np.array([text.encode() for text in texts], dtype=object).reshape(shape)
    tensor.set_data_from_numpy(array, binary_data=binary)
    return tensor


def test_health_and_metadata(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("default")
    assert client.is_model_ready("default", "1")
    assert not client.is_model_ready("other")
    assert client.get_server_metadata()["name"] == "sentiment"
    metadata = client.get_model_metadata("default")
    assert metadata["inputs"][0] == {"name": "text", "datatype": "BYTES", "shape": [-1]}


def test_the_answers_are_those_of_the_classifier(
    client: triton.InferenceServerClient, bundle_root: Path
) -> None:
    expected = Classifier.load(bundles.current(bundle_root / "default")).predict(TEXTS)
    for shape, sent_binary, asked_binary in product(
        ([3], [3, 1]), (True, False), (None, True, False)
    ):
        result = client.infer(
            "default",
            [text_input(TEXTS, binary=sent_binary, shape=shape)],
            outputs=wanted_outputs(asked_binary),
            request_id="a",
        )
        labels = result.as_numpy("label").tolist()
        # In JSON they are text; in binary the client leaves them as bytes.
        assert [label if asked_binary is False else label.decode() for label in labels] == [
            prediction.label for prediction in expected
        ]
        wanted = [list(prediction.probabilities.values()) for prediction in expected]
        assert result.as_numpy("probabilities") == pytest.approx(np.array(wanted), abs=1e-5)
        assert result.get_response()["id"] == "a"


def wanted_outputs(binary: bool | None) -> list[triton.InferRequestedOutput] | None:
    if binary is None:
        return None  # the client's default: all of them, binary
    names = ("probabilities", "label")
    return [triton.InferRequestedOutput(name, binary_data=binary) for name in names]


def test_a_refusal_reaches_the_client_in_words(client: triton.InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException, match="Text 1: ") as caught:
        client.infer("default", [text_input(["fine", ""], binary=True)])
    assert caught.value.status() == "422"
    with pytest.raises(InferenceServerException, match='There is no model "other" here'):
        client.infer("other", [text_input(["fine"], binary=True)])
