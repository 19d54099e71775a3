"""Going on from a model: what it knew, measured before and after on its own validation rows."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sentiment import bundle as bundles
from sentiment.bundle import Bundle
from sentiment.classifier import Classifier
from training.config import ConfigError, Source, TrainingConfig, parse
from training.evaluation.by_source import measure_by_source
from training.evaluation.figures import FIGURES, Figures
from training.rows.dataset import Examples, fingerprint, normalise, split
from training.rows.decoding import DataError
from training.rows.sources import find, read_file, shares
from training.rows.targets import TARGETS

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Replay:
    """A base's validation examples, as far as their files are found, and the files that are not."""

    examples: tuple[Examples, ...]
    missing: tuple[str, ...]


def load(origin: Bundle, train: Examples, directories: Sequence[Path]) -> Replay:
    """Read a base's validation examples again.

    A file is found where the base's path of it leads to the bytes that its manifest has the hash
    of. Texts that the new model learns from are left out.

    Args:
        train: what the new model learns from.
        directories: where the files are looked for.
    """
    entries = origin.manifest.data
    try:
        config = parse(origin.manifest.training, origin="the base's bundle.json")
        found, missing = _held_out(origin, config, directories)
    except (ConfigError, DataError) as error:  # as where another release wrote it
        logger.warning("the base's validation rows are not measured again: %s", error)
        return Replay((), tuple(entry["name"] for entry in entries))
    learned = {normalise(text) for text in train.texts}
    fresh = [
        part.take(np.array([normalise(text) not in learned for text in part.texts], bool))
        for part in found
    ]
    return Replay(tuple(fresh), tuple(missing))


def _held_out(
    origin: Bundle, config: TrainingConfig, directories: Sequence[Path]
) -> tuple[list[Examples], list[str]]:
    """Read and split what is found of a base's files as it did; name what is missing."""
    data, missing = config.data, []
    held: list[tuple[Source, float]] = []  # with the share that is held out
    whole: list[Source] = []
    roles = [*shares(data), *[None] * len(data.validation)]
    files = zip([*data.train, *data.validation], origin.manifest.data, roles, strict=False)
    for source, entry, share in files:
        if not _is_there(find(source.path, directories), entry):
            missing += [entry["name"]] if share != 0 else []  # without a share it gave no row
        elif share is None:
            whole.append(source)
        else:
            held.append((source, share))

    def examples(sources: Sequence[Source]) -> Examples:
        rows = [read_file(data, find(source.path, directories)) for source in sources]
        return TARGETS[data.task].examples(rows, origin.manifest.labels)

    found = []
    if any(share for _, share in held):
        seed = config.fit.seed if data.holdout_seed is None else data.holdout_seed
        both = examples([source for source, _ in held])
        found.append(split(both, [share for _, share in held], seed=seed)[1])
    if whole:
        found.append(examples(whole))
    return found, missing


def _is_there(path: Path, entry: dict[str, Any]) -> bool:
    try:
        return fingerprint(path)["sha256"] == entry["sha256"]
    except DataError:
        return False


def report(bundle: Bundle, origin: Bundle, replay: Replay) -> Bundle:
    """Add to a new bundle's manifest and card what its base's validation rows say of both.

    Only rows of labels that both models know are measured.
    """
    before = Classifier(origin, name="base", version="base")
    after = Classifier(bundle, name="new", version="new")
    replayed = {}
    for examples in replay.examples:
        known = examples.take(examples.known_to(before.labels, after.labels))
        then, now = measure_by_source(before, known), measure_by_source(after, known)
        replayed |= {name: {"before": then[name], "after": now[name]} for name in then}
    base = {"replayed": replayed, "missing": list(replay.missing)}
    section = _section(base, FIGURES[bundle.manifest.task])
    for line in section.splitlines()[2:]:
        logger.info("%s", line)
    metrics = {**bundle.manifest.metrics, "base": base}
    card = bundle.extras[bundles.CARD] + section.encode()
    return replace(
        bundle,
        manifest=bundle.manifest.model_copy(update={"metrics": metrics}),
        extras={**bundle.extras, bundles.CARD: card},
    )


def _section(base: dict[str, Any], judge: Figures) -> str:
    """Write the part of the model card that says what was forgotten."""
    shown = judge.replayed
    titles = [judge.titles[name] for name in shown]
    lines = ["", "## What the base knew", ""]
    if base["replayed"]:
        lines += [
            "The base's validation rows, before and after.",
            "",
            f"| data | rows | {' | '.join(f'{title} before | after' for title in titles)} |",
            "|---|---|" + "---|---|" * len(shown),
        ]
    for name, values in base["replayed"].items():
        figures = [
            f"{values[when][figure]:.3f}" for figure in shown for when in ("before", "after")
        ]
        lines.append(f"| {name} | {values['after']['rows']} | {' | '.join(figures)} |")
    if base["missing"]:
        lines += [
            *([""] if base["replayed"] else []),
            f"Not found as the base read them, and so not measured: {', '.join(base['missing'])}. "
            "`--data` names the folders where they are looked for.",
        ]
    elif not base["replayed"]:
        lines.append("The new model learned from all of the base's validation rows: none is left.")
    return "\n".join([*lines, ""])
