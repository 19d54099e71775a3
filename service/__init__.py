"""The HTTP service: `create_app` builds the Flask application around one classifier."""

import os
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request

from service import errors
from service.proxies import behind
from service.settings import Settings
from service.steps import begin, finish

if TYPE_CHECKING:
    from sentiment.classifier import Classifier

__version__ = "0.1.0"


def create_app(settings: Settings | None = None, classifier: "Classifier | None" = None) -> Flask:
    """Build the application. When it returns, the model is loaded and checked.

    Where no version of it is good, the application answers 503 with the reason until one is.

    Args:
        settings: read from the environment when not given.
        classifier: what serves for good. When not given, `settings.model` does, in the version
            that its `CURRENT` names at the time.
    Raises:
        SettingsError: an environment variable will not do.
    """
    # gunicorn's master process imports this package too, and must stay free of ONNX Runtime:
    # only what starts after the fork loads it.
    from service import (
        admin,
        comparison,
        compat_v1,
        compat_v2,
        docs,
        health,
        metrics,
        models,
        openapi,
        playground,
        predict,
        root,
    )
    from service.direct import Direct
    from service.draining import Draining
    from service.registry import Registry
    from service.together import Together

    settings = settings or Settings.from_environment(os.environ)
    figures = metrics.Metrics()
    registry = Registry(*settings.model_directories, figures=figures)
    if classifier:
        registry.serve(classifier)
    else:
        registry.refresh()
        registry.watch(settings.reload_seconds)

    app = Flask(__name__, static_folder=None)
    app.url_map.converters["default"] = models.PathPart
    app.extensions["settings"] = settings
    app.extensions["registry"] = registry
    app.extensions["draining"] = Draining(settings.drain_file)
    app.extensions["metrics"] = figures
    app.extensions["together"] = Together(settings.threads)
    app.before_request(partial(_begin, app))
    app.after_request(partial(_finish, app))
    errors.install(app)
    concerns = (predict, health, models, admin, comparison, compat_v1, compat_v2, metrics)
    for module in (*concerns, openapi, docs, root):
        app.register_blueprint(module.blueprint)
    if settings.playground == "on":
        app.register_blueprint(playground.blueprint)
    app.wsgi_app = Direct(app)  # type: ignore[method-assign]
    return app


def _begin(app: Flask) -> None:
    begin(behind(request), behind(g), app)


def _finish(app: Flask, response: Response) -> Response:
    finish(behind(request), behind(g), response.status_code, response.headers, app)
    return response
