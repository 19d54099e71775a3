"""What the OpenAPI document says is so: requests made up from it, fitting and not, in process.

Those that fit are taken, others are refused, none is answered by a 5xx that is not announced, and
each answer has a status, a shape and headers that the document names.
"""

import copy
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from sentiment import bundle as bundles
from service import create_app
from service.deadline import HEADER
from service.openapi import document
from service.settings import Settings
from service.tensors import JSON_BYTES

KEY, ADMIN = "key", "admin"
SERVED = {"name": "default", "version": "2"}
# What a tensor holds must fit its shape, which no schema can say; so these are not always taken.
OPEN = {"InferRequest", "Input", "Output"}


@pytest.fixture(scope="module")
def app(bundle_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A service with keys and a small real model, in two versions."""
    root = tmp_path_factory.mktemp("models")
    for version in ("1", "2"):
        shutil.copytree(bundle_root / "default" / "1", root / "default" / version)
        bundles.activate(root / "default", version)
    api_key, admin_key = (hashlib.sha256(key.encode()).hexdigest() for key in (KEY, ADMIN))
    app = create_app(
        Settings(models=root, api_keys=(api_key,), admin_key=admin_key, reload_seconds=3600)
    )
    yield app
    app.extensions["registry"].stop()


@pytest.fixture(scope="module")
def described(app: Flask, monkeypatch_module: pytest.MonkeyPatch) -> BaseSchema:
    """The document, made strict: an answer has no keys but those that it names."""
    strict = copy.deepcopy(document(app))
    for name, definition in strict["components"]["schemas"].items():
        if name not in OPEN:
            definition.setdefault("additionalProperties", False)
    monkeypatch_module.setattr("service.openapi.document", lambda _: strict)
    config = schemathesis.Config.from_dict(
        {
            "checks": {
                # 413 and 422 are about amounts and the inside of a text; 504 comes of a deadline.
                "positive_data_acceptance": {"expected-statuses": ["2xx", 409, 413, 422]},
                "not_a_server_error": {"expected-statuses": ["2xx", "4xx", 504]},
            }
        }
    )
    return schemathesis.openapi.from_wsgi("/openapi.json", app, config=config)
