"""What a promotion compared and decided, as text for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from training.evaluation.tables import table
from training.promotion import of_task


def render(compared: Mapping[str, Any], reasons: Sequence[str]) -> str:
    """Write what `compare` found, and why the candidate is refused, if it is."""
    return "\n".join(_lines(compared, reasons)) + "\n"


def _lines(compared: Mapping[str, Any], reasons: Sequence[str]) -> Iterator[str]:
    new, old = compared["candidate"], compared["current"]
    names = ", ".join(file["name"] for file in compared["data"])
    left_out = f" ({compared['left_out']} more left out)" if compared["left_out"] else ""
    yield (
        f"{new['name']}/{new['version']} against {old['name']}/{old['version']} "
        f"on {new['figures']['rows']:,} rows of {names}{left_out}"
    )
    for note in compared["notes"]:
        yield f"note: {note}"
    yield ""
    part = of_task.PARTS[compared["task"]]
    speed, suite = compared["speed"], compared["suite"]
    yield from table(
        [
            ["", "current", "candidate"],
            *(
                [title, *(f"{one['figures'][name]:.3f}" for one in (old, new))]
                for name, title in part.MEASURES.items()
            ),
            ["ms a text", f"{speed['current']:.2f}", f"{speed['candidate']:.2f}"],
            ["MB", *(f"{one['bytes'] / 1e6:.1f}" for one in (old, new))],
            ["suite, failures", *(_mean(suite, name) for name in ("current", "candidate"))],
        ]
    )
    yield ""
    yield from part.lines(compared)
    if reasons:
        yield ""
        yield "Reasons against it:"
        yield from (f"- {reason}" for reason in reasons)


def _mean(suite: Mapping[str, Any] | None, name: str) -> str:
    return f"{suite[name]['mean']:.1%}" if suite else "not run"
