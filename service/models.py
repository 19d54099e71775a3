"""`GET /v1/models`: which model answers, in which version, and what is known of it."""

from typing import Any, Literal

from flask import Blueprint, Response, current_app, g
from typing_extensions import TypedDict
from werkzeug.routing import BaseConverter

from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from sentiment.errors import BundleError
from service.answers import answer
from service.errors import ModelNotFound
from service.health import Readiness, readiness
from service.operations import Operation
from service.registry import Refusal, Registry
from service.settings import Settings

blueprint = Blueprint("models", __name__)

# TensorFlow Serving's words.
ServingState = Literal["AVAILABLE", "LOADING", "END"]
ErrorCode = Literal["OK", "FAILED_PRECONDITION"]


class PathPart(BaseConverter):
    """A parameter of a path. What follows a colon is no part of it: `default:predict`."""

    regex = "[^/:]+"
    part_isolating = True  # werkzeug reads the slash in `regex` as one that it takes


class PipelineAnswer(TypedDict):
    """How texts become rows; the lengths are tokens."""

    timesteps: int
    truncating: str
    overlap: int


class Limits(TypedDict):
    """The most that a request may hold, and that a worker may hold of requests."""

    body_bytes: int
    documents: int
    characters: int
    sentences: int
    explained: int
    concurrent_requests: int


class ModelSummary(TypedDict):
    """A model; what depends on a version is null while none serves, and a regression's `labels`."""

    name: str
    version: str | None
    state: Readiness
    ready: bool
    refused: Refusal | None
    task: str | None
    labels: tuple[str, ...] | None
    pipeline: PipelineAnswer | None
    limits: Limits
    metrics: dict[str, Any] | None
    created: str | None


class ModelList(TypedDict):
    """Every model that is served."""

    models: list[ModelSummary]


VersionState = Literal["serving", "loading", "refused", "available"]


class VersionAnswer(TypedDict):
    """A version on disk, and what it is to this process."""

    version: str
    state: VersionState


class VersionDetails(VersionAnswer):
    """A version on disk and what it says of itself: null, with a `problem`, where it cannot."""

    labels: tuple[str, ...] | None
    pipeline: PipelineAnswer | None
    metrics: dict[str, Any] | None
    created: str | None
    card: str | None
    problem: str | None


class VersionList(TypedDict):
    """Every version of a model, oldest first."""

    versions: list[VersionDetails]


class VersionStatusDetail(TypedDict):
    """In TensorFlow Serving's words, whether something is wrong with a version."""

    error_code: ErrorCode
    error_message: str


class VersionStatus(TypedDict):
    """A version that is or was to be served, as TensorFlow Serving says it."""

    version: str
    state: ServingState
    status: VersionStatusDetail


class ModelDetails(ModelSummary):
    """A model with its card (Markdown) and its versions, oldest first."""

    card: str | None
    versions: list[VersionAnswer]
    previous: str | None
    model_version_status: list[VersionStatus]


@blueprint.get("/v1/models")
@Operation(answers=ModelList)
def list_models() -> Response:
    """Every model that this process serves."""
    return answer(ModelList(models=[_describe(g.classifier, current_app.extensions["settings"])]))


@blueprint.get("/v1/models/<name>")
@blueprint.get("/v1/models/<name>/versions/<version>")
@Operation(answers=ModelDetails)
def get_model(name: str, version: str | None = None) -> Response:
    """All that is known of one model: beside the above its card and its versions."""
    check_name(name, version)
    registry: Registry = current_app.extensions["registry"]
    card = g.classifier.bundle.extras.get(bundles.CARD, b"").decode() if g.classifier else None
    details: ModelDetails = {
        **_describe(g.classifier, current_app.extensions["settings"]),
        "card": card,
        "versions": _versions(registry),
        "previous": bundles.previous(registry.model_directory),
        "model_version_status": _status(registry),
    }
    return answer(details)


