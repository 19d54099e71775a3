"""Teachers: what they say of unlabelled text, and that it reaches the network's targets."""

import numpy as np
import pytest

from training.config import ConfigError
from training.distil import LINEAR, NaiveBayesLinear, agree, teach
from training.rows.dataset import Examples

pytestmark = pytest.mark.slow  # scikit-learn, TensorFlow

NAMES = ("negative", "neutral", "positive")
WORDS = {
    0: ["awful", "broken", "bad"],
    1: ["monday", "table", "train"],
    2: ["great", "fine", "joy"],
}


def examples(count=60):
    random = np.random.default_rng(0)
    labels = np.arange(count, dtype=np.int32) % 3
    texts = [f"the {random.choice(WORDS[label])} {random.choice(WORDS[label])}" for label in labels]
    return Examples(texts, labels, np.zeros(count, np.int32), NAMES, ("made up",))


def test_the_linear_teacher_learns_and_gives_probabilities():
    train = examples()
    probabilities = (
        NaiveBayesLinear(seed=0).fit(train.texts, train.labels, 3).probabilities(train.texts)
    )
    assert probabilities.shape == (60, 3)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert (probabilities.argmax(axis=1) == train.labels).all()


def test_teachers_agree_by_the_mean_of_their_logs():
    first, second = np.array([[0.9, 0.1]]), np.array([[0.5, 0.5]])
    together = agree([first, second])
    assert together[0, 0] / together[0, 1] == pytest.approx(3)  # the root of 9 to 1
    assert together.sum() == pytest.approx(1)


def test_no_teacher_has_a_veto():
    assert agree([np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])]) == pytest.approx(0.5)


def test_a_model_teaches_beside_the_linear_teacher(bundle_root):
    texts = ["great joy", "broken", "  "]
    probabilities = teach([LINEAR, str(bundle_root / "default")], examples(), texts, seed=0)
    assert probabilities.dtype == np.float32 and probabilities.shape == (3, 3)
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_a_teacher_with_other_labels_is_refused(bundle_root):
    two = examples()
    two = Examples(two.texts, two.labels % 2, two.sources, ("bad", "good"), two.source_names)
    with pytest.raises(ConfigError, match="needs the same labels"):
        teach([str(bundle_root / "default")], two, ["great"], seed=0)


@pytest.mark.parametrize("classes", [2, 3])
def test_taught_rows_join_the_labelled_ones(classes, tokenizer):
    from sentiment.pipeline import Pipeline, PipelineConfig
    from training.config import FitConfig
    from training.encode import join, labelled_rows, taught_rows

    train = examples().take(np.arange(4))
    train = Examples(
        train.texts, train.labels % classes, train.sources, NAMES[:classes], train.source_names
    )
    ids = [np.array([2, 3], np.int32)] * 4
    repeats, as_it_is = np.array([2.0], np.float32), np.zeros(1, np.float32)
    rows = labelled_rows(train, ids, repeats, as_it_is, FitConfig())
    opinions = np.full((3, classes), 1 / classes, np.float32)
    unlabelled = [np.array([4], np.int32), np.array([], np.int32), np.array([5, 6, 7], np.int32)]
    cut = Pipeline(tokenizer, PipelineConfig(timesteps=2, overlap=1))
    taught = taught_rows(cut, unlabelled, opinions, np.array([0.5, 0.25, 1], np.float32))
    joined = join(rows, taught)
    # the empty one is left out, the long one is cut
    assert [row.tolist() for row in joined.ids[4:]] == [[4], [6, 7]]
    assert joined.targets.shape == (6, 1 if classes == 2 else 3)
    assert joined.targets[4:] == pytest.approx(1 / classes)
    assert joined.repeats.tolist() == [2, 2, 2, 2, 0.5, 1]
    assert joined.weights.tolist() == [1] * 6


def test_a_fit_learns_from_what_its_teacher_says(tmp_path):
    """The unlabelled texts hold words that no labelled one does; their teacher knows them."""
    from sentiment.classifier import Classifier
    from training.config import parse
    from training.fit import fit

    train = examples()
    rows = [f"{text},{NAMES[label]}" for text, label in zip(train.texts, train.labels, strict=True)]
    (tmp_path / "train.csv").write_text("text,label\n" + "\n".join(rows), "utf-8")
    # "zum" stands beside negative words only, "zam" beside positive ones.
    lines = [f"zum {word} zum" for word in WORDS[0]] + [f"zam {word} zam" for word in WORDS[2]]
    (tmp_path / "more.txt").write_text("\n".join(lines * 20), "utf-8")
    config = parse(
        {
            "data": {"train": [{"path": "train.csv"}], "unlabelled": [{"path": "more.txt"}]},
            "pipeline": {"timesteps": 8, "overlap": 2},
            "tokenizer": {"vocabulary_size": 2000},
            "vectors": {"method": "random", "features": 8},
            "network": {
                "layers": [8],
                "pooling": ["max"],
                "embedding_dropout": 0,
                "dropout": 0,
            },
            # Few epochs: fitted to the end, "zum" is what makes "awful" less than certain.
            "fit": {"epochs": 3, "patience": 3, "batch_size": 8, "learning_rate": 0.02},
            "distil": {"teachers": ["linear"]},
        },
        origin="test",
    )
    directory = fit(config, tmp_path / "models" / "taught", data_directories=[tmp_path])
    zum, zam = Classifier.load(directory).predict(["zum zum", "zam zam"])
    assert zum.score < 0 < zam.score
