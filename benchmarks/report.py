"""Results -> Markdown tables."""

from collections.abc import Sequence
from typing import Any

_MEASURES = {"accuracy": "accuracy", "macro_recall": "macro recall"}


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Render a Markdown table: the first column is a name, the others are figures."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def quality(results: dict[str, Any]) -> str:
    """Render what `benchmarks.quality` measured: the table, and what must be said below it."""
    sets = results["sets"]
    header = [
        "",
        *(f"{name} {_MEASURES[one['measure']]}" for name, one in sets.items()),
        "ms a sentence (lowest to highest)",
        "MB on disk",
    ]
    rows = [
        [
            system["name"],
            *(f"{system['figures'][name][one['measure']]:.3f}" for name, one in sets.items()),
            _milliseconds(system["milliseconds"]),
            f"{system['bytes'] / 1e6:.1f}",
        ]
        for system in results["systems"]
    ]
    ours = results["systems"][0]
    split = {"validation": "Validation rows", "test": "Test rows"}[results["split"]]
    sizes = ", ".join(f"{name} {one['rows']:,}" for name, one in sets.items())
    calibration = ", ".join(
        f"{name} {ours['figures'][name]['calibration_error']:.3f}" for name in sets
    )
    lines = [
        table(header, rows),
        "",
        f"{split}: {sizes}. The peers that learn were trained on the same "
        f"{results['training_rows']:,} rows as ours. Time: the median of one sentence of "
        f"{results['tokens']} tokens on one core, all systems in turn in the same run.",
        "",
        f"Calibration error of ours: {calibration}.",
    ]
    if overlap := results["overlap"]:
        lines += [
            "",
            f"{overlap['rows']:,} of the {sets['IMDB']['rows']:,} IMDB texts stand in the training "
            f"rows too; without them the accuracy of ours is {overlap['accuracy']:.3f}.",
        ]
    for note in results["notes"]:
        lines += ["", f"Note: {note}"]
    return "\n".join(lines)


def _milliseconds(timing: dict[str, float]) -> str:
    return f"{timing['median']:.2f} ({timing['low']:.2f} to {timing['high']:.2f})"
