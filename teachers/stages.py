"""From data to what the small network learns from besides: vectors of words, labelled texts.

A transformer is fine-tuned, words get vectors from it, texts are made, and teachers label them.
Each stage leaves a file, and a stage whose file stands there already is not run again. A folder
says what it was made from, and takes nothing that is made from anything else.
"""

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow
import pyarrow.parquet
import torch
from gensim.models import KeyedVectors

from sentiment import bundle as bundles
from teachers import texts as making
from teachers import words as vectors
from teachers.jury import LONG, Jury, are_long, linear_polarity
from teachers.transformer import Transformer, pretrained
from training import files
from training.config import ConfigError, TrainingConfig
from training.differences import differences
from training.distil import LINEAR, judge_of
from training.encode import labelled_rows
from training.evaluation import measures
from training.rows import sources
from training.rows.sources import Data

logger = logging.getLogger(__name__)

_MADE_FROM = "made_from.json"

_CROPS = 120_000
_MISSPELT = 120_000
_TURNING = 80_000  # sentences of each source
_EMOJI = 60_000
_VARIANT_WORDS = 800_000  # of each source: many variants of a small one, few of a large one
_MOST_VARIANTS = 4  # of each text, times its source's weight
_REPLACED = 0.25  # share of a variant's words


def run(config: TrainingConfig, directories: Sequence[Path], folder: Path) -> None:
    """Run the stages whose files are missing in `folder`.

    Raises:
        ConfigError, DataError: the configuration or the data cannot be used, or the folder was made
            from others.
        BundleError: a model that is to judge cannot be used.
    """
    config, data = sources.load_settled(config, directories)
    label_names = data.train.label_names
    _check(config, data)
    earlier = [judge_of(Path(name), label_names) for name in config.distil.teachers]
    folder.mkdir(parents=True, exist_ok=True)
    _note_origin(folder, _origin(config, data))
    teacher = _fine_tuned(config, data, folder / "transformer")
    found = folder / "words.bin"
    if not found.exists():
        logger.info("vectors of words")
        _replacing(found, lambda path: vectors.save(path, teacher, data.train.texts))
    linear = linear_polarity(data.train, seed=config.fit.seed)
    jury = Jury(teacher.probabilities, [linear.probabilities], earlier, label_names)
    for name, judge in {"transformer": teacher, "together": jury}.items():
        _report(name, data, judge.probabilities(data.validation.texts))
    makers: dict[str, Callable[[np.random.Generator], _Texts]] = {
        "whole": lambda random: _Texts(data.unlabelled),
        "crops": lambda random: _Texts(_crops(data, random)),
        "variants": lambda random: _Texts(teacher.readable(_variants(data, found, random))),
        "misspelt": lambda random: _misspelt(teacher.readable(data.train.texts), random),
        "turning": lambda random: _Texts(_turning(data, random)),
        "emoji": lambda random: _Texts(_with_emoji(teacher.readable(data.train.texts), random)),
    }
    for number, (name, make) in enumerate(makers.items()):
        path = folder / f"{name}.parquet"
        if not path.exists():
            made = make(np.random.default_rng([config.fit.seed, number]))
            logger.info("%s: labelling %d texts", name, len(made.read))
            labels = jury.probabilities(made.read)
            columns = dict(zip(label_names, labels.T.astype(np.float32), strict=True))
            table = pyarrow.table({"text": made.written or made.read, **columns})
            _replacing(
                path,
                lambda to, table=table: pyarrow.parquet.write_table(table, to, compression="zstd"),
            )


def _check(config: TrainingConfig, data: Data) -> None:
    """Find out before an hour of fine-tuning what a stage would fail by."""
    for wanted in ("negative", "positive"):
        if wanted not in data.train.label_names:
            names = ", ".join(data.train.label_names)
            raise ConfigError(f'the labels are {names}; teachers need "{wanted}" among them')
    if LINEAR in config.distil.teachers:
        raise ConfigError(
            f'distil.teachers: "{LINEAR}" judges long texts in any case; name models alone'
        )
    if not data.unlabelled:
        raise ConfigError("data.unlabelled names no text, which teachers are to label")
    if not are_long(data.train.texts).any():
        raise ConfigError(f"none of the training texts has {LONG} words, as some must")


