"""The systems side by side: probabilities (n, C) of the same columns from each."""

import numpy as np
import pytest

from benchmarks import embeddings, peers
from benchmarks.embeddings import SentenceEmbeddings
from benchmarks.lexicons import TextBlob, Vader
from benchmarks.peers import PEERS
from benchmarks.systems import LabelsDiffer, Ours
from sentiment import bundle as bundles
from training.rows.dataset import Examples

LABELS = ("negative", "neutral", "positive")
MINILM = pytest.mark.skipif(
    bool(SentenceEmbeddings.missing()), reason="requirements-teachers.txt is not installed"
)


@pytest.fixture(scope="module")
def examples(sample_rows):
    texts, labels = sample_rows
    numbers = np.array([LABELS.index(label) for label in labels], np.int32)
    return Examples(texts, numbers, np.zeros(len(texts), np.int32), LABELS, ("train.csv",))


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=MINILM if name == "minilm" else ()) for name in PEERS],
)
def peer(examples, request):
    return PEERS[request.param](examples, seed=0)


def test_a_peer_gives_probabilities_and_learns(examples, peer):
    given = peer.probabilities(examples.texts)
    assert given.shape == (len(examples), 3)
    np.testing.assert_allclose(given.sum(axis=1), 1, atol=1e-6)
    assert (given.argmax(axis=1) == examples.labels).mean() > 0.5  # a third by chance
    assert peer.bytes_on_disk > 1000


def test_a_peer_reads_any_text(peer):
    given = peer.probabilities(["", "line\nbreak __label__2", "😡😡", "\x00"])
    assert np.isfinite(given).all()


def test_the_same_seed_gives_the_same_peer(examples, peer):
    again = type(peer)(examples, seed=0)
    texts = examples.texts[:20]
    np.testing.assert_array_equal(peer.probabilities(texts), again.probabilities(texts))


@pytest.mark.parametrize("lexicon", [Vader, TextBlob])
@pytest.mark.parametrize(
    ("polarity", "of_three", "of_two"),
    [
        (0.05, "positive", "positive"),
        (0.04, "neutral", "positive"),
        (0.0, "neutral", "negative"),
        (-0.04, "neutral", "negative"),
        (-0.05, "negative", "negative"),
        (1.0, "positive", "positive"),
    ],
)
def test_a_polarity_answers_by_the_thresholds(
    examples, monkeypatch, lexicon, polarity, of_three, of_two
):
    made = lexicon(examples, seed=0)
    monkeypatch.setattr(made, "polarity", lambda text: polarity)
    (given,) = made.probabilities(["a text"])
    assert LABELS[given.argmax()] == of_three
    assert ("negative", "positive")[given[[0, 2]].argmax()] == of_two


@pytest.mark.parametrize("lexicon", [Vader, TextBlob])
def test_a_polarity_is_positive_for_praise(examples, lexicon):
    made = lexicon(examples, seed=0)
    assert made.polarity("A wonderful, excellent evening.") > 0.5
    assert made.polarity("A horrible, disgusting evening.") < -0.5


@pytest.mark.parametrize("lexicon", [Vader, TextBlob])
def test_a_lexicon_refuses_other_labels(lexicon):
    other = Examples(["a"], np.zeros(1, np.int32), np.zeros(1, np.int32), ("bad", "good"), ("f",))
    with pytest.raises(LabelsDiffer, match=r"bad, good\. Leave it out of --peers"):
        lexicon(other, seed=0)


def test_a_peer_that_is_not_installed_is_left_out_with_a_note(monkeypatch):
    monkeypatch.setattr(embeddings, "_NEEDED", ("json", "not_a_package"))
    there, (note,) = peers.installed(["vader", "minilm"])
    assert there == ["vader"]
    assert "was left out: not_a_package not installed" in note
    assert "requirements-teachers.txt" in note


def test_embeddings_read_a_part_of_a_large_file_and_all_of_a_small_one(monkeypatch):
    monkeypatch.setattr(embeddings, "_MOST_ROWS_OF_A_FILE", 3)
    sources = np.array([0] * 10 + [1] * 2 + [2] * 4, np.int32)
    rows = embeddings._capped(sources, seed=0)
    assert np.bincount(sources[rows]).tolist() == [3, 2, 3]
    assert rows.tolist() == sorted(set(rows.tolist()))


def test_ours_goes_through_the_serving_path(bundle_root, classifier):
    directory = bundles.current(bundle_root / "default")
    ours = Ours(directory, ("positive", "negative", "neutral"))  # another order than the model's
    given = ours.probabilities(["Lovely.", "", "A long text. " * 60])
    by_label = classifier.predict(["Lovely."])[0].probabilities
    wanted = [by_label[name] for name in ("positive", "negative", "neutral")]
    assert given[0].tolist() == pytest.approx(wanted)
    assert given[1].tolist() == [1 / 3] * 3
    assert ours.name == "ours (default/1)"
    assert ours.bytes_on_disk > 1000


def test_ours_may_know_more_classes_than_the_data(bundle_root, classifier):
    two = Ours(bundles.current(bundle_root / "default"), ("negative", "positive"))
    of_three = classifier.predict(["Lovely."])[0].probabilities
    ((negative, positive),) = two.probabilities(["Lovely."])
    assert negative + positive == pytest.approx(1)
    assert negative / positive == pytest.approx(of_three["negative"] / of_three["positive"])


def test_ours_refuses_data_of_other_labels(bundle_root):
    with pytest.raises(LabelsDiffer, match="the data's labels are bad, good"):
        Ours(bundles.current(bundle_root / "default"), ("bad", "good"))
