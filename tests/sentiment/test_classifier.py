"""From a bundle to probabilities: each text by itself, within bounds of memory."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment import bundle as bundles
from sentiment.bundle import Bundle
from sentiment.classifier import MAX_TOKENS_A_CALL, Classifier, _batches
from sentiment.errors import EmptyText, GoldenMismatch, InvalidText, TextTooLong
from sentiment.prediction import Prediction, Timings
from sentiment.sentences import split
from sentiment.task import activate
from training.config import NetworkConfig

MakeBundle = Callable[..., Bundle]

TIMESTEPS = 40  # of the bundle that the fixtures make
SENTENCE = "It was a good day and we loved it, but the bus was late 😡. "
TEXTS = ["good", SENTENCE, "😀", "Fish &amp; chips!!! " * 3, SENTENCE * 8, "zqxj", SENTENCE * 30]


def make(bundle: Bundle) -> Classifier:
    return Classifier(bundle, name="default", version="1")


def probabilities(outcomes: list[Prediction]) -> np.ndarray:
    return np.array([list(outcome.probabilities.values()) for outcome in outcomes])  # (n, C)


def test_the_answer_for_a_text(classifier: Classifier) -> None:
    (answer,) = classifier.predict([SENTENCE])
    assert list(answer.probabilities) == ["negative", "neutral", "positive"]
    assert all(type(value) is float for value in answer.probabilities.values())
    assert answer.label == max(answer.probabilities, key=answer.probabilities.__getitem__)
    balance = answer.probabilities["positive"] - answer.probabilities["negative"]
    assert answer.score == pytest.approx(balance)
    assert (answer.statistics.characters, answer.statistics.windows) == (len(SENTENCE), 1)
    assert answer.statistics.tokens >= 16 and not answer.statistics.truncated


def test_a_loaded_model_knows_what_it_is(classifier: Classifier) -> None:
    assert (classifier.name, classifier.version) == ("default", "1")
    assert classifier.labels == ("negative", "neutral", "positive")


def test_nothing_in_nothing_out(classifier: Classifier) -> None:
    assert classifier.predict([]) == []
    assert classifier.answers([]).shape == (0, 3)


def test_probabilities_add_up_to_one(classifier: Classifier) -> None:
    received = probabilities(classifier.predict(TEXTS))
    assert received.min() >= 0
    assert received.sum(axis=1) == pytest.approx(np.ones(len(TEXTS)))
    assert len(np.unique(received.round(4), axis=0)) == len(TEXTS)  # the weights do say something


@settings(deadline=None, max_examples=50)
@given(order=st.permutations(range(len(TEXTS))), count=st.integers(1, len(TEXTS)))
def test_an_answer_does_not_depend_on_its_neighbours(
    classifier: Classifier, order: list[int], count: int
) -> None:
    texts = [TEXTS[index] for index in order[:count]]
    alone = probabilities([classifier.predict([text])[0] for text in texts])
    assert probabilities(classifier.predict(texts)) == pytest.approx(alone, abs=1e-6)


@settings(deadline=None, max_examples=50)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_gets_an_answer_or_is_empty(classifier: Classifier, text: str) -> None:
    (outcome,) = classifier.predict([text])
    if isinstance(outcome, EmptyText):
        return
    assert isinstance(outcome, Prediction)
    assert np.isfinite(list(outcome.probabilities.values())).all()


def test_the_windows_of_a_text_are_averaged(classifier: Classifier) -> None:
    text = SENTENCE * 8
    rows = classifier._pipeline.encode(text).rows
    answer, other = classifier.predict([text, "good"])
    assert answer.statistics.windows == len(rows) > 2
    expected = classifier.answers(rows).mean(axis=0)
    assert list(answer.probabilities.values()) == pytest.approx(expected, abs=1e-9)
    assert other.statistics.windows == 1


def test_each_sentence_is_classified_by_itself(classifier: Classifier) -> None:
    text = "  It was good. We hated the bus 😡\nFine"
    plain, _ = classifier.predict([text, "good"])
    spans = split(text)
    prediction, error, short = classifier.predict(
        [text, " ", "good"], sentences=[spans, [], split("good")]
    )
    assert isinstance(error, EmptyText)
    assert prediction.probabilities == pytest.approx(plain.probabilities, abs=1e-6)
    assert [s.text for s in prediction.sentences] == ["It was good.", "We hated the bus 😡", "Fine"]
    for sentence in prediction.sentences:
        assert text[sentence.offset : sentence.offset + sentence.length] == sentence.text
        (alone,) = classifier.predict([sentence.text])
        assert sentence.label == alone.label
        assert sentence.score == pytest.approx(alone.score, abs=1e-6)
        assert sentence.probabilities == pytest.approx(alone.probabilities, abs=1e-6)
    (only,) = short.sentences
    assert only.probabilities == short.probabilities


def test_sentences_that_were_not_read_get_no_answer(classifier: Classifier) -> None:
    text = "Good day. " * 20  # of 3 tokens each; 40 are read
    (whole,) = classifier.predict([text], sentences=[split(text)])
    (cut,) = classifier.predict([text], sentences=[split(text)], overflow="truncate")
    assert (len(whole.sentences), len(cut.sentences)) == (20, 14)
    text = "Good day.\n<b></b>\u200b"
    assert len(split(text)) == 2
    (markup,) = classifier.predict([text], sentences=[split(text)])
    assert [sentence.text for sentence in markup.sentences] == ["Good day."]


def test_a_sentence_of_several_windows(classifier: Classifier) -> None:
    long = "it was a good day and we loved it but " * 6
    text = f"Bad. {long}"
    (prediction,) = classifier.predict([text], sentences=[split(text)])
    (alone,) = classifier.predict([long])
    assert alone.statistics.windows > 1
    assert prediction.sentences[1].probabilities == pytest.approx(alone.probabilities, abs=1e-6)


def test_mixed_needs_sentences_and_both_polarities(
    classifier: Classifier, make_bundle: MakeBundle
) -> None:
    (plain,) = classifier.predict([SENTENCE])
    (split_up,) = classifier.predict([SENTENCE], sentences=[split(SENTENCE)])
    assert (plain.mixed, plain.sentences) == (None, None)
    assert split_up.mixed is False
    other = make(make_bundle(labels=("calm", "angry")))
    (prediction,) = other.predict([SENTENCE], sentences=[split(SENTENCE)])
    assert prediction.mixed is None and prediction.sentences


def test_timings_add_up(classifier: Classifier) -> None:
    timings = Timings()
    classifier.predict(["good"], timings=timings)
    first = (timings.tokenize_seconds, timings.inference_seconds)
    classifier.predict(["good"], timings=timings)
    assert 0 < first[0] < timings.tokenize_seconds < 60
    assert 0 < first[1] < timings.inference_seconds < 60


def test_truncation_is_told(classifier: Classifier) -> None:
    (cut,) = classifier.predict([SENTENCE * 8], overflow="truncate")
    assert cut.statistics.truncated and cut.statistics.windows == 1
    assert cut.statistics.tokens > TIMESTEPS
    row = classifier._pipeline.encode(SENTENCE * 8).rows[0]  # `post` keeps the beginning
    assert list(cut.probabilities.values()) == pytest.approx(classifier.answers([row])[0])


def test_what_was_read_of_a_truncated_text_gives_the_same_answer(classifier: Classifier) -> None:
    text = "😡 " + SENTENCE * 8
    (cut,) = classifier.predict([text], overflow="truncate")
    start, end = cut.read
    assert start == 0 and 0 < end < len(text)
    (alone,) = classifier.predict([text[start:end]], overflow="error")
    assert alone.probabilities == pytest.approx(cut.probabilities, abs=1e-6)
    assert alone.read is None and alone.statistics.tokens == TIMESTEPS


def test_errors_stand_in_the_place_of_their_text(classifier: Classifier) -> None:
    texts = ["good", " ", SENTENCE * 8, "\ud83d", "bad"]
    outcomes = classifier.predict(texts, overflow="error")
    kinds = [Prediction, EmptyText, TextTooLong, InvalidText, Prediction]
    assert [type(outcome) for outcome in outcomes] == kinds
    assert outcomes[4] == classifier.predict(["bad"])[0]
    assert [type(outcome) for outcome in classifier.predict(["", "<b>"])] == [EmptyText] * 2


@pytest.mark.parametrize(
    "labels", [("sad", "glad"), ("negative", "other"), ("1", "2", "3"), ("Negative", "Positive")]
)
def test_without_both_polarities_there_is_no_score(
    make_bundle: MakeBundle, labels: tuple[str, ...]
) -> None:
    (answer,) = make(make_bundle(labels=labels)).predict([SENTENCE])
    assert answer.score is None
    assert list(answer.probabilities) == list(labels)


def test_two_classes_share_one_unit(make_bundle: MakeBundle) -> None:
    classifier = make(make_bundle(labels=("negative", "positive"), temperature=2.0))
    (logit,) = classifier._session.run(
        None,
        {"ids": np.array([[5, 6, 7]], np.int32), "lengths": np.array([3], np.int32)},
    )
    assert logit.shape == (1, 1)
    positive = 1 / (1 + np.exp(-logit[0, 0] / 2))
    received = classifier.answers([[5, 6, 7]])
    assert received == pytest.approx(np.array([[1 - positive, positive]]), abs=1e-6)
    (answer,) = classifier.predict([SENTENCE])
    assert answer.score == pytest.approx(2 * answer.probabilities["positive"] - 1)


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("layers", [(4,), (4, 3)])
@pytest.mark.parametrize("pooling", [("last",), ("mean",), ("max", "mean", "last")])
def test_padding_does_not_change_an_answer(
    make_bundle: MakeBundle,
    bidirectional: bool,
    layers: tuple[int, ...],
    pooling: tuple[str, ...],
) -> None:
    network = NetworkConfig(layers=layers, bidirectional=bidirectional, pooling=pooling)
    classifier = make(make_bundle(network=network))
    alone = probabilities([classifier.predict([text])[0] for text in TEXTS])
    assert probabilities(classifier.predict(TEXTS)) == pytest.approx(alone, abs=1e-6)
    short, longer = [[5, 6, 7]], [[5, 6, 7, 8, 9]]
    assert not np.allclose(classifier.answers(short), classifier.answers(longer))


def test_activate_is_a_softmax_with_a_temperature() -> None:
    logits = np.array([[1.0, 2.0, 4.0], [0.0, 0.0, 0.0]], np.float32)
    odds = np.exp(logits / 2.0)
    expected = odds / odds.sum(axis=1, keepdims=True)
    received = activate(logits, temperature=2.0)
    assert received.dtype == np.float64
    assert received == pytest.approx(expected)


def test_activate_of_one_column_is_a_sigmoid_of_the_second_class() -> None:
    received = activate(np.array([[0.0], [3.0]], np.float32), temperature=1.5)
    second = 1 / (1 + np.exp(-2.0))
    assert received == pytest.approx(np.array([[0.5, 0.5], [1 - second, second]]))


@pytest.mark.parametrize("logits", [[[1e30, -1e30, 0]], [[-1e30, -1e30, -1e30]], [[3e38]]])
def test_activate_does_not_overflow(logits: list[list[float]]) -> None:
    received = activate(np.array(logits, np.float32), temperature=0.05)
    assert np.isfinite(received).all()
    assert received.sum() == pytest.approx(1)


def test_activate_of_no_rows() -> None:
    assert activate(np.empty((0, 3), np.float32), temperature=1.0).shape == (0, 3)
    assert activate(np.empty((0, 1), np.float32), temperature=1.0).shape == (0, 2)


@settings(deadline=None)
@given(lengths=st.lists(st.integers(1, MAX_TOKENS_A_CALL + 9), max_size=60))
def test_a_call_is_bounded_and_no_row_is_lost(lengths: list[int]) -> None:
    rows = [range(length) for length in lengths]
    batches = list(_batches(rows))
    assert sorted(index for batch in batches for index in batch) == list(range(len(rows)))
    for batch in batches:
        padded = len(batch) * max(lengths[index] for index in batch)
        assert padded <= MAX_TOKENS_A_CALL or len(batch) == 1


def test_rows_of_like_length_run_together() -> None:
    rows = [range(length) for length in [400, 2] * 50]
    padded = sum(len(batch) * max(len(rows[i]) for i in batch) for batch in _batches(rows))
    assert padded < 1.2 * sum(map(len, rows))


def test_threads_get_the_same_answers(classifier: Classifier) -> None:
    expected = classifier.predict(TEXTS)
    with ThreadPoolExecutor(8) as threads:
        for received in threads.map(classifier.predict, [TEXTS] * 40):
            assert received == expected


def test_loading_replays_the_known_answers(bundle_root: Path, make_bundle: MakeBundle) -> None:
    Classifier.load(bundles.current(bundle_root / "default")).replay()
    bundle = make_bundle()
    wrong = bundle.golden[0].model_copy(update={"probabilities": [0.2, 0.2, 0.6]})
    bundle.golden[0] = wrong
    with pytest.raises(GoldenMismatch, match="default/1: the text 'A wonderful evening"):
        make(bundle).replay()


# The peak is of the process, so it is measured in one of its own.
_LARGEST_CALL = """
import re, sys
from pathlib import Path
from sentiment.classifier import Classifier
from sentiment.prediction import Prediction

