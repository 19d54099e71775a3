"""`GET /openapi.json`: the OpenAPI document, from the routes and the contracts of their views."""

import inspect
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, current_app
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from werkzeug.routing import Rule

from sentiment.errors import SentimentError
from service import __version__, errors, keys, tensors
from service.answers import answer
from service.components import (
    ALWAYS,
    BINARY_PARAMETER,
    HEADERS,
    IN_PATHS,
    OF_STATUS,
    PARAMETERS,
    SECURITY_SCHEMES,
    TAGS,
)
from service.models import PathPart
from service.operations import BYTES, JSON, Operation, operation_of
from service.proxies import behind
from service.settings import Settings

VERSION = "3.1.0"
SCHEMAS = "#/components/schemas/{model}"

blueprint = Blueprint("openapi", __name__)


@blueprint.get("/openapi.json")
@keys.public
@Operation(answers=dict[str, Any])
def openapi() -> Response:
    """The OpenAPI document."""
    return answer(document(behind(current_app)))


@lru_cache(maxsize=1)
def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI document of an application, made when it is first asked for."""
    settings: Settings = app.extensions["settings"]
    routes = list(_routes(app))
    schemas, definitions = _schemas(operation for _, _, _, operation in routes)
    paths: dict[str, Any] = defaultdict(dict)
    for rule, method, view, operation in routes:
        paths[_path(rule)][method.lower()] = {
            "tags": [TAGS[_blueprint(rule)][0]],
            "operationId": _name(rule),
            **_prose(view),
            "parameters": list(_parameters(rule, operation)),
            **({"requestBody": _body(operation, schemas)} if operation.takes else {}),
            "responses": _responses(rule, method, view, operation, schemas),
            "security": _security(rule, view, settings),
        }
    return {
        "openapi": VERSION,
        "info": {
            "title": "Sentiment",
            "version": __version__,
            "description": "Sentences in, labels and probabilities out.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.values() if text],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "parameters": {
                name: {"name": name, "in": "header", **PARAMETERS[name]} for name in PARAMETERS
            },
            "headers": {name: {**HEADERS[name], "schema": {"type": "string"}} for name in HEADERS},
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


class _Schemas(GenerateJsonSchema):
    """JSON schemas that do not repeat each field's name as its title."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


Route = tuple[Rule, str, Any, Operation]
Schemas = Mapping[tuple[Any, Any], Any]


def _routes(app: Flask) -> Iterator[Route]:
    """Every route with its method, its view and the view's contract.

    They have the order of TAGS, and the paths that name a version come last.
    """
    order = list(TAGS)
    for rule in sorted(
        app.url_map.iter_rules(),
        key=lambda rule: (order.index(_blueprint(rule)), "version" in rule.arguments),
    ):
        view = app.view_functions[rule.endpoint]
        for method in (rule.methods or set()) - errors.AUTOMATIC:
            yield rule, method, view, operation_of(view)


def _schemas(operations: Iterable[Operation]) -> tuple[Schemas, dict[str, Any]]:
    """The schema of each shape that is taken or answered, and the definitions that they refer to.

    A definition keeps the first paragraph of its docstring; the rest is for who reads the code.
    """
    wanted: dict[tuple[Any, Any], None] = {
        (errors.ErrorAnswer, "serialization"): None,
        (errors.PlainErrorAnswer, "serialization"): None,
    }
    for operation in operations:
        if operation.takes:
            wanted[operation.takes, "validation"] = None
        if operation.answers:
            wanted[operation.answers, "serialization"] = None
    schemas, rest = TypeAdapter.json_schemas(
        [(shape, mode, TypeAdapter(shape)) for shape, mode in wanted],
        ref_template=SCHEMAS,
        schema_generator=_Schemas,
    )
    definitions = rest["$defs"]
    for definition in definitions.values():
        definition["description"] = _one_line(definition["description"].split("\n\n")[0])
    return schemas, definitions


def _path(rule: Rule) -> str:
    return re.sub(r"<(\w+)>", r"{\1}", rule.rule)


def _blueprint(rule: Rule) -> str:
    return str(rule.endpoint).partition(".")[0]


def _name(rule: Rule) -> str:
    """A name for generated clients: that of the view, and of its protocol where it has one."""
    blueprint, _, view = rule.endpoint.partition(".")
    name = f"{blueprint.removeprefix('compat_')}_{view}" if "compat" in blueprint else view
    return f"{name}_of_version" if "version" in rule.arguments else name


