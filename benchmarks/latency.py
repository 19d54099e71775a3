"""`python -m benchmarks.latency`: one sentence through the serving path, and through Keras."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.arguments import positive
from benchmarks.report import table
from benchmarks.timing import Timing, interleaved, one_core, text_of
from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from sentiment.errors import SentimentError
from sentiment.pipeline import Pipeline, pad
from sentiment.runtime import onnxruntime

SENTENCE_TOKENS = 20
LENGTHS = (5, 20, 100, 400)
BATCH = 32

# What --check holds: the serving path against `model.predict`, and against the bare network.
FASTER_THAN_KERAS = 150
SLOWER_THAN_BARE = 2.5

PREDICT = "`classifier.predict([text])`"
BARE = "ONNX Runtime alone, on the ready tensor"
TOKENIZING = "text to ids alone"
KERAS_PREDICT = "Keras, `model.predict(x)`"
KERAS_CALL = "Keras, `model(x)`"
KERAS_FUNCTION = "Keras, `tf.function` of a fixed signature"
KERAS_UNPADDED = "Keras, `model.predict(x)`, row not padded"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; return the exit status (1 for a missed floor, 2 for a missing model)."""
    options = _parser().parse_args(arguments)
    try:
        classifier = Classifier.load(bundles.current(options.model))
    except SentimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    with one_core():
        lengths = by_length(classifier, rounds=options.rounds)
        times = against_keras(classifier, rounds=options.rounds)
    print(render(classifier, times, lengths))
    missed = missed_floors(times)
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if options.check and missed else 0


def against_keras(classifier: Classifier, *, rounds: int) -> dict[str, Timing]:
    """Time one 20-token sentence through every way there is, in turn.

    Call it before anything else uses TensorFlow in this process: it sets its threads to one.
    """
    text, ids, lengths = _inputs(classifier, SENTENCE_TOKENS)
    tensors = {"ids": ids, "lengths": lengths}
    ways = {
        PREDICT: partial(classifier.predict, [text]),
        BARE: partial(_bare_session(classifier).run, None, tensors),
        TOKENIZING: partial(_pipeline(classifier).encode, text),
        **_keras_ways(classifier, ids, int(lengths[0])),
    }
    return interleaved(ways, rounds=rounds)


def by_length(classifier: Classifier, *, rounds: int) -> dict[int, dict[str, Timing]]:
    """Time texts of several lengths, alone and in a batch: {tokens: {way: time}}."""
    session = _bare_session(classifier)
    timesteps = classifier.bundle.manifest.pipeline.timesteps
    timed = {}
    for tokens in sorted({min(length, timesteps) for length in LENGTHS}):
        text, ids, lengths = _inputs(classifier, tokens)
        timed[tokens] = interleaved(
            {
                PREDICT: partial(classifier.predict, [text]),
                BARE: partial(session.run, None, {"ids": ids, "lengths": lengths}),
                "batch": partial(classifier.predict, [text] * BATCH),
            },
            rounds=rounds,
        )
    return timed


def missed_floors(times: dict[str, Timing]) -> list[str]:
    """Say which of the two floors the medians miss."""
    faster = times[KERAS_PREDICT].median / times[PREDICT].median
    slower = times[PREDICT].median / times[BARE].median
    missed = []
    if faster < FASTER_THAN_KERAS:
        missed.append(
            f"{faster:.0f} times faster than Keras' model.predict; at least {FASTER_THAN_KERAS} "
            "times is wanted"
        )
    if slower > SLOWER_THAN_BARE:
        missed.append(
            f"{slower:.2f} times the bare network's time; at most {SLOWER_THAN_BARE} times is "
            "wanted"
        )
    return missed


def render(
    classifier: Classifier, times: dict[str, Timing], lengths: dict[int, dict[str, Timing]]
) -> str:
    """Render both tables, in Markdown."""
    ours = times[PREDICT].median
    ways = [
        [name, *map(_figure, (t.median, t.low, t.high)), f"{t.median / ours:.2f}"]
        for name, t in times.items()
    ]
    rows = [
        [
            str(tokens),
            _figure(t[PREDICT].median),
            _figure(t[BARE].median),
            f"{t[PREDICT].median / t[BARE].median:.2f}",
            _figure(t["batch"].median / BATCH),
        ]
        for tokens, t in lengths.items()
    ]
    timesteps = classifier.bundle.manifest.pipeline.timesteps
    return "\n".join(
        [
            table(
                [f"one sentence of {SENTENCE_TOKENS} tokens", "ms", "lowest", "highest", "× ours"],
                ways,
            ),
            "",
            f"{classifier.name}/{classifier.version}, one core, medians; rows are padded to "
            f"{timesteps} timesteps, but for the last.",
            "",
            table(
                ["tokens", "predict, ms", "bare, ms", "ratio", f"a row in a batch of {BATCH}, ms"],
                rows,
            ),
        ]
    )


def _inputs(
    classifier: Classifier, tokens: int
) -> tuple[str, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return a text of so many tokens, its ids (1, T), and its length (1,)."""
    text = text_of(classifier.bundle.tokenizer, tokens)
    rows = _pipeline(classifier).encode(text).rows
    return text, *pad(rows, classifier.bundle.manifest.pipeline.timesteps)


def _pipeline(classifier: Classifier) -> Pipeline:
    return Pipeline(classifier.bundle.tokenizer, classifier.bundle.manifest.pipeline)


def _bare_session(classifier: Classifier) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        classifier.bundle.network, options, providers=["CPUExecutionProvider"]
    )


def _keras_ways(
    classifier: Classifier, ids: npt.NDArray[np.int32], length: int
) -> dict[str, Callable[[], Any]]:
    """Rebuild the network from the bundle, as TensorFlow runs it on one thread."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    from training.export import from_bundle

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    model, _ = from_bundle(classifier.bundle)
    function = tf.function(
        partial(model, training=False), input_signature=[tf.TensorSpec(ids.shape, tf.int32)]
    )
    tensor = tf.constant(ids)  # (1, T)
    unpadded = ids[:, :length]  # (1, T')
    return {
        KERAS_PREDICT: lambda: model.predict(ids, verbose=0),
        KERAS_CALL: lambda: model(tensor, training=False),
        KERAS_FUNCTION: lambda: function(tensor),
        KERAS_UNPADDED: lambda: model.predict(unpadded, verbose=0),
    }


def _figure(milliseconds: float) -> str:
    return f"{milliseconds:.3f}" if milliseconds < 1 else f"{milliseconds:.1f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument(
        "--rounds", type=positive, default=30, help="turns of each way; %(default)s"
    )
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 where a floor of ours is missed"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
