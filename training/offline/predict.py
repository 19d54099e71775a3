"""A file of rows and a bundle -> the file with an answer beside each row, whatever its size.

One process reads and writes; others classify blocks of rows. The blocks under way are few, so that
memory does not grow with the file.
"""

import hashlib
import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any

from joblib import cpu_count
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from sentiment import bundle as bundles
from sentiment import memory
from sentiment import task as tasks
from sentiment.classifier import Classifier
from sentiment.errors import SentimentError
from sentiment.pipeline import Overflow
from training.offline.blocks import Block, Column, Progress, of
from training.offline.partial import OutputError, Partial, Stream
from training.offline.scoring import Scored, columns, score
from training.rows.decoding import STANDARD_STREAM, DataError
from training.rows.formats import Wanted
from training.rows.readers import check_readable

logger = logging.getLogger(__name__)

# Rows without an answer that are told of one by one; the column "error" has them all.
_TOLD = 20

_BLOCKS_A_WORKER = 2  # one under way, one that waits


class WorkerDied(SentimentError):
    """A worker process ended in the middle of its work."""

    code = "worker_died"


@dataclass(frozen=True)
class Options:
    """How a file is read and scored.

    Attributes:
        text_column: holds the texts.
        encoding: of a file of text; a byte-order mark overrules it.
        prefix: stands before the name of each column that is added.
        batch: rows, at most, that are scored and written together.
        workers: processes that score; None for one on each core that this process may use.
        overflow: what becomes of a text of more than T tokens (see `Pipeline.encode`).
    """

    text_column: str = "text"
    encoding: str = "utf-8"
    prefix: str = ""
    batch: int = 2048
    workers: int | None = None
    overflow: Overflow = "window"

    def __post_init__(self) -> None:
        for name in ("batch", "workers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise DataError(f"--{name} {value}: must be 1 or more")


@dataclass(frozen=True)
class Summary:
    """`rows` in the output, and those of them without an answer, by the code of the error."""

    rows: int
    bad: dict[str, int]


def predict(
    directory: Path, path: Path, output: Path, options: Options, *, resume: bool = False
) -> Summary:
    """Write each row of a file with the answer of a bundle beside it.

    Args:
        directory: the bundle, `models/<name>/<version>`.
        path: a .csv, .tsv, .jsonl, .ndjson or .parquet file, those of text also as .gz; `-` is
            JSON lines on standard input.
        output: of the same format; `-` is standard output.
        resume: go on with an output that was interrupted.
    Raises:
        BundleError: the bundle cannot be used.
        DataError: the file cannot be read, or not to its end; single rows are no errors.
        OutputError: the output cannot be written or gone on with.
        WorkerDied: a worker process was killed.
        KeyboardInterrupt: at Ctrl-C, saying what is kept.
    """
    streams = STANDARD_STREAM in (path, output)
    if resume and streams:
        raise OutputError("--resume: standard input and output cannot be gone on with; name files")
    if path != STANDARD_STREAM:
        check_readable(path)
        if output.exists() and output.samefile(path):
            raise OutputError(f"{output}: is the input; name another file")
    added = columns(tasks.of(bundles.load(directory).manifest), options.prefix)
    wanted = Wanted(
        {"--text-column": options.text_column},
        [column.name for column in added],
        "Give what is added another name, for example --prefix sentiment_.",
    )
    form = of(path, output, options.encoding, wanted, added)
    work = partial(_work, directory, path=path, overflow=options.overflow, added=added)
    sink = (
        Stream()
        if output == STANDARD_STREAM
        else Partial(output, _origin(directory, path, options), resume=resume)
    )
    with closing(sink), tqdm(unit="row", initial=sink.rows, disable=None) as bar:
        try:
            if sink.empty:
                sink.add(form.head, 0, {})
            told = 0
            blocks = form.read(sink.rows, options.batch)
            with (
                logging_redirect_tqdm(),
                closing(blocks),
                closing(_in_order(blocks, work, options.workers)) as done,
            ):
                for share_read, scored in done:
                    sink.add(scored.data, scored.rows, scored.bad)
                    _tell(scored.problems[: max(0, _TOLD - told)])
                    told += len(scored.problems)
                    bar.total = round(sink.rows / share_read) if share_read else None
                    bar.update(scored.rows)
                if told > _TOLD:
                    name = added[-1].name
                    logger.warning('and %d more; the column "%s" has all', told - _TOLD, name)
            sink.finish(form.finish)
        except KeyboardInterrupt:
            kept = "nothing can be gone on with" if streams or not sink.rows else "--resume goes on"
            raise KeyboardInterrupt(f"{kept} after {sink.rows:,} rows") from None
    return Summary(sink.rows, dict(sink.bad))


def _origin(directory: Path, path: Path, options: Options) -> dict[str, Any]:
    """What decides the bytes of an output."""
    stat = None if path == STANDARD_STREAM else path.stat()
    return {
        "bundle": hashlib.sha256((directory / bundles.HASHES).read_bytes()).hexdigest(),
        "input": str(path.resolve()),
        "size": stat and stat.st_size,
        "modified": stat and stat.st_mtime_ns,
        "--text-column": options.text_column,
        "--encoding": options.encoding,
        "--prefix": options.prefix,
        "--overflow": options.overflow,
    }


def _tell(problems: list[str]) -> None:
    for problem in problems:
        logger.warning("%s", problem)


def _in_order(
    blocks: Iterator[Progress], work: Callable[[Block], Scored], workers: int | None
) -> Iterator[tuple[float | None, Scored]]:
    """Yield what becomes of each block, in the order of the blocks."""
    workers = workers or cpu_count()
    if workers == 1:
        for block, share_read in blocks:
            yield share_read, work(block)
        return
    # Spawned, not forked: neither ONNX Runtime nor Arrow lives on in a fork.
    executor = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_end_with_the_parent
    )
    under_way: deque[tuple[float | None, Future[Scored]]] = deque()
    try:
        for block, share_read in islice(blocks, workers * _BLOCKS_A_WORKER):
            under_way.append((share_read, executor.submit(work, block)))
        while under_way:
            share_read, future = under_way.popleft()
            scored = future.result()
            for block, read in islice(blocks, 1):
                under_way.append((read, executor.submit(work, block)))
            yield share_read, scored
    except BrokenProcessPool:
        raise WorkerDied(
            "a worker process ended in the middle of its work, perhaps for lack of memory: with "
            "fewer --workers or a smaller --batch, --resume goes on after the last whole block"
        ) from None
    finally:
        executor.shutdown(cancel_futures=True)


def _work(
    directory: Path, block: Block, *, path: Path, overflow: Overflow, added: list[Column]
) -> Scored:
    return score(_classifier(directory), block, path=path, overflow=overflow, added=added)


@cache
def _classifier(directory: Path) -> Classifier:
    """This process's own, whose runs need the same memory again and again."""
    memory.keep_between_runs()
    return Classifier.load(directory)


def _end_with_the_parent() -> None:
    """Leave Ctrl-C to the parent process, and end when it does, however that happens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