def _origin(config: TrainingConfig, data: Data) -> dict[str, Any]:
    """Say all that the files of a folder depend on."""
    return {
        **config.model_dump(mode="json"),
        "files": data.numbered_files(),
        "judges": {name: bundles.current(Path(name)).name for name in config.distil.teachers},
    }


def _note_origin(folder: Path, origin: dict[str, Any]) -> None:
    path = folder / _MADE_FROM
    if not path.exists() and not any(folder.iterdir()):
        files.write(path, json.dumps(origin, indent=1) + "\n")
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if changes := list(differences(before, origin)):
        raise ConfigError(
            "\n  ".join([f"{folder}: was made from something else:", *changes])
            + "\nRemove it to make all of it anew (about two hours), or name another folder."
        )


@dataclass(frozen=True)
class _Texts:
    """n texts that the teachers read, and the n that are written where these are others."""

    read: list[str]
    written: list[str] | None = None


def _fine_tuned(config: TrainingConfig, data: Data, folder: Path) -> Transformer:
    if folder.exists():
        return Transformer.load(folder, pretrained())
    torch.manual_seed(config.fit.seed)  # of the head
    teacher = Transformer(pretrained(), data.train.label_names, timesteps=config.pipeline.timesteps)
    ids = teacher.token_ids(data.train.texts)
    rows = labelled_rows(data.train, ids, data.repeats, data.smoothing, config.fit)
    teacher.learn(rows, config.fit)
    _replacing(folder, teacher.save)
    return teacher


def _crops(data: Data, random: np.random.Generator) -> list[str]:
    return making.crops(_by_length(data.train.texts + data.unlabelled, long=True), _CROPS, random)


def _turning(data: Data, random: np.random.Generator) -> list[str]:
    found: dict[str, None] = {}
    for texts in (*_by_source(data), data.unlabelled):
        found |= dict.fromkeys(making.turning(_by_length(texts, long=True), _TURNING, random))
    return list(found)


def _variants(data: Data, path: Path, random: np.random.Generator) -> list[str]:
    known = KeyedVectors.load_word2vec_format(str(path), binary=True)
    words = [word for word in vectors.whole_words() if word in known]
    neighbours = making.Neighbours(words, known[words])
    made: dict[str, None] = {}
    for number, texts in enumerate(_by_source(data)):
        words_there = sum(len(text.split()) for text in texts) or 1
        times = min(_VARIANT_WORDS / words_there, _MOST_VARIANTS * float(data.repeats[number]))
        chosen = [texts[row] for row in random.integers(len(texts), size=int(times * len(texts)))]
        made |= dict.fromkeys(neighbours.variants(chosen, random, share=_REPLACED))
    return [text for text in made if text.strip()]


def _misspelt(texts: Sequence[str], random: np.random.Generator) -> _Texts:
    """Misspell short texts of every source; what the teachers say of them well spelt holds."""
    short = _by_length(texts, long=False)
    read = [short[row] for row in random.permutation(len(short))[:_MISSPELT]]
    return _Texts(read, [making.misspelt(text, random) for text in read])


def _with_emoji(texts: Sequence[str], random: np.random.Generator) -> list[str]:
    short = _by_length(texts, long=False)
    chosen = [short[row] for row in random.permutation(len(short))[:_EMOJI]]
    return list(dict.fromkeys(making.with_emoji(text, random) for text in chosen))


def _by_source(data: Data) -> Iterator[list[str]]:
    for number in range(len(data.train.source_names)):
        yield data.train.take(data.train.sources == number).texts


def _by_length(texts: Sequence[str], *, long: bool) -> list[str]:
    return [text for text, is_long in zip(texts, are_long(texts), strict=True) if is_long == long]


def _report(name: str, data: Data, probabilities: npt.NDArray[np.floating]) -> None:
    for number, source in enumerate(data.validation.source_names):
        rows = data.validation.sources == number
        if rows.any():
            values = measures.measure(
                probabilities[rows].astype(np.float64),
                data.validation.labels[rows],
                data.validation.label_names,
            )
            logger.info(
                "%s, %s: accuracy %.4f, macro recall %.4f",
                name,
                source,
                values["accuracy"],
                values["macro_recall"],
            )


def _replacing(path: Path, write: Callable[[Path], None]) -> None:
    """Let a file or folder appear whole or not at all."""
    partial = path.with_name(f".{path.name}")
    write(partial)
    os.replace(partial, path)
