"""The model card, in Markdown, from what the manifest says."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def model_card(manifest: Mapping[str, Any], *, plots: Sequence[str]) -> str:
    """Write the card.

    Args:
        manifest: `bundle.json`, with what `measure` says of each validation set.
        plots: the names of images beside the card.
    """
    measured = manifest["metrics"]["validation"]
    sections = {
        "Purpose": _purpose(manifest),
        "The model": _model(manifest),
        "Validation": [*_figures(measured), "", *(f"![{plot}]({plot})" for plot in plots)],
        "Data": [
            f"- {entry['role']}: {entry['name']}, {entry['rows']} rows"
            for entry in manifest["data"]
        ],
        "Limits": _limits(manifest, measured),
        "Terms": _terms(manifest["training"]["data"]["notes"].strip()),
    }
    lines = ["# Model card"]
    for title, content in sections.items():
        lines += ["", f"## {title}", "", *content]
    return "\n".join([*lines, ""])


def _purpose(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield f"A classifier of text into {', '.join(manifest['labels'])}, with a probability of each."
    yield "It is for sorting and counting many texts like those of its data. Where an answer"
    yield "decides something about a person, a person should read the text."


def _model(manifest: Mapping[str, Any]) -> Iterator[str]:
    network, pipeline = manifest["network"], manifest["pipeline"]
    coverage = manifest["metrics"]["coverage"]
    yield f"- Trained on {manifest['created'][:10]}."
    yield (
        f"- Network: {'bidirectional ' if network['bidirectional'] else ''}LSTM, "
        f"{' + '.join(map(str, network['layers']))} units, {' + '.join(network['pooling'])} "
        f"pooling, {network['features']} features, {network['vocabulary']} tokens."
    )
    if extra := manifest["metrics"].get("extra_features"):
        having = (f"{name} ({share:.1%} of the training tokens)" for name, share in extra.items())
        yield f"- Of these, fixed features of the token: {', '.join(having)}."
    yield (
        f"- It reads {pipeline['timesteps']} timesteps at once; longer texts in windows that "
        f"share {pipeline['overlap']}."
    )
    yield f"- Temperature: {manifest['temperature']:.3f}, fitted on validation rows."
    yield (
        f"- Vectors cover {coverage['vocabulary']:.1%} of the vocabulary and "
        f"{coverage['tokens']:.1%} of the training tokens."
    )


def _figures(measured: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
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


def _limits(manifest: Mapping[str, Any], measured: Mapping[str, Any]) -> Iterator[str]:
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
    yield "- Short texts, other languages than the data's and other kinds of text are not measured"
    yield "  here: try the model on your own rows first."
    yield "- A probability says how often such an answer is right, not how strong a feeling is."


def _terms(notes: str) -> Iterator[str]:
    if notes:
        yield notes
        yield ""
    yield "The weights come from the files under Data, and their terms hold for what is done with"
    yield "them."
