"""Data files -> what is wrong with them: all checks, in order."""

from collections.abc import Sequence
from pathlib import Path

from sentiment import bundle as bundles
from training.checks import copies, coverage, damage, lengths, near, unusable
from training.checks.findings import by_seriousness
from training.checks.of_task import PARTS as TASKS
from training.checks.report import Report
from training.checks.table import LABELLED, PARTS, File
from training.config import ConfigError, DataConfig, TrainingConfig
from training.rows.decoding import DataError
from training.rows.formats import MissingColumn
from training.rows.readers import Problem, Rows
from training.rows.sources import find, read_file


def check(
    config: TrainingConfig,
    *,
    directories: Sequence[Path] = (),
    bundle: Path | None = None,
    vectors: Path | None = None,
) -> Report:
    """Read the files that a configuration names, and check them.

    Args:
        directories: where a relative path is looked for.
        bundle: a saved model, whose tokens and timesteps are then those that count.
        vectors: a file of word vectors.
    Raises:
        ConfigError: no file is named, or the vectors cannot be read.
        BundleError: the bundle cannot be read.
    """
    files, unreadable = _read(config, directories)
    part = TASKS[config.data.task]
    table = part.table(files)
    model = bundles.load(bundle) if bundle else None
    tokenizer = model.tokenizer if model else lengths.words_only()
    timesteps = (model.manifest.pipeline if model else config.pipeline).timesteps
    measured = lengths.measure(table, tokenizer, timesteps)
    covered = []
    if model and bundle:
        covered += coverage.of_vocabulary(table, tokenizer, f"the vocabulary of {bundle}")
    if vectors:
        from training.vectors import read  # here, because gensim takes a while

        known = read(vectors).key_to_index.keys()
        covered += coverage.of_vectors(table, tokenizer, known, vectors.name)
    found = [
        *unusable.check(files),
        *copies.check(table),
        *near.check(table),
        *part.check(table),
        *damage.check(table),
        *lengths.check(measured, timesteps),
        *coverage.check(covered),
    ]
    tokens = f"pieces of {bundle}" if bundle else "words and marks; a vocabulary cuts rare words"
    return Report(table, part, by_seriousness(found), measured, tokens, covered, unreadable)


def _read(config: TrainingConfig, directories: Sequence[Path]) -> tuple[list[File], dict[str, str]]:
    """The files that can be read, and why the others cannot."""
    data = config.data
    paths = {part: [source.path for source in getattr(data, part)] for part in PARTS}
    if not any(paths.values()):
        raise ConfigError("no file to check: name some, or a configuration with --config")
    files: list[File] = []
    unreadable: dict[str, str] = {}
    for part, names in paths.items():
        for name in names:
            path = find(name, directories)
            problems: list[Problem] = []
            try:
                rows = _read_file(data, part, path, problems)
            except DataError as error:
                unreadable[str(path)] = str(error)
            else:
                files.append(File(part, rows, problems))
    return files, unreadable


def _read_file(config: DataConfig, part: str, path: Path, problems: list[Problem]) -> Rows:
    try:
        return read_file(config, path, labelled=part in LABELLED, problems=problems)
    except MissingColumn:
        if part != "test":
            raise
        return read_file(config, path, labelled=False, problems=problems)  # a fit takes it so
