"""An evaluation as text for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from training.evaluation import text_of_classes, text_of_values

_PARTS = {"classification": text_of_classes, "regression": text_of_values}


def render(result: Mapping[str, Any]) -> str:
    """Write what `evaluate` found."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    model, figures = result["model"], result["figures"]
    names = ", ".join(file["name"] for file in result["data"])
    left_out = f" ({result['left_out']} more hold no token)" if result["left_out"] else ""
    yield f"{model['name']}/{model['version']} on {figures['rows']:,} rows of {names}{left_out}"
    for note in result["notes"]:
        yield f"note: {note}"
    yield ""
    yield from _PARTS[model["task"]].lines(result)
