"""Results -> Markdown tables, and what is wanted of a figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_MEASURES = {"accuracy": "accuracy", "macro_recall": "macro recall"}


@dataclass(frozen=True)
class Floor:
    """A figure that is wanted."""

    name: str
    found: float
    wanted: float
    at_most: bool = False

    @property
    def missed(self) -> bool:
        return self.found > self.wanted if self.at_most else self.found < self.wanted

    def __str__(self) -> str:
        sign = "at most" if self.at_most else "at least"
        return f"{self.name}: {self.found:.2f} ({sign} {self.wanted:g} is wanted)"


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
    split = {"validation": "Validation rows", "test": "Test rows"}[results["split"]]
    sizes = ", ".join(f"{name} {one['rows']:,}" for name, one in sets.items())
    lines = [
        table(header, rows),
        "",
        f"{split}: {sizes}. The peers that learn were trained on the same "
        f"{results['training_rows']:,} rows as ours. Time: the median of one sentence of "
        f"{results['tokens']} tokens on one thread of one core, all systems in turn in the same "
        "run.",
    ]
    for system in results["systems"]:
        if system["name"] in results["ours"]:
            lines += ["", _confusion(system)]
    for note in results["notes"]:
        lines += ["", f"Note: {note}"]
    return "\n".join(lines)


def _confusion(system: dict[str, Any]) -> str:
    """Render how often a system gave which answer, and how far its confidence was off."""
    classes = max((values["classes"] for values in system["figures"].values()), key=len)
    rows = []
    for name, values in system["figures"].items():
        calibration = f"{values['calibration_error']:.3f}"
        for label, counts in zip(values["classes"], values["confusion"], strict=True):
            answers = dict(zip(values["classes"], counts, strict=True))
            cells = [f"{answers[one]:,}" if one in answers else "" for one in classes]
            rows.append([f"{name}: {label}", *cells, calibration])
            calibration = ""  # one for each set
    return table([f"{system['name']}, answered", *classes, "calibration error"], rows)


def _milliseconds(timing: dict[str, float]) -> str:
    return f"{timing['median']:.2f} ({timing['low']:.2f} to {timing['high']:.2f})"
