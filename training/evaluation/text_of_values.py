"""What an evaluation of a regression says on a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from training.evaluation.tables import table

MEASURES = {
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "spearman": "Spearman correlation",
    "bias": "bias",
}


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Tell the figures, the parts of the range, the slices and the worst misses."""
    figures, ends = result["figures"], result["intervals"]
    yield from table(
        [["", "", "95 % interval"]]
        + [
            [title, f"{figures[name]:.4g}", f"{ends[name][0]:.4g} to {ends[name][1]:.4g}"]
            for name, title in MEASURES.items()
        ]
    )
    yield ""
    yield from table(
        [["label", "rows", "mean answer", "absolute error", "bias"]]
        + [
            [
                between(one),
                f"{one['rows']:,}",
                *(f"{one[name]:.4g}" for name in ("value", "mae", "bias")),
            ]
            for one in result["parts"]
        ]
    )
    yield ""
    yield from table(
        [["slice", "rows", "absolute error", "bias"]]
        + [
            [
                f"{one['by']}: {one['value']}",
                f"{one['rows']:,}",
                f"{one['mae']:.4g}",
                f"{one['bias']:.4g}",
            ]
            for one in result["slices"]
        ]
    )
    if result["mistakes"]:
        yield ""
        yield "The largest errors:"
    for one in result["mistakes"]:
        yield f"  {one['place']}: {one['answer']:.4g}, not {one['label']:g}"
        if "text" in one:
            yield f"    {one['text']}"


def between(part: Mapping[str, Any]) -> str:
    """Name a part of the labels."""
    low, high = f"{part['from']:g}", f"{part['to']:g}"
    return low if low == high else f"{low} to {high}"
