"""The parts of the model card that are a regression's own."""

from collections.abc import Iterator, Mapping
from typing import Any

from training.evaluation.figures import FIGURES

MEANING = (
    "- Values lean towards the mean, the more the less a text tells: extremes are rarely said."
)


def purpose(manifest: Mapping[str, Any]) -> str:
    """Say what it answers."""
    mean, deviation = manifest["scale"]["mean"], manifest["scale"]["deviation"]
    return (
        f"It values text by a number. Those of its training rows are {mean:.4g} on average, with a "
        f"standard deviation of {deviation:.4g}."
    )


def calibration(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Say nothing: a regression has no temperature."""
    yield from ()


def figures(measured: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Tabulate what was measured on each validation set."""
    titles = FIGURES["regression"].titles
    yield "Rows that no weight was trained on; the epoch was chosen on them, so figures on fresh"
    yield "rows will be a little worse. `python -m training evaluate` measures the model on rows of"
    yield "your own. Bias is the mean of value less label."
    yield ""
    yield f"| data | rows | {' | '.join(titles.values())} |"
    yield "|---|---|" + "---|" * len(titles)
    for name, values in measured.items():
        cells = " | ".join(f"{values[figure]:.4g}" for figure in titles)
        yield f"| {name} | {values['rows']} | {cells} |"


def limits(manifest: Mapping[str, Any], measured: Mapping[str, Any]) -> Iterator[str]:
    """Say between which values it was measured."""
    for name, values in measured.items():
        low, *_, high = values["joint"]["edges"]
        yield f"- The labels of {name} go from {low:g} to {high:g}: others are not measured."
