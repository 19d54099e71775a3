"""The data sets that quality is measured on, each with its measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from training.config import DataConfig, Source
from training.rows.dataset import Examples, to_examples
from training.rows.sources import read_file

Measure = Literal["accuracy", "macro_recall"]

# Column of the table -> its measure and the files it is made of.
_Sets = dict[str, tuple[Measure, tuple[str, ...]]]
_VALIDATION: _Sets = {
    "IMDB": ("accuracy", ("imdb-train.parquet",)),
    "SST-2": ("accuracy", ("sst-dev.parquet",)),
    "tweets": ("macro_recall", ("tweets-train.parquet",)),
    "books, DVD, electronics": (
        "accuracy",
        ("amazon-books.parquet", "amazon-dvd.parquet", "amazon-electronics.parquet"),
    ),
}
_TEST: _Sets = {
    "IMDB": ("accuracy", ("imdb-test.parquet",)),
    "SST-2": ("accuracy", ("sst-test.parquet",)),
    "tweets": ("macro_recall", ("tweets-test.parquet",)),
    "kitchen": ("accuracy", ("amazon-kitchen.parquet",)),
}


@dataclass(frozen=True)
class EvaluationSet:
    """Examples that no system was trained on.

    Accuracy is that of positive against negative, so such a set holds no neutral rows: a system
    answers by the larger of its two probabilities. Macro recall is the mean of the recalls of the
    three classes.
    """

    name: str
    measure: Measure
    examples: Examples


def rows_alone(config: DataConfig, train: Sequence[str]) -> DataConfig:
    """Keep how a configuration reads its data, on other files to learn from and none beside."""
    beside = dict.fromkeys(("validation", "test", "unlabelled", "taught"), ())
    sources = tuple(Source(path=path) for path in train)
    return config.model_copy(update={"train": sources, **beside})


def validation_sets(held_out: Examples) -> list[EvaluationSet]:
    """Return what the configuration's split holds out, and its validation file, by data set."""
    names = np.array(held_out.source_names)[held_out.sources]  # (n,)
    sets = [
        EvaluationSet(name, measure, _comparable(held_out.take(np.isin(names, files)), measure))
        for name, (measure, files) in _VALIDATION.items()
    ]
    return [one for one in sets if len(one.examples)]


def test_sets(
    folder: Path, config: DataConfig, label_names: tuple[str, ...]
) -> list[EvaluationSet]:
    """Read the test files: once a release, never to choose or tune by.

    Raises:
        DataError: a file is not there or cannot be read.
    """
    sets = []
    for name, (measure, files) in _TEST.items():
        rows = [read_file(config, folder / file) for file in files]
        examples = to_examples(rows, label_names=label_names)
        sets.append(EvaluationSet(name, measure, _comparable(examples, measure)))
    return sets


def test_sources() -> tuple[Source, ...]:
    """Name the test files as a configuration does."""
    return tuple(Source(path=file) for _, files in _TEST.values() for file in files)


def _comparable(examples: Examples, measure: Measure) -> Examples:
    if measure == "macro_recall" or "neutral" not in examples.label_names:
        return examples
    return examples.take(examples.labels != examples.label_names.index("neutral"))
