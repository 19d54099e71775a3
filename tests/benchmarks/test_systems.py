"""The systems side by side: probabilities (n, C) of the same columns from each."""

import numpy as np
import pytest

from benchmarks.systems import PEERS, LabelsDiffer, Ours, Vader
from sentiment import bundle as bundles
from training.dataset import Examples

LABELS = ("negative", "neutral", "positive")


@pytest.fixture(scope="module")
def examples(sample_rows):
    texts, labels = sample_rows
    numbers = np.array([LABELS.index(label) for label in labels], np.int32)
    return Examples(texts, numbers, np.zeros(len(texts), np.int32), LABELS, ("train.csv",))


@pytest.fixture(scope="module", params=PEERS)
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


@pytest.mark.parametrize(
    ("compound", "of_three", "of_two"),
    [
        (0.05, "positive", "positive"),
        (0.04, "neutral", "positive"),
        (0.0, "neutral", "negative"),
        (-0.04, "neutral", "negative"),
        (-0.05, "negative", "negative"),
        (1.0, "positive", "positive"),
    ],
)
def test_vader_answers_by_its_authors_thresholds(examples, monkeypatch, compound, of_three, of_two):
    vader = Vader(examples, seed=0)
    monkeypatch.setattr(vader._analyzer, "polarity_scores", lambda text: {"compound": compound})
    (given,) = vader.probabilities(["a text"])
    assert LABELS[given.argmax()] == of_three
    assert ("negative", "positive")[given[[0, 2]].argmax()] == of_two


def test_vader_refuses_other_labels(examples):
    other = Examples(["a"], np.zeros(1, np.int32), np.zeros(1, np.int32), ("bad", "good"), ("f",))
    with pytest.raises(LabelsDiffer, match=r"bad, good\. Leave it out of --peers"):
        Vader(other, seed=0)


def test_ours_goes_through_the_serving_path(bundle_root, classifier):
    directory = bundles.current(bundle_root / "default")
    ours = Ours(directory, ("positive", "negative", "neutral"))  # another order than the model's
    given = ours.probabilities(["Lovely.", "", "A long text. " * 60])
    by_label = classifier.predict(["Lovely."])[0].probabilities
    assert given[0].tolist() == [by_label[name] for name in ("positive", "negative", "neutral")]
    assert given[1].tolist() == [1 / 3] * 3
    assert ours.name == "ours (default/1)"
    assert ours.bytes_on_disk > 1000


def test_ours_refuses_data_of_other_labels(bundle_root):
    with pytest.raises(LabelsDiffer, match="the data's labels are bad, good"):
        Ours(bundles.current(bundle_root / "default"), ("bad", "good"))