def _prose(view: Any) -> dict[str, str]:
    """The view's docstring, as far as it is for callers."""
    summary, _, rest = (inspect.getdoc(view) or "").partition("\n\nRaises:")[0].partition("\n\n")
    prose = {"summary": _one_line(summary).rstrip(".")}
    return {**prose, "description": _one_line(rest)} if rest else prose


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _parameters(rule: Rule, operation: Operation) -> Iterator[dict[str, Any]]:
    for name in sorted(rule.arguments):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": IN_PATHS[name],
            "schema": {"type": "string", "pattern": f"^{PathPart.regex}$"},
        }
    if BYTES in operation.takes_as:
        yield BINARY_PARAMETER
    for name in PARAMETERS:
        yield {"$ref": f"#/components/parameters/{name}"}


def _body(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    content = {
        kind: _content(kind, schemas[operation.takes, "validation"]) for kind in operation.takes_as
    }
    content[JSON]["example"] = operation.example
    return {"required": True, "content": content}


def _content(kind: str, schema: Any) -> dict[str, Any]:
    if kind == JSON:
        return {"schema": schema}
    return {} if kind == BYTES else {"schema": {"type": "string"}}


def _responses(
    rule: Rule, method: str, view: Any, operation: Operation, schemas: Schemas
) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    shape = schemas.get((operation.answers, "serialization"))
    for status in operation.statuses:
        own = [*operation.headers]
        own += [tensors.JSON_BYTES] if BYTES in operation.answers_as else []
        responses[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "headers": _headers([*ALWAYS, *own]),
            "content": {kind: _content(kind, shape) for kind in operation.answers_as},
        }
    for status, codes in sorted(_refusals(rule, method, view, operation).items()):
        own = [OF_STATUS[status]] if status in OF_STATUS else []
        responses[str(int(status))] = {
            "description": " ".join(f"`{code}`: {said}" for code, said in codes.items()),
            "headers": _headers([*ALWAYS, *own]),
            "content": {JSON: {"schema": _error(rule, sorted(codes), schemas)}},
        }
    return responses


def _headers(names: Sequence[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _error(rule: Rule, codes: Sequence[str], schemas: Schemas) -> dict[str, Any]:
    if errors.PLAIN.match(_path(rule)):
        return schemas[errors.PlainErrorAnswer, "serialization"]  # type: ignore[no-any-return]
    narrowed = {"properties": {"error": {"properties": {"code": {"enum": codes}}}}}
    return {"allOf": [schemas[errors.ErrorAnswer, "serialization"], narrowed]}


def _refusals(
    rule: Rule, method: str, view: Any, operation: Operation
) -> dict[HTTPStatus, dict[str, str]]:
    """The codes of each status that refuses a request, and what each says."""
    kinds: list[type[SentimentError]] = [errors.InvalidRequest, errors.DeadlineExceeded]
    kinds += operation.errors
    if not keys.is_public(view):
        kinds += [errors.Unauthenticated, errors.Forbidden]
    if "name" in rule.arguments:
        kinds.append(errors.ModelNotFound)
    if method == "POST":
        kinds.append(errors.TooManyRequests)
    if operation.takes:
        kinds += [errors.InvalidJson, errors.BodyTooLarge]
        kinds += [] if operation.any_type else [errors.UnsupportedMediaType]
    found: dict[HTTPStatus, dict[str, str]] = defaultdict(dict)
    for kind in kinds:
        said = _one_line((inspect.getdoc(kind) or "").split("\n\n")[0])
        found[errors.STATUS[kind]][kind.code] = said
    found[HTTPStatus.INTERNAL_SERVER_ERROR][errors.DEFECT] = "A defect; the log holds the reason."
    return found


def _security(rule: Rule, view: Any, settings: Settings) -> list[dict[str, Any]]:
    """Which keys do; an empty entry is that none is needed."""
    any_key: list[dict[str, Any]] = [{name: []} for name in SECURITY_SCHEMES]
    if rule.rule.startswith(keys.ADMIN_ROUTES):
        return any_key
    if keys.is_public(view):
        return []
    return any_key if settings.api_keys else [{}, *any_key]
