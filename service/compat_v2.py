"""The Open Inference Protocol, version 2: what clients of KServe and Triton call."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired

from flask import Blueprint, Response, current_app, g, request
from pydantic import BaseModel, Field, StrictStr, ValidationError
from typing_extensions import TypedDict

from sentiment.classifier import Classifier
from sentiment.errors import TextError
from sentiment.prediction import DECIMALS, Estimate, Prediction
from service import __version__, tensors
from service.answers import answer, excerpt
from service.bodies import read
from service.errors import InvalidRequest, NotReady
from service.health import readiness, require_model
from service.keys import public
from service.models import check_name
from service.operations import BYTES, JSON, Operation
from service.predict import ERRORS, classify
from service.proxies import behind
from service.schemas import LONGEST_ID, Options, PredictRequest, check_count
from service.settings import Settings
from service.tensors import Input, Tensor
from service.wording import explain

blueprint = Blueprint("compat_v2", __name__)

INPUT = "text"
OPTIONS = {"overflow"}  # those of `/v1/predict` that change a tensor of the answer
PARAMETERS = {*OPTIONS, "binary_data_output"}


class Output(BaseModel):
    """A tensor that the caller wants; `binary_data` is one of the parameters."""

    name: StrictStr
    parameters: dict[str, Any] = {}


class InferRequest(BaseModel):
    """A request to `infer`, as far as it is JSON."""

    # A limit on its length is also what makes pydantic refuse a lone surrogate.
    id: StrictStr | None = Field(default=None, max_length=LONGEST_ID)
    inputs: list[Input] = Field(min_length=1, max_length=1)
    outputs: list[Output] = []
    parameters: dict[str, Any] = {}


class ServerAnswer(TypedDict):
    """The server, its version, and the extensions of the protocol that it knows."""

    name: str
    version: str
    extensions: list[str]


class LiveAnswer(TypedDict):
    """Whether the process answers."""

    live: bool


class ReadyAnswer(TypedDict):
    """Whether the process can classify."""

    ready: bool


class ModelReadyAnswer(TypedDict):
    """Whether a model can classify."""

    name: str
    ready: bool


class TensorMetadata(TypedDict):
    """A tensor that a model takes or gives; -1 is n, the number of texts."""

    name: str
    datatype: str
    shape: list[int]


class MetadataAnswer(TypedDict):
    """A model's tensors; `labels` has the order of the columns of `probabilities`.

    Of a regression it is empty.
    """

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]
    labels: list[str]


class TensorAnswer(TensorMetadata):
    """A tensor with its data, flat; where they are binary they follow the JSON."""

    data: NotRequired[list[str] | list[float]]
    parameters: NotRequired[dict[str, int]]


class InferAnswer(TypedDict):
    """The tensors of n texts: `label` (n,) and `probabilities` (n, C), or `value` (n,)."""

    model_name: str
    model_version: str
    id: NotRequired[str]
    outputs: list[TensorAnswer]


@blueprint.get("/v2")
@Operation(answers=ServerAnswer)
def server() -> Response:
    """What this server is."""
    answered: ServerAnswer = {
        "name": "sentiment",
        "version": __version__,
        "extensions": ["binary_tensor_data"],
    }
    return answer(answered)


@blueprint.get("/v2/health/live")
@public
@Operation(answers=LiveAnswer)
def live() -> Response:
    """The process answers."""
    return answer(LiveAnswer(live=True))


@blueprint.get("/v2/health/ready")
@public
@Operation(answers=ReadyAnswer, statuses=(200, 503))
def ready() -> Response:
    """The process can answer, as `/readyz` says."""
    good = readiness() == "ready"
    return answer(ReadyAnswer(ready=good), status=200 if good else 503)


@blueprint.get("/v2/models/<name>/ready")
@blueprint.get("/v2/models/<name>/versions/<version>/ready")
@public
@Operation(answers=ModelReadyAnswer, statuses=(200, 503))
def model_ready(name: str, version: str | None = None) -> Response:
    """The same for a model, or for a version of it."""
    check_name(name, version)
    good = readiness() == "ready"
    return answer(ModelReadyAnswer(name=name, ready=good), status=200 if good else 503)


@blueprint.get("/v2/models/<name>")
@blueprint.get("/v2/models/<name>/versions/<version>")
@Operation(answers=MetadataAnswer, errors=(NotReady,))
def metadata(name: str, version: str | None = None) -> Response:
    """The tensors that a model takes and gives; -1 is n, the number of texts."""
    require_model()
    check_name(name, version)
    classifier: Classifier = g.classifier
    outputs: list[TensorMetadata] = [
        {"name": tensor.name, "datatype": tensor.datatype, "shape": [-1, *tensor.shape[1:]]}
        for tensor in _outputs([], classifier.labels)
    ]
    answered: MetadataAnswer = {
        "name": name,
        "versions": [classifier.version],
        "platform": "onnxruntime",
        "inputs": [{"name": INPUT, "datatype": "BYTES", "shape": [-1]}],
        "outputs": outputs,
        "labels": list(classifier.labels),
    }
    return answer(answered)


@blueprint.post("/v2/models/<name>/infer")
@blueprint.post("/v2/models/<name>/versions/<version>/infer")
@Operation(
    takes=InferRequest,
    example={
        "inputs": [
            {"name": INPUT, "shape": [2], "datatype": "BYTES", "data": ["Great food.", "Awful."]}
        ]
    },
    takes_as=(JSON, BYTES),
    any_type=True,
    answers=InferAnswer,
    answers_as=(JSON, BYTES),
    errors=ERRORS,
)
def infer(name: str, version: str | None = None) -> Response:
    """Classify n texts. Tensors have no place for an error, so one bad text fails all.

    Raises:
        TextError: a text cannot be classified; the message says which.
    """
    require_model()
    check_name(name, version)
    classifier: Classifier = g.classifier
    settings: Settings = current_app.extensions["settings"]
    body = read(request, max_bytes=settings.max_body_bytes, any_type=True)
    json, binary = tensors.split(body, request.headers.get(tensors.JSON_BYTES))
    wanted = _read_request(json)
    texts = tensors.texts(wanted.inputs[0], binary)
    check_count(len(texts), "inputs[0]", settings)
    asked = PredictRequest(texts=texts, options=_options(wanted.parameters))
    predictions = []
    for index, outcome in enumerate(classify(asked, behind(g), current_app.extensions)):
        if isinstance(outcome, TextError):
            raise type(outcome)(f"Text {index}: {outcome}")
        predictions.append(outcome)
    head = {"model_name": name, "model_version": classifier.version}
    if wanted.id is not None:
        head["id"] = wanted.id
    chosen = _choose(_outputs(predictions, classifier.labels), wanted)
    written, json_bytes = tensors.write(chosen, head)
    if json_bytes is None:
        return Response(written, mimetype="application/json")
    headers = {tensors.JSON_BYTES: str(json_bytes)}
    return Response(written, headers=headers, mimetype=BYTES)


def _read_request(value: Any) -> InferRequest:
    try:
        wanted = InferRequest.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        where = ".".join(map(str, found["loc"])) or "The body"
        raise InvalidRequest(f"{excerpt(where)}: {found['msg']}.") from None
    if wanted.inputs[0].name != INPUT:
        raise InvalidRequest(
            f'inputs[0].name is "{excerpt(wanted.inputs[0].name)}"; the model takes "{INPUT}".'
        )
    for name in wanted.parameters.keys() - PARAMETERS:
        raise InvalidRequest(
            f'"{excerpt(name)}" is not a known parameter; known are'
            f" {', '.join(sorted(PARAMETERS))}."
        )
    return wanted


def _options(parameters: Mapping[str, Any]) -> Options:
    sent = {name: parameters[name] for name in parameters if name in OPTIONS}
    try:
        return Options.model_validate(sent)
    except ValidationError as error:
        raise explain(error, Options, within=("parameters",)) from None


def _outputs(predictions: Sequence[Prediction | Estimate], labels: Sequence[str]) -> list[Tensor]:
    """The answers as tensors: the labels (n,), and the probabilities (n, C) in their order.

    Of a regression, which has no labels, the values (n,).
    """
    n = len(predictions)
    flat = [round(number, DECIMALS) for one in predictions for number in one.answer]
    if not labels:
        return [Tensor("value", "FP32", [n], flat)]
    named = [one.label for one in predictions if isinstance(one, Prediction)]
    return [
        Tensor("label", "BYTES", [n], named),
        Tensor("probabilities", "FP32", [n, len(labels)], flat),
    ]


def _choose(known: list[Tensor], wanted: InferRequest) -> list[tuple[Tensor, bool]]:
    """The tensors that the caller wants, by default all, and whether each is to be binary.

    Raises:
        InvalidRequest: there is no such tensor, or it is wanted twice or as what it cannot be.
    """
    by_default = wanted.parameters.get("binary_data_output") is True
    by_name = {tensor.name: tensor for tensor in known}
    chosen: dict[str, tuple[Tensor, bool]] = {}
    for index, output in enumerate(wanted.outputs or [Output(name=name) for name in by_name]):
        if output.name not in by_name:
            raise InvalidRequest(
                f'outputs[{index}].name is "{excerpt(output.name)}"; the model gives'
                f" {', '.join(by_name)}."
            )
        if output.name in chosen:
            raise InvalidRequest(
                f'outputs[{index}].name is "{output.name}" a second time; the answer holds each'
                " tensor once."
            )
        if "classification" in output.parameters:
            raise InvalidRequest(
                f"outputs[{index}]: the classification extension is not supported;"
                f" {' and '.join(by_name)} say the same."
            )
        binary = output.parameters.get("binary_data", by_default) is True
        chosen[output.name] = by_name[output.name], binary
    return list(chosen.values())
