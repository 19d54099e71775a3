"""A head near another one: what moves it, how far, and what it is never worse than."""

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def accuracy(head, inputs, labels) -> float:
    logits = inputs @ head
    if logits.shape[1] == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
    return float((logits.argmax(axis=1) == labels).mean())


def drawn(rows, *, seed, columns=3, features=6):
    """Rows whose labels a head of chance tells, most of the time."""
    random = np.random.default_rng(seed)
    head = np.random.default_rng(0).normal(0, 1.5, (features + 1, columns))
    inputs = np.concatenate([random.normal(0, 1, (rows, features)), np.ones((rows, 1))], axis=1)
    labels = (inputs @ head + random.gumbel(size=(rows, columns))).argmax(axis=1)
    return head, inputs, labels


def near(head, inputs, labels, counts=None, seed=0):
    from training.head import near

    columns = max(head.shape[1], 2)
    targets = np.eye(columns)[labels][:, -head.shape[1] :]
    return near(
        head, inputs, targets, np.ones(len(labels)) if counts is None else counts, seed=seed
    )


@pytest.mark.parametrize("seed", range(3))
def test_few_rows_hardly_move_a_head_that_is_right(seed):
    right, inputs, labels = drawn(20, seed=seed + 1)
    moved = near(right, inputs, labels, seed=seed)
    _, fresh, expected = drawn(2_000, seed=99)
    assert accuracy(moved, fresh, expected) >= accuracy(right, fresh, expected) - 0.01


@pytest.mark.parametrize("columns", [2, 3])
def test_rows_that_contradict_a_head_move_it(columns):
    right, inputs, labels = drawn(300, seed=1, columns=columns)
    wrong = -right
    moved = near(wrong, inputs, labels)
    _, fresh, expected = drawn(2_000, seed=99, columns=columns)
    assert accuracy(wrong, fresh, expected) < 0.4
    assert accuracy(moved, fresh, expected) >= accuracy(right, fresh, expected) - 0.05


def test_one_column_is_the_difference_of_two():
    right, inputs, labels = drawn(200, seed=1, columns=2)
    start = np.zeros((len(right), 1))
    one = near(start, inputs, labels)
    _, fresh, expected = drawn(2_000, seed=99, columns=2)
    difference = right[:, 1:] - right[:, :1]
    assert accuracy(one, fresh, expected) >= accuracy(difference, fresh, expected) - 0.05


def test_the_slopes_are_those_of_the_loss():
    from scipy.optimize import approx_fprime

    from training.head import _cross_entropy

    targets = np.random.default_rng(0).dirichlet([1, 1, 1])[None]
    for columns in (1, 3):
        goal = targets[:, :columns]
        at = np.random.default_rng(1).normal(size=(1, columns))
        _, slopes = _cross_entropy(at, goal)
        expected = approx_fprime(at[0], lambda x, goal=goal: _cross_entropy(x[None], goal)[0][0])
        assert np.allclose(slopes[0], expected, atol=1e-6)


def test_a_row_that_counts_nothing_moves_nothing():
    right, inputs, labels = drawn(100, seed=1)
    others = (labels + 1) % 3
    counts = np.concatenate([np.ones(100), np.zeros(100)])
    twice, both = np.concatenate([inputs, inputs]), np.concatenate([labels, others])
    moved = near(right, twice, both, counts)
    assert accuracy(moved, inputs, labels) >= accuracy(right, inputs, labels) - 0.02


def test_it_is_the_same_head_each_time():
    right, inputs, labels = drawn(60, seed=1)
    assert np.array_equal(near(-right, inputs, labels), near(-right, inputs, labels))
    # fewer rows than folds
    assert np.isfinite(near(right, inputs[:3], labels[:3])).all()
