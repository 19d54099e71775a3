"""`GET /healthz` and `GET /readyz`: does the process live, and can it answer."""

from flask import Blueprint, Response, g

from service.answers import answer

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return answer({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> Response:
    """The model is loaded and gave its known answers: a worker accepts nothing before that."""
    model = {"name": g.classifier.name, "version": g.classifier.version}
    return answer({"status": "ready", "model": model})
