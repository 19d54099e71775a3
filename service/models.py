"""`GET /v1/models`: which model answers, and what is known of it."""

from typing import Any

from flask import Blueprint, Response, current_app, g

from sentiment.classifier import Classifier
from service.answers import answer
from service.settings import Settings

blueprint = Blueprint("models", __name__)


@blueprint.get("/v1/models")
def list_models() -> Response:
    """Every model that this process serves."""
    return answer({"models": [_describe(g.classifier, current_app.extensions["settings"])]})


def _describe(classifier: Classifier, settings: Settings) -> dict[str, Any]:
    manifest = classifier.bundle.manifest
    return {
        "name": classifier.name,
        "version": classifier.version,
        "state": "ready",
        "task": manifest.task,
        "labels": classifier.labels,
        "pipeline": {
            "timesteps": manifest.pipeline.timesteps,
            "truncating": manifest.pipeline.truncating,
            "overlap": manifest.pipeline.overlap,
        },
        "limits": {
            "body_bytes": settings.max_body_bytes,
            "documents": settings.max_documents,
            "characters": settings.max_characters,
        },
        "metrics": manifest.metrics,
        "created": manifest.created,
    }
