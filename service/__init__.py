"""The HTTP service: `create_app` builds the Flask application around one classifier."""

import os
import re
import uuid
from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, g, request

from service import errors
from service.settings import Settings

if TYPE_CHECKING:
    from sentiment.classifier import Classifier

# A caller's id goes into headers and logs, so it holds only what is harmless there.
REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}", re.ASCII)


def create_app(settings: Settings | None = None, classifier: "Classifier | None" = None) -> Flask:
    """Build the application. When it returns, it is ready: the model is loaded and checked.

    Args:
        settings: read from the environment when not given.
        classifier: the current version of `settings.model` when not given.
    Raises:
        SettingsError: an environment variable will not do.
        BundleError: there is no such model, it is damaged, or it gives other answers than it
            gave in training.
    """
    # gunicorn's master process imports this package too, and must stay free of ONNX Runtime:
    # only what starts after the fork loads it.
    from sentiment import bundle
    from sentiment.classifier import Classifier
    from service import health, models, predict

    settings = settings or Settings.from_environment(os.environ)
    if classifier is None:
        classifier = Classifier.load(bundle.current(settings.models / settings.model))

    app = Flask(__name__, static_folder=None)
    app.extensions["settings"] = settings
    app.extensions["classifier"] = classifier
    app.before_request(_begin)
    app.after_request(_finish)
    errors.install(app)
    for blueprint in (predict.blueprint, health.blueprint, models.blueprint):
        app.register_blueprint(blueprint)
    return app


def _begin() -> None:
    """Give the request its id, and the classifier that it keeps from start to end."""
    received = request.headers.get("X-Request-Id", "")
    g.request_id = received if REQUEST_ID.fullmatch(received) else uuid.uuid4().hex
    g.classifier = current_app.extensions["classifier"]
    request.environ["sentiment.request_id"] = g.request_id  # for the access log


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers["X-Model-Version"] = g.classifier.version
    return response
