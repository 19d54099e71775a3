"""What is wrong with a JSON value, in words: pydantic's findings as one message."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from service.answers import excerpt
from service.errors import InvalidRequest

Place = tuple[int | str, ...]

NEEDED = {"list_type": "a list", "model_type": "an object", "bool_type": "true or false"}
NEEDED |= {"instance_type": 'a string or {"text": "..."}'}


def explain(
    error: ValidationError, model: type[BaseModel], *, within: Place = ()
) -> InvalidRequest:
    """The first thing wrong with a value that was to be a `model`.

    Args:
        within: the value's own place in the request.
    """
    found = error.errors(include_url=False)[0]
    inside = found["loc"]
    where = (*within, *inside)
    target = excerpt("".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in where)[1:])
    more = error.error_count() - 1
    rest = f" ({more} more like this in the request.)" if more else ""
    if found["type"] == "extra_forbidden":
        known = list(_model_at(model, inside[:-1]).model_fields)
        message = f"{target} is not a known key.{_did_you_mean(str(inside[-1]), known)}"
    else:
        message = _wording(found["type"], target, found["input"], found.get("ctx", {}))
    return InvalidRequest(message + rest, target=target or None)


def _wording(kind: str, target: str, received: Any, context: Mapping[str, Any]) -> str:
    match kind:
        case "missing":
            return f"{target} is missing."
        case "string_too_long":
            most = context["max_length"]
            return f"{target} has {len(received)} characters; it takes {most} at most."
        case "too_short":
            return f"{target} is empty; it takes at least one."
        case "too_long":
            most = context["max_length"]
            return f"{target} holds {len(received)} entries; it takes {most} at most."
        case "literal_error" if isinstance(received, str):
            expected: str = context["expected"]
            near = _did_you_mean(received, re.findall(r"'(.+?)'", expected))
            return f'{target} is "{excerpt(received)}"; it takes {expected}.{near}'
        case "string_unicode" | "invalid_key":
            return f"{target or 'A key'} is not valid Unicode (it holds a lone surrogate)."
    needed = NEEDED.get(kind, "a string")
    return f"{target or 'The body'} is {_json_type(received)}; it must be {needed}."


def _model_at(model: type[BaseModel], where: Place) -> type[BaseModel]:
    """The model of the value at a place inside a value of another model."""
    for name in (part for part in where if isinstance(part, str)):
        annotation = model.model_fields[name].annotation
        kinds = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
        model = next(kind for kind in kinds if issubclass(kind, BaseModel))
    return model


def _did_you_mean(received: str, known: Sequence[str]) -> str:
    near = get_close_matches(received.lower(), known, n=1)
    return f' Did you mean "{near[0]}"?' if near else f" Known here: {', '.join(known)}."


def _json_type(value: Any) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string"}
    names |= {list: "a list", dict: "an object", type(None): "null"}
    return names.get(type(value), "of another type")
