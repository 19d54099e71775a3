"""The model card, in Markdown, from what the manifest says."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from training.evaluation import card_of_classes, card_of_values

_PARTS = {"classification": card_of_classes, "regression": card_of_values}


def model_card(manifest: Mapping[str, Any], *, plots: Sequence[str]) -> str:
    """Write the card.

    Args:
        manifest: `bundle.json`, with what `measure` says of each validation set.
        plots: the names of images beside the card.
    """
    measured = manifest["metrics"]["validation"]
    part = _PARTS[manifest["task"]]
    sections = {
        "Purpose": _purpose(part.purpose(manifest)),
        "The model": [*_model(manifest), *part.calibration(manifest), *_coverage(manifest)],
        "Validation": [*part.figures(measured), "", *(f"![{plot}]({plot})" for plot in plots)],
        "Data": [
            f"- {entry['role']}: {entry['name']}, {entry['rows']} rows"
            for entry in manifest["data"]
        ],
        "Limits": [*part.limits(manifest, measured), *_limits(), part.MEANING],
        "Terms": _terms(manifest["training"]["data"]["notes"].strip()),
    }
    lines = ["# Model card"]
    for title, content in sections.items():
        lines += ["", f"## {title}", "", *content]
    return "\n".join([*lines, ""])


def _purpose(purpose: str) -> Iterator[str]:
    yield purpose
    yield "It is for sorting and counting many texts like those of its data. Where an answer"
    yield "decides something about a person, a person should read the text."


def _model(manifest: Mapping[str, Any]) -> Iterator[str]:
    network, pipeline = manifest["network"], manifest["pipeline"]
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


def _coverage(manifest: Mapping[str, Any]) -> Iterator[str]:
    coverage = manifest["metrics"]["coverage"]
    yield (
        f"- Vectors cover {coverage['vocabulary']:.1%} of the vocabulary and "
        f"{coverage['tokens']:.1%} of the training tokens."
    )


def _limits() -> Iterator[str]:
    yield "- Short texts, other languages than the data's and other kinds of text are not measured"
    yield "  here: try the model on your own rows first."


def _terms(notes: str) -> Iterator[str]:
    if notes:
        yield notes
        yield ""
    yield "The weights come from the files under Data, and their terms hold for what is done with"
    yield "them."
