"""The files that a configuration names -> training and validation examples, unlabelled texts."""

import logging
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sentiment.bundle import Bundle
from training.config import ConfigError, DataConfig, Source, TrainingConfig
from training.rows import lexicon as lexicons
from training.rows.dataset import Examples, are_new, drop_leaks, fingerprint, normalised, split
from training.rows.lexicon import Lexicon
from training.rows.readers import Problem, Rows, read, read_taught
from training.rows.targets import TARGETS

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Taught:
    """m texts that teachers labelled.

    `probabilities`, float32 (m, C), is what they said, and `repeats`, float32 (m,), how often an
    epoch reads each text.
    """

    texts: list[str]
    probabilities: npt.NDArray[np.float32]
    repeats: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Data:
    """All that a fit reads.

    `repeats`, float32 (sources,), says how often an epoch reads each row of a training source, and
    `smoothing`, float32 (sources,), what share of its label all labels get alike;
    `unlabelled_repeats`, float32 (m,), how often each unlabelled text is read where teachers label
    it; `files` describes what was read, for the bundle. No text of a test file is among the others.
    """

    train: Examples
    repeats: npt.NDArray[np.float32]
    smoothing: npt.NDArray[np.float32]
    validation: Examples
    unlabelled: list[str]
    unlabelled_repeats: npt.NDArray[np.float32]
    taught: Taught
    files: list[dict[str, Any]]
    lexicon: Lexicon | None = None

    def numbered_files(self) -> dict[str, dict[str, Any]]:
        """Return `files` by a name of each one's own, as `differences` shows them."""
        return {
            f"{number} ({entry['role']} {entry['name']})": entry
            for number, entry in enumerate(self.files, 1)
        }

    def rows_an_epoch(self) -> float:
        """Return how many rows with a label, or a teacher's opinion in a file, an epoch reads."""
        return float(self.repeats[self.train.sources].sum() + self.taught.repeats.sum())


def load_settled(
    config: TrainingConfig, directories: Sequence[Path], *, origin: Bundle | None = None
) -> tuple[TrainingConfig, Data]:
    """Load a configuration's data, and settle what depends on them (see `FitConfig.settled`).

    Args:
        directories: as for `load`.
        origin: of a model that is gone on from.
    Raises:
        ConfigError, DataError: as `load`.
    """
    data = load(
        config.data,
        seed=config.fit.seed,
        directories=directories,
        lexicon=config.features.lexicon,
    )
    known = origin is not None and _knows(origin, config, data)
    rows = data.rows_an_epoch()
    return config.settled(rows, going_on=origin is not None, known=known), data


def _knows(origin: Bundle, config: TrainingConfig, data: Data) -> bool:
    """Tell whether a model has all that the rows' labels are told apart by, but for its weights."""
    added = bool(config.features.extra) or config.features.lexicon is not None
    labels = set(data.train.label_names)  # none of a regression
    return not added and bool(labels) and labels <= set(origin.manifest.labels)


def load(
    config: DataConfig,
    *,
    seed: int,
    directories: Sequence[Path] = (),
    lexicon: str | None = None,
) -> Data:
    """Read, check and split the data.

    The validation examples are those of the validation files, and what is held out of the training
    files: `holdout` of each that does not say otherwise, where there is no validation file.

    Args:
        seed: of the rows that are held out, where the configuration names none for them.
        directories: where a relative path is looked for, in turn; without any, in the working
            directory.
        lexicon: the path of one.
    Raises:
        ConfigError: no training file is named.
        DataError: a file or a row cannot be used.
    """
    if not config.train:
        raise ConfigError("no training file: name one with --train, or under [[data.train]]")
    held_out = shares(config)
    if not any(held_out) and not config.validation:
        raise ConfigError("nothing is held out for validation: raise a holdout, or name a file")
    train_rows = _read(config, config.train, directories)
    to_examples = TARGETS[config.task].examples
    test = _read(config, config.test, directories, labelled=False)
    kept_back = normalised(text for rows in test for text in rows.texts)
    examples = drop_leaks(to_examples(train_rows, None), kept_back, role="training", of="test")
    files = _describe("train", train_rows, config.train)
    named = None
    if config.validation:
        rows = _read(config, config.validation, directories)
        named = to_examples(rows, examples.label_names)
        named = drop_leaks(named, kept_back, role="validation", of="test")
        files += _describe("validation", rows, config.validation)
    train, validation = divide(config, examples, held_out, named, seed=seed)
    words = None
    if lexicon is not None:
        words = lexicons.read(find(lexicon, directories), encoding=config.encoding)
    unlabelled = _read(config, config.unlabelled, directories, labelled=False)
    texts, repeats = _unlabelled(unlabelled, config.unlabelled, kept_back)
    measured_on = normalised(validation.texts)
    taught_rows, taught = _taught(
        config, directories, examples.label_names, without=measured_on | kept_back
    )
    return Data(
        train=drop_leaks(train, measured_on, role="training", of="validation"),
        repeats=np.array([source.weight for source in config.train], np.float32),
        smoothing=np.array([source.label_smoothing for source in config.train], np.float32),
        validation=validation,
        unlabelled=texts,
        unlabelled_repeats=repeats,
        taught=taught,
        files=files
        + _describe("unlabelled", unlabelled, config.unlabelled)
        + _describe("taught", taught_rows, config.taught)
        + _describe("test", test, config.test)
        + _describe_lexicon(words),
        lexicon=words,
    )


