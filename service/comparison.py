"""`POST /v1/admin/models/{name}:compare`: what several versions answer for the same text."""

import threading

from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel, Field, ValidationError
from typing_extensions import TypedDict

from sentiment import bundle as bundles
from sentiment import memory
from sentiment.classifier import Classifier
from sentiment.errors import (
    BundleError,
    BundleMissing,
    EmptyText,
    InvalidText,
    TextError,
    TextTooLong,
)
from service.answers import answer
from service.bodies import read_json
from service.documents import write_document
from service.errors import VersionNotFound
from service.models import check_name
from service.operations import Operation
from service.predict import too_long
from service.registry import Registry
from service.schemas import STRICT, DocumentAnswer
from service.settings import Settings
from service.wording import explain

# Each is loaded and verified for the request alone, half a second or so.
MOST_VERSIONS = 8

blueprint = Blueprint("comparison", __name__)

# One at a time in a process, so that comparing never takes more memory than one more version.
_loading = threading.Lock()


class CompareRequest(BaseModel):
    """A text, and the versions that are to classify it."""

    model_config = STRICT
    text: str
    versions: list[str] = Field(min_length=1, max_length=MOST_VERSIONS)


class VersionProblem(TypedDict):
    """Why a version has no answer."""

    code: str
    message: str


class ComparedAnswer(TypedDict):
    """What one version answers; null with a `problem` where it cannot be loaded."""

    version: str
    document: DocumentAnswer | None
    problem: VersionProblem | None


class CompareAnswer(TypedDict):
    """An answer for each version, in the order of the request."""

    answers: list[ComparedAnswer]


@blueprint.post("/v1/admin/models/<name>:compare")
@Operation(
    takes=CompareRequest,
    example={"text": "Great food. Awful service 😡", "versions": ["2"]},
    answers=CompareAnswer,
    errors=(VersionNotFound, EmptyText, InvalidText, TextTooLong),
)
def compare(name: str) -> Response:
    """Classify a text with several versions, those too that do not serve.

    Each is loaded and verified for this request alone, one after the other.
    """
    check_name(name)
    current_app.extensions["together"].withdraw()
    settings: Settings = current_app.extensions["settings"]
    registry: Registry = current_app.extensions["registry"]
    body = read_json(request, max_bytes=settings.max_body_bytes)
    try:
        asked = CompareRequest.model_validate(body)
    except ValidationError as error:
        raise explain(error, CompareRequest) from None
    if len(asked.text) > settings.max_characters:
        raise too_long(asked.text, settings)
    try:
        for version in asked.versions:
            bundles.find(registry.model_directory, version)
    except BundleMissing as error:
        raise VersionNotFound(registry.without_path(str(error)), target="versions") from None
    answers = [_answer(version, asked.text, registry) for version in asked.versions]
    memory.give_back()
    return answer(CompareAnswer(answers=answers))


def _answer(version: str, text: str, registry: Registry) -> ComparedAnswer:
    serving = registry.state.classifier
    try:
        if serving and serving.version == version:
            (outcome,) = serving.predict([text])
        else:
            with _loading:
                (outcome,) = Classifier.load(registry.model_directory / version).predict([text])
    except BundleError as error:
        problem = VersionProblem(code=error.code, message=registry.without_path(str(error)))
        return {"version": version, "document": None, "problem": problem}
    if isinstance(outcome, TextError):
        raise outcome
    return {"version": version, "document": write_document(0, None, outcome), "problem": None}
