"""What the OpenAPI document says is so: requests made up from it, fitting and not, in process.

Those that fit are taken, others are refused, none fails, keys are asked for where it says so, and
each answer has a status, a media type, a shape and headers that the document names.
"""

import copy
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode, Response
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from sentiment import bundle as bundles
from service import create_app
from service.deadline import HEADER
from service.headers import SECURITY
from service.openapi import document
from service.operations import JSON
from service.settings import Settings

pytestmark = pytest.mark.slow

KEY, ADMIN = "key", "admin"
SERVED = {"name": "default", "version": "2", "file": "playground.css"}

CONFIG = {
    "generation": {"with-security-parameters": False},
    "checks": {
        # 404 and 409 are about the versions there are, 413 and 422 about the insides of a text.
        "positive_data_acceptance": {"expected-statuses": ["2xx", 404, 409, 413, 422]},
        # The only 5xx that a caller can bring about, by hardly waiting.
        "not_a_server_error": {"expected-statuses": ["2xx", "4xx", 504]},
    },
}

# Requests of the Open Inference Protocol may hold what other servers know.
TOLERANT = {"InferRequest", "Input", "Output"}


@pytest.fixture(scope="module")
def app(bundle_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A service with keys, and a small real model in two versions."""
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
def operations(app: Flask) -> list[APIOperation]:
    """All that the document describes, made strict: an object has no keys but those it names."""
    strict = copy.deepcopy(document(app))
    for definition in strict["components"]["schemas"].values():
        definition.setdefault("additionalProperties", definition["title"] in TOLERANT)
    config = schemathesis.Config.from_dict(CONFIG)
    schema: BaseSchema = schemathesis.openapi.from_dict(strict, config=config)
    schema.validate()
    schema.app = app
    return [result.ok() for result in schema.get_all_operations()]


def send(case: Case, **headers: str) -> Response:
    """Send a request with the key that its route needs, and check the answer."""
    key = ADMIN if "/admin/" in case.path else KEY
    # That a tensor's data fit its shape is more than a schema can say.
    excluded = [positive_data_acceptance] if case.path.endswith("/infer") else []
    response = case.call_and_validate(
        headers={"X-API-Key": key, **headers}, excluded_checks=excluded
    )
    announced = case.operation.responses.get(str(response.status_code)).definition["headers"]
    told = {name.lower() for name in (*announced, *SECURITY, "Content-Type", "Content-Length")}
    assert set(response.headers) <= told
    return response


def path_parameters(operation: APIOperation) -> dict[str, Any]:
    return {name: value for name, value in SERVED.items() if f"{{{name}}}" in operation.path}


def test_the_examples_are_answered(operations: list[APIOperation]) -> None:
    for operation in operations:
        body = operation.definition.raw.get("requestBody", {}).get("content", {}).get(JSON, {})
        case = operation.Case(
            path_parameters=path_parameters(operation),
            **({"body": body["example"], "media_type": JSON} if body else {}),
        )
        assert send(case).status_code == 200, operation.label


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_announced(operations: list[APIOperation], mode: GenerationMode) -> None:
    patient = {HEADER: "60000"} if mode is GenerationMode.POSITIVE else {}
    for operation in operations:
        cases = operation.as_strategy(mode, path_parameters=path_parameters(operation) or None)

        @settings(
            max_examples=20 if operation.method == "post" else 5,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def check(case: Case) -> None:
            send(case, **patient)

        check()


@pytest.mark.parametrize("name", ["other", "a b", "ä"])
def test_another_model_is_announced_too(operations: list[APIOperation], name: str) -> None:
    for operation in operations:
        if "{name}" in operation.path:
            given = {**path_parameters(operation), "name": name}
            send(operation.Case(path_parameters=given))
