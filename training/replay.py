"""Going on from a model: what it knew, measured before and after on its own validation rows."""

import logging
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

from sentiment import bundle as bundles
from sentiment.bundle import Bundle
from sentiment.classifier import Classifier
from training.config import ConfigError, TrainingConfig, of_data
from training.evaluation.by_source import measure_by_source
from training.evaluation.figures import FIGURES, Figures
from training.rows.dataset import Examples, are_new, fingerprint, normalised
from training.rows.decoding import DataError
from training.rows.readers import Rows
from training.rows.sources import divide, find, read_file, shares
from training.rows.targets import TARGETS

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Replay:
    """A base's validation examples, as far as its files are found, and the files that are not.

    `examples` is None where there are none.
    """

    examples: Examples | None
    missing: tuple[str, ...]


def load(origin: Bundle, learned: Set[str], directories: Sequence[Path]) -> Replay:
    """Read a base's validation examples again.

    A file is found where the base's path of it leads to the bytes that its manifest has the hash
    of. Texts that the new model learns from are left out.

    Args:
        learned: what the new model learns from, `normalised`.
        directories: where the files are looked for.
    """
    entries = origin.manifest.data
    try:
        config = of_data(origin.manifest.training, origin="the base's bundle.json")
        found, missing = _held_out(origin, config, directories)
    except (ConfigError, DataError) as error:  # as where another release wrote it
        logger.warning("the base's validation rows are not measured again: %s", error)
        return Replay(None, tuple(entry["name"] for entry in entries))
    return Replay(found and _without(found, learned), tuple(missing))


def _held_out(
    origin: Bundle, config: TrainingConfig, directories: Sequence[Path]
) -> tuple[Examples | None, list[str]]:
    """Read and part what is found of a base's files as it did; name what is missing."""
    data = config.data
    # How much of each file is measured on; the texts of a test file are only left out.
    measured_on = {"train": shares(data), "validation": repeat(1.0), "test": repeat(0.0)}
    there: dict[str, list[tuple[Path, float]]] = {role: [] for role in measured_on}
    missing = []
    for role, of_role in measured_on.items():
        entries = [entry for entry in origin.manifest.data if entry["role"] == role]
        for source, entry, share in zip(getattr(data, role), entries, of_role, strict=False):
            path = find(source.path, directories)
            if _is_there(path, entry):
                there[role].append((path, share))
            elif share:
                missing.append(entry["name"])

    def rows(role: str, *, labelled: bool = True) -> list[Rows]:
        return [read_file(data, path, labelled=labelled) for path, _ in there[role]]

    test = normalised(text for file in rows("test", labelled=False) for text in file.texts)

    def examples(role: str) -> Examples:
        read = TARGETS[data.task].examples(rows(role), origin.manifest.labels)
        return _without(read, test)

    found = examples("validation") if there["validation"] else None
    held_out = [share for _, share in there["train"]]
    if any(held_out):
        _, found = divide(data, examples("train"), held_out, found, seed=config.fit.seed)
    return found, missing


def _without(examples: Examples, texts: Set[str]) -> Examples:
    return examples.take(are_new(examples.texts, texts))


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
    if replay.examples is not None:
        known = replay.examples.take(replay.examples.known_to(before.labels, after.labels))
        then, now = measure_by_source(before, known), measure_by_source(after, known)
        replayed = {name: {"before": then[name], "after": now[name]} for name in then}
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
