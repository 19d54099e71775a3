"""An evaluation as text for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MEASURES = {"accuracy": "accuracy", "macro_f1": "macro F1", "macro_recall": "macro recall"}


def render(result: Mapping[str, Any]) -> str:
    """Write what `evaluate` found."""
    return "\n".join(_lines(result)) + "\n"


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Align columns: the first to the left, the others to the right; the first row is the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  " + "  ".join(cells).rstrip()


def between(ends: Sequence[float]) -> str:
    """Name a confidence interval."""
    return f"{ends[0]:.3f} to {ends[1]:.3f}"


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    model, figures, ends = result["model"], result["figures"], result["intervals"]
    names = ", ".join(file["name"] for file in result["data"])
    left_out = f" ({result['left_out']} more hold no token)" if result["left_out"] else ""
    yield f"{model['name']}/{model['version']} on {figures['rows']:,} rows of {names}{left_out}"
    for note in result["notes"]:
        yield f"note: {note}"
    yield ""
    yield from table(
        [["", "", "95 % interval"]]
        + [[title, f"{figures[name]:.3f}", between(ends[name])] for name, title in MEASURES.items()]
        + [
            ["calibration error", f"{figures['calibration_error']:.3f}", ""],
            ["mean confidence", f"{result['confidence']:.3f}", ""],
            ["mean loss (nats)", f"{figures['nll']:.3f}", ""],
        ]
    )
    yield ""
    yield from table(
        [["class", "rows", "precision", "95 % interval", "recall", "95 % interval", "F1"]]
        + [
            [
                label,
                f"{sum(figures['confusion'][number]):,}",
                f"{figures['precision'][number]:.3f}",
                between(ends["precision"][number]),
                f"{figures['recall'][number]:.3f}",
                between(ends["recall"][number]),
                f"{figures['f1'][number]:.3f}",
            ]
            for number, label in enumerate(figures["classes"])
        ]
    )
    yield ""
    yield from table(
        [["truth \\ answer", *figures["classes"]]]
        + [
            [label, *(f"{count:,}" for count in counts)]
            for label, counts in zip(figures["classes"], figures["confusion"], strict=True)
        ]
    )
    yield ""
    yield from table(
        [["calibration: confidence", "right", "rows"]]
        + [
            [f"{one['confidence']:.3f}", f"{one['accuracy']:.3f}", f"{one['rows']:,}"]
            for one in result["calibration"]
        ]
    )
    yield ""
    yield from table(
        [["slice", "rows", "accuracy", "95 % interval", "confidence"]]
        + [
            [
                f"{one['by']}: {one['value']}",
                f"{one['rows']:,}",
                f"{one['accuracy']:.3f}",
                between(one["interval"]),
                f"{one['confidence']:.3f}",
            ]
            for one in result["slices"]
        ]
    )
    if result["mistakes"]:
        yield ""
        yield "The most confident mistakes:"
    for one in result["mistakes"]:
        yield f"  {one['place']}: {one['answer']} {one['confidence']:.3f}, not {one['label']}"
        if "text" in one:
            yield f"    {one['text']}"