def divide(
    config: DataConfig,
    train: Examples,
    held_out: Sequence[float],
    validation: Examples | None,
    *,
    seed: int,
) -> tuple[Examples, Examples]:
    """Part examples into those that are learned from and those that are measured on.

    Args:
        train: of the training files.
        held_out: the share of each of these.
        validation: of the validation files.
        seed: of the rows that are held out, where the configuration names none for them.
    """
    measured_on = train.take([])
    if any(held_out):
        train, measured_on = split(train, held_out, seed=_holdout_seed(config, seed))
    return train, measured_on if validation is None else measured_on.join(validation)


def holdout(config: TrainingConfig) -> tuple[dict[str, float], int]:
    """Return all that decides which rows are held out: the share of each training file, the seed.

    Two configurations of which this is the same hold out the same rows of the same files.
    """
    paths = [source.path for source in config.data.train]
    by_path = dict(zip(paths, shares(config.data), strict=True))
    return by_path, _holdout_seed(config.data, config.fit.seed)


def _holdout_seed(config: DataConfig, seed: int) -> int:
    return seed if config.holdout_seed is None else config.holdout_seed


def shares(config: DataConfig) -> list[float]:
    """Return the share of each training file that is held out for validation."""
    default = 0.0 if config.validation else config.holdout
    return [default if source.holdout is None else source.holdout for source in config.train]


def _read(
    config: DataConfig,
    sources: Sequence[Source],
    directories: Sequence[Path],
    *,
    labelled: bool = True,
) -> list[Rows]:
    return [
        read_file(config, find(source.path, directories), labelled=labelled) for source in sources
    ]


def read_file(
    config: DataConfig,
    path: Path,
    *,
    labelled: bool = True,
    others: Sequence[str] = (),
    problems: list[Problem] | None = None,
) -> Rows:
    """Read one file by the configuration's task, columns, encoding and aliases.

    Args:
        labelled, others, problems: as for `readers.read`.
    Raises:
        DataError: the file or a row of it cannot be used.
    """
    return read(
        path,
        text=config.text_column,
        label=config.label_column,
        encoding=config.encoding,
        aliases=config.aliases,
        labelled=labelled,
        refusal=TARGETS[config.task].refusal,
        others=others,
        problems=problems,
    )


def _unlabelled(
    files: Sequence[Rows], sources: Sequence[Source], kept_back: Set[str]
) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Join the unlabelled texts but those kept back; how often teachers' labels are read: (m,)."""
    texts = [text for rows in files for text in rows.texts]
    weights = np.array([source.weight for source in sources], np.float32)
    repeats = np.repeat(weights, [len(rows.texts) for rows in files])
    fresh = are_new(texts, kept_back)
    if not fresh.all():
        logger.warning(
            "dropped %d of %d unlabelled texts: they stand in the test data",
            (~fresh).sum(),
            len(texts),
        )
    return [text for text, keep in zip(texts, fresh, strict=True) if keep], repeats[fresh]


def _taught(
    config: DataConfig,
    directories: Sequence[Path],
    label_names: Sequence[str],
    *,
    without: Set[str],
) -> tuple[list[Rows], Taught]:
    """Read what teachers labelled, but for some texts, which are normalised."""
    files, texts = [], []
    probabilities = [np.empty((0, len(label_names)), np.float32)]
    repeats = [np.empty(0, np.float32)]
    for source in config.taught:
        rows, values = read_taught(
            find(source.path, directories),
            label_names,
            text=config.text_column,
            encoding=config.encoding,
        )
        files.append(rows)
        texts += rows.texts
        probabilities.append(values)
        repeats.append(np.full(len(rows.texts), source.weight, np.float32))
    taught = Taught(texts, np.concatenate(probabilities), np.concatenate(repeats))
    return files, without_leaks(taught, without)


def without_leaks(taught: Taught, known: Set[str]) -> Taught:
    """Leave out the taught texts that are among those known, which are normalised."""
    kept = are_new(taught.texts, known)
    texts = [text for text, keep in zip(taught.texts, kept, strict=True) if keep]
    return Taught(texts, taught.probabilities[kept], taught.repeats[kept])


def find(path: str, directories: Sequence[Path]) -> Path:
    """Where a file is: in the first of the directories that has it; without any, as it is named."""
    places = [directory / path for directory in directories] or [Path(path)]
    found = [place for place in places if place.exists()]
    return (found or places)[0]


def learned_from(files: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of a bundle's data files those that were more than read to be left out."""
    return [file for file in files if file["role"] != "test"]


def _describe(role: str, files: Sequence[Rows], sources: Sequence[Source]) -> list[dict[str, Any]]:
    return [
        {"role": role, **fingerprint(rows.path), "rows": len(rows.texts), "weight": source.weight}
        for rows, source in zip(files, sources, strict=True)
    ]


def _describe_lexicon(lexicon: Lexicon | None) -> list[dict[str, Any]]:
    if lexicon is None:
        return []
    return [{"role": "lexicon", **fingerprint(lexicon.path), "rows": len(lexicon.words)}]