def peak():  # in MB; of this process alone, which `getrusage` does not promise after a fork
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

classifier = Classifier.load(Path(sys.argv[1]))
classifier.predict(["good"])
before = peak()
answers = classifier.predict(["it was good and we loved the day " * 250] * int(sys.argv[2]))
assert all(isinstance(answer, Prediction) for answer in answers)
assert answers[0].statistics.tokens >= 2000, answers[0].statistics
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak from /proc")
@pytest.mark.parametrize(
    ("texts", "megabytes"), [(50, 60), pytest.param(1000, 600, marks=pytest.mark.slow)]
)
def test_the_largest_call_stays_within_bounds(
    bundle_root: Path, texts: int, megabytes: int
) -> None:
    """Texts of 2,000 tokens, so 67 windows each."""
    run = subprocess.run(
        [sys.executable, "-c", _LARGEST_CALL, str(bundle_root / "default" / "1"), str(texts)],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) < megabytes


def test_onnx_runtime_reports_nothing(bundle_root: Path, tmp_path: Path) -> None:
    """Where it reports, it also writes an identifier of the machine below the home directory."""
    program = (
        "import sys, pathlib; from sentiment.classifier import Classifier;"
        "Classifier.load(pathlib.Path(sys.argv[1])).predict(['good'])"
    )
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", program, str(bundle_root / "default" / "1")]
    subprocess.run(command, cwd=Path(__file__).resolve().parents[2], env=environ, check=True)
    assert list(tmp_path.iterdir()) == []
