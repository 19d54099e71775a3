"""What an evaluation of a classification says on a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from training.evaluation.tables import between, table

MEASURES = {"accuracy": "accuracy", "macro_f1": "macro F1", "macro_recall": "macro recall"}


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Tell the figures, the classes, the calibration, the slices and the mistakes."""
    figures, ends = result["figures"], result["intervals"]
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
