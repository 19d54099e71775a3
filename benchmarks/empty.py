"""A Flask route that does nothing, for gunicorn: what all of a request but our work costs."""

import os

from flask import Flask

from service.draining import Draining
from service.settings import Settings
from service.together import Together


def create_app() -> Flask:
    """The application, with what the worker wants of one (see `Intake.run`)."""
    app = Flask(__name__, static_folder=None)
    app.extensions["settings"] = settings = Settings.from_environment(os.environ)
    app.extensions["together"] = Together(settings.threads)
    app.extensions["draining"] = Draining(settings.drain_file)

    @app.post("/v1/predict")
    def nothing() -> str:
        return ""

    return app
