"""The parts of the model card that are a classification's own."""

from collections.abc import Iterator, Mapping
from typing import Any

MEANING = "- A probability says how often such an answer is right, not how strong a feeling is."


def purpose(manifest: Mapping[str, Any]) -> str:
    """Say what it answers."""
    return f"A classifier of text into {', '.join(manifest['labels'])}, with a probability of each."


def calibration(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Say how its answers were fitted to their validation rows."""
    yield f"- Temperature: {manifest['temperature']:.3f}, fitted on validation rows."


def figures(measured: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Tabulate what was measured on each validation set."""
    yield "Rows that no weight was trained on; the epoch and the temperature were chosen on them,"
    yield "so figures on fresh rows will be a little lower. `python -m training evaluate` measures"
    yield "the model on rows of your own."
    yield ""
    yield "| data | rows | accuracy | macro recall | macro F1 | calibration error |"
    yield "|---|---|---|---|---|---|"
    for name, values in measured.items():
        yield (
            f"| {name} | {values['rows']} | {values['accuracy']:.3f} | "
            f"{values['macro_recall']:.3f} | {values['macro_f1']:.3f} | "
            f"{values['calibration_error']:.3f} |"
        )
    yield ""
    yield "| data | class | rows | precision | recall | F1 |"
    yield "|---|---|---|---|---|---|"
    for name, values in measured.items():
        for number, label in enumerate(values["classes"]):
            yield (
                f"| {name} | {label} | {sum(values['confusion'][number])} | "
                f"{values['precision'][number]:.3f} | {values['recall'][number]:.3f} | "
                f"{values['f1'][number]:.3f} |"
            )


def limits(manifest: Mapping[str, Any], measured: Mapping[str, Any]) -> Iterator[str]:
    """Say where it is worst, and what was not measured."""
    for name, values in measured.items():
        recall = min(values["recall"])
        label = values["classes"][values["recall"].index(recall)]
        yield f"- Of the {label} rows of {name} it finds {recall:.0%}, the least of all classes."
    absent = {
        name: missing
        for name, values in measured.items()
        if (missing := [label for label in manifest["labels"] if label not in values["classes"]])
    }
    for name, missing in absent.items():
        yield f"- {name} has no {' or '.join(missing)} row: it says nothing of that class."
