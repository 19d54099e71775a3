"""`POST /v1/admin/models/{name}:activate` and `:rollback`: which version is served from now on."""

import logging
from pathlib import Path

from flask import Blueprint, Response, current_app, g, request
from pydantic import BaseModel, ValidationError
from typing_extensions import TypedDict

from sentiment import bundle as bundles
from sentiment.errors import BundleError, BundleMissing
from service import activation
from service.answers import answer
from service.bodies import read_json
from service.errors import ActivationRefused, ModelsReadOnly, VersionNotFound
from service.models import check_name
from service.operations import Operation
from service.registry import Registry
from service.schemas import STRICT, ModelAnswer
from service.settings import Settings
from service.wording import explain

logger = logging.getLogger(__name__)

blueprint = Blueprint("admin", __name__)


class ActivateRequest(BaseModel):
    """Which version is to be served."""

    model_config = STRICT
    version: str


class ActivationAnswer(TypedDict):
    """What is served within so many seconds, and what was before it."""

    model: ModelAnswer
    previous: str | None
    within_seconds: float


@blueprint.post("/v1/admin/models/<name>:activate")
@Operation(
    takes=ActivateRequest,
    example={"version": "2"},
    answers=ActivationAnswer,
    errors=(VersionNotFound, ActivationRefused, ModelsReadOnly),
)
def activate(name: str) -> Response:
    """Verify the version that the body names, and serve it."""
    check_name(name)
    settings: Settings = current_app.extensions["settings"]
    body = read_json(request, max_bytes=settings.max_body_bytes)
    try:
        return _activate(ActivateRequest.model_validate(body).version)
    except ValidationError as error:
        raise explain(error, ActivateRequest) from None


@blueprint.post("/v1/admin/models/<name>:rollback")
@Operation(answers=ActivationAnswer, errors=(VersionNotFound, ActivationRefused, ModelsReadOnly))
def roll_back(name: str) -> Response:
    """Serve the version that was active before; once more, and it is undone."""
    check_name(name)
    try:
        version = activation.last(_directory())
    except BundleMissing as error:
        raise ActivationRefused(_without_path(error)) from None
    return _activate(version)


def _activate(version: str) -> Response:
    current_app.extensions["together"].withdraw()
    directory = _directory()
    try:
        bundles.find(directory, version)
    except BundleMissing as error:
        raise VersionNotFound(_without_path(error), target="version") from None
    try:
        activation.activate(directory, version)
    except BundleError as error:
        raise ActivationRefused(
            f"{_without_path(error)} CURRENT stays as it is.", target="version"
        ) from None
    except OSError as error:
        raise ModelsReadOnly(
            f"{directory.name}/{bundles.CURRENT} cannot be written ({error.strerror}). Run"
            f" `python -m service activate {directory.name} {version}` where the folder of the"
            " models is writable; every worker follows."
        ) from None
    fields = {"request_id": g.request_id, "model": directory.name, "version": version}
    logger.warning("A version was activated over HTTP", extra={"fields": fields})
    settings: Settings = current_app.extensions["settings"]
    answered: ActivationAnswer = {
        "model": {"name": directory.name, "version": version},
        "previous": bundles.previous(directory),
        "within_seconds": settings.reload_seconds,
    }
    return answer(answered)


def _directory() -> Path:
    registry: Registry = current_app.extensions["registry"]
    return registry.model_directory


def _without_path(error: BundleError) -> str:
    registry: Registry = current_app.extensions["registry"]
    return registry.without_path(str(error))