@blueprint.get("/v1/models/<name>/versions")
@Operation(answers=VersionList)
def list_versions(name: str) -> Response:
    """Every version of a model that is on disk, with its card and its figures."""
    check_name(name)
    registry: Registry = current_app.extensions["registry"]
    return answer(VersionList(versions=[_details(of, registry) for of in _versions(registry)]))


def check_name(name: str, version: str | None = None) -> None:
    """Check that a path names what is served.

    Raises:
        ModelNotFound: it names another model or another version.
    """
    registry: Registry = current_app.extensions["registry"]
    if name != registry.name:
        raise ModelNotFound(f'There is no model "{name}" here; there is "{registry.name}".')
    serving = g.classifier.version if g.classifier else None
    if version is not None and version != serving:
        raise ModelNotFound(
            f'Version "{version}" of "{name}" does not serve; version "{serving}" does.'
            if serving
            else f'Version "{version}" of "{name}" does not serve, nor does any other.'
        )


def _describe(classifier: Classifier | None, settings: Settings) -> ModelSummary:
    registry: Registry = current_app.extensions["registry"]
    manifest = classifier.bundle.manifest if classifier else None
    return {
        "name": registry.name,
        "version": classifier.version if classifier else None,
        "state": readiness(),
        "ready": classifier is not None,
        "refused": registry.state.refusal,
        "task": manifest.task if manifest else None,
        "labels": (manifest.labels or None) if manifest else None,
        "pipeline": _pipeline(manifest) if manifest else None,
        "limits": {
            "body_bytes": settings.max_body_bytes,
            "documents": settings.max_documents,
            "characters": settings.max_characters,
            "sentences": settings.max_sentences,
            "explained": settings.max_explained,
            "concurrent_requests": settings.max_concurrent_requests,
        },
        "metrics": manifest.metrics if manifest else None,
        "created": manifest.created if manifest else None,
    }


def _pipeline(manifest: bundles.Manifest) -> PipelineAnswer:
    return {
        "timesteps": manifest.pipeline.timesteps,
        "truncating": manifest.pipeline.truncating,
        "overlap": manifest.pipeline.overlap,
    }


def _details(of: VersionAnswer, registry: Registry) -> VersionDetails:
    """What a version says of itself; one that cannot be read must not hide the others."""
    manifest, card, problem = None, None, None
    try:
        manifest, card = bundles.describe(registry.model_directory / of["version"])
    except BundleError as error:
        problem = registry.without_path(str(error))
    return {
        **of,
        "labels": (manifest.labels or None) if manifest else None,
        "pipeline": _pipeline(manifest) if manifest else None,
        "metrics": manifest.metrics if manifest else None,
        "created": manifest.created if manifest else None,
        "card": card,
        "problem": problem,
    }


def _versions(registry: Registry) -> list[VersionAnswer]:
    """The versions on disk, oldest first, and what each is to this process."""
    state = registry.state
    # From the weakest to the strongest word: the version that serves may also have been refused
    # since, when its files changed under it.
    words: dict[object, VersionState] = {
        state.loading: "loading",
        state.refusal and state.refusal.version: "refused",
        state.classifier and state.classifier.version: "serving",
    }
    return [
        {"version": version, "state": words.get(version, "available")}
        for version in bundles.versions(registry.model_directory)
    ]


def _status(registry: Registry) -> list[VersionStatus]:
    """What clients of TensorFlow Serving look for: the versions that are or were to be served."""
    state = registry.state
    found: list[tuple[str, ServingState, ErrorCode, str]] = []
    if state.classifier:
        found.append((state.classifier.version, "AVAILABLE", "OK", ""))
    if state.loading:
        found.append((state.loading, "LOADING", "OK", ""))
    if state.refusal and state.refusal.version:
        found.append((state.refusal.version, "END", "FAILED_PRECONDITION", state.refusal.message))
    return [
        {"version": version, "state": word, "status": {"error_code": code, "error_message": text}}
        for version, word, code, text in found
    ]
