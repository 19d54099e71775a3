"""`GET /healthz` and `GET /readyz`: does the process live, and can it answer."""

from typing import Literal, NotRequired

from flask import Blueprint, Response, current_app, g
from typing_extensions import TypedDict

from sentiment.classifier import Classifier
from service.answers import answer
from service.draining import Draining
from service.errors import NotReady
from service.keys import public
from service.operations import Operation
from service.registry import Refusal, Registry
from service.schemas import ModelAnswer

blueprint = Blueprint("health", __name__)

Readiness = Literal["ready", "loading", "unavailable", "draining"]


class Health(TypedDict):
    """The process answers."""

    status: Literal["ok"]


class ReadinessAnswer(TypedDict):
    """Whether this process can classify, by which version, and which one it refused."""

    status: Readiness
    model: NotRequired[ModelAnswer]
    refused: NotRequired[Refusal]


@blueprint.get("/healthz")
@public
@Operation(answers=Health)
def healthz() -> Response:
    """The process answers."""
    return answer(Health(status="ok"))


@blueprint.get("/readyz")
@public
@Operation(answers=ReadinessAnswer, statuses=(200, 503))
def readyz() -> Response:
    """The model is loaded and gave its known answers, and the process is not about to stop."""
    state = current_app.extensions["registry"].state
    status = readiness()
    body: ReadinessAnswer = {"status": status}
    if state.classifier:
        body["model"] = {"name": state.classifier.name, "version": state.classifier.version}
    if state.refusal:
        body["refused"] = state.refusal
    return answer(body, status=200 if status == "ready" else 503)


def readiness() -> Readiness:
    """Return "ready", or why this process should be sent no request.

    A refused version alone is no reason: the one that serves answers as well as before.
    """
    registry: Registry = current_app.extensions["registry"]
    draining: Draining = current_app.extensions["draining"]
    state = registry.state
    if draining.begun:
        return "draining"
    if state.classifier:
        return "ready"
    return "loading" if state.loading else "unavailable"


def require_model() -> None:
    """Refuse the request where there is no model to answer it.

    Raises:
        NotReady: with the reason why there is none.
    """
    check_model(g.classifier, current_app.extensions["registry"])


def check_model(classifier: Classifier | None, registry: Registry) -> None:
    """Refuse where there is no classifier, as `require_model` does."""
    if classifier is None:
        refusal = registry.state.refusal
        reason = refusal.message if refusal else "The model is being loaded."
        raise NotReady(f"No version of the model can be served. {reason}")
