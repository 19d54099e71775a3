"""TensorFlow Serving's and KServe's first protocol: `:predict` and `:explain`."""

from collections.abc import Callable
from typing import Annotated, Any

from flask import Blueprint, Response, current_app, g, request
from pydantic import BaseModel, Field, ValidationError, WrapValidator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from sentiment.errors import TextError
from service.answers import answer
from service.bodies import parse, read
from service.documents import write_document, write_error
from service.health import require_model
from service.models import check_name
from service.operations import Operation
from service.predict import ERRORS, classify
from service.proxies import behind
from service.schemas import (
    STRICT,
    DocumentAnswer,
    DocumentError,
    ExplanationAnswer,
    Options,
    PredictRequest,
    check_count,
)
from service.settings import Settings
from service.wording import explain as explain_error

blueprint = Blueprint("compat_v1", __name__)
blueprint.before_request(require_model)

EXAMPLE = {"instances": ["Great food.", {"text": "Awful service."}]}


class Instance(BaseModel):
    """A text under its name."""

    model_config = STRICT
    text: str


def _one_reason(value: Any, validate: Callable[[Any], str | Instance]) -> str | Instance:
    """Say what an instance may be, and not why it is neither the one nor the other."""
    try:
        return validate(value)
    except ValidationError:
        raise PydanticCustomError("instance_type", "neither a string nor an object") from None


class InstancesRequest(BaseModel):
    """Texts to classify. `signature_name` is let through: there is but one signature."""

    model_config = STRICT
    instances: list[Annotated[str | Instance, WrapValidator(_one_reason)]] = Field(min_length=1)
    options: Options = Options()
    signature_name: Any = None


class PredictionsAnswer(TypedDict):
    """One prediction for each instance, in their order, or in its place why there is none."""

    predictions: list[DocumentAnswer | DocumentError]


class ExplanationsAnswer(PredictionsAnswer):
    """The same, and the words' weights of each instance; null where it has an error."""

    explanations: list[ExplanationAnswer | None]


@blueprint.post("/v1/models/<name>:predict")
@blueprint.post("/v1/models/<name>/versions/<version>:predict")
@Operation(
    takes=InstancesRequest,
    example=EXAMPLE,
    any_type=True,
    answers=PredictionsAnswer,
    errors=ERRORS,
)
def predict(name: str, version: str | None = None) -> Response:
    """Classify the instances of a request; the predictions have their order."""
    check_name(name, version)
    return answer(PredictionsAnswer(predictions=_predictions()))


@blueprint.post("/v1/models/<name>:explain")
@Operation(
    takes=InstancesRequest,
    example=EXAMPLE,
    any_type=True,
    answers=ExplanationsAnswer,
    errors=ERRORS,
)
def explain(name: str) -> Response:
    """The same, and the weights of each instance's tokens."""
    check_name(name)
    predictions = _predictions(explain=True)
    explanations = [prediction.get("explanation") for prediction in predictions]
    return answer({"predictions": predictions, "explanations": explanations})


def _predictions(**options: bool) -> list[DocumentAnswer | DocumentError]:
    """One entry for each instance: the document of `/v1/predict`, or in its place the error.

    Raises:
        TextError: the only instance cannot be classified.
    """
    settings: Settings = current_app.extensions["settings"]
    # Whatever its type is said to be: by these servers' examples, curl says that it is a form.
    body = parse(read(request, max_bytes=settings.max_body_bytes, any_type=True))
    try:
        sent = InstancesRequest.model_validate(body)
    except ValidationError as error:
        raise explain_error(error, InstancesRequest) from None
    texts = [i if isinstance(i, str) else i.text for i in sent.instances]
    asked = PredictRequest(texts=texts, options=sent.options.model_copy(update=options))
    check_count(len(texts), "instances", settings, explain=asked.options.explain)
    outcomes = classify(asked, behind(g), current_app.extensions)
    if len(outcomes) == 1 and isinstance(outcomes[0], TextError):
        raise outcomes[0]
    return [
        write_error(index, None, outcome, f"instances[{index}]")
        if isinstance(outcome, TextError)
        else write_document(index, None, outcome)
        for index, outcome in enumerate(outcomes)
    ]
