"""The transformer learns what it is taught, and is the same after the disk."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="make .venv/.teachers installs what teachers/ needs")

pytestmark = pytest.mark.slow

LABELS = ("negative", "neutral", "positive")
TEXTS = ["I loved it", "what a wonderful day", "I hated it", "what a terrible day"] * 8
TARGETS = np.eye(3, dtype=np.float32)[[2, 2, 0, 0] * 8]


def untaught():
    from teachers.transformer import Transformer, pretrained

    return Transformer(pretrained(), LABELS, timesteps=16)


def learn(teacher, count, **settings):
    from training.batches import Rows
    from training.config import FitConfig

    ones = np.ones(count, np.float32)
    rows = Rows(teacher.token_ids(TEXTS[:count]), TARGETS[:count], ones, ones)
    teacher.learn(rows, FitConfig(batch_size=8, **settings))


@pytest.fixture(scope="module")
def taught():
    teacher = untaught()
    learn(teacher, len(TEXTS), epochs=4, learning_rate=3e-4)
    return teacher


def test_it_learns_and_knows_words_it_was_not_taught(taught):
    probabilities = taught.probabilities(["A horrible, disgusting film", "A delightful film"])
    assert probabilities.shape == (2, 3)
    assert probabilities.sum(axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert probabilities.argmax(axis=1).tolist() == [0, 2]


def test_a_single_step_is_a_fit_too():
    teacher = untaught()
    before = teacher.probabilities(TEXTS[:2])
    learn(teacher, 2, epochs=1)
    assert not np.allclose(teacher.probabilities(TEXTS[:2]), before)


def test_answers_come_in_the_order_of_the_texts(taught):
    texts = ["I loved it and would gladly see all of it again", "I hated it", "I loved it"]
    forth, back = taught.probabilities(texts), taught.probabilities(texts[::-1])
    assert forth == pytest.approx(back[::-1], abs=0.02)  # bfloat16, in other batches


def test_what_it_cannot_read_is_known(taught):
    texts = ["Good food 👍", "Good food", "Good food ⏚"]
    assert taught.readable(texts) == ["Good food 👍", "Good food"]
    assert taught.probabilities(["Good food 👍"]) == pytest.approx(
        taught.probabilities(["Good food thumbs up"])
    )


def test_a_long_text_keeps_its_beginning_and_more_of_its_end(taught):
    (whole,) = taught.token_ids(["one two three"])
    (cut,) = taught.token_ids([" ".join(["start"] * 50 + ["end"] * 50)])
    assert len(whole) == 5 and len(cut) == 16
    start, end = taught.token_ids(["start end"])[0][1:3]
    assert cut.tolist() == [cut[0], *[start] * 3, *[end] * 11, cut[-1]]


def test_the_beginning_and_the_end_of_a_long_text_are_read(taught):
    """16 timesteps each: 15 words with [CLS], and 15 with [SEP]."""
    start, end = "great " * 15, "terrible " * 15
    one, same, other = taught.probabilities(
        [start + "table " * 30 + end, start + "chair " * 40 + end, start + "table " * 30 + start]
    )
    assert one == pytest.approx(same, abs=0.02)  # bfloat16
    assert abs(one - other).max() > 0.1


def test_it_survives_the_disk(taught, tmp_path):
    from teachers.transformer import Transformer, pretrained

    taught.save(tmp_path / "teacher")
    again = Transformer.load(tmp_path / "teacher", pretrained())
    assert again.label_names == LABELS
    assert again.probabilities(TEXTS[:4]) == pytest.approx(taught.probabilities(TEXTS[:4]))
