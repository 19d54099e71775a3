"""What an epoch reads, how often, and in batches of what size."""

import itertools
from collections import Counter

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def make_rows(lengths, *, repeats=1.0):
    """Rows that can be told apart: row i holds the id i + 1 alone, and has the target [i]."""
    from training.batches import Rows

    n = len(lengths)
    return Rows(
        ids=[np.full(length, row + 1, np.int32) for row, length in enumerate(lengths)],
        targets=np.arange(n, dtype=np.float32)[:, None],
        weights=np.arange(n, dtype=np.float32) / n,
        repeats=np.broadcast_to(np.float32(repeats), n),
    )


def random_lengths(n: int) -> list[int]:
    return np.random.default_rng(0).integers(1, 40, n).tolist()


def epochs(rows, *, batch_size=16, batch_tokens=400, seed=0):
    from training.batches import Epochs

    return Epochs(rows, batch_size=batch_size, batch_tokens=batch_tokens, seed=seed)


def one_epoch(batches) -> list:
    return list(itertools.islice(iter(batches), batches.steps()))


def times_read(epoch) -> Counter:
    return Counter(int(target) for _, targets, _ in epoch for target in targets[:, 0])


def test_an_epoch_reads_each_row_once():
    batches = epochs(make_rows(random_lengths(300)))
    assert times_read(one_epoch(batches)) == {row: 1 for row in range(300)}


def test_so_does_an_epoch_of_more_rows_than_a_pool_holds():
    n = 9_000
    batches = epochs(make_rows([2] * n), batch_size=500, batch_tokens=10_000)
    assert times_read(one_epoch(batches)) == {row: 1 for row in range(n)}


def test_the_next_epoch_reads_each_row_again_in_another_order():
    batches = epochs(make_rows(random_lengths(300)))
    steps = batches.steps()
    both = list(itertools.islice(iter(batches), 2 * steps))
    first, second = both[:steps], both[steps:]
    assert times_read(first) == times_read(second) == {row: 1 for row in range(300)}
    assert list(times_read(first)) != list(times_read(second))


def test_a_row_keeps_its_ids_target_and_weight():
    lengths = random_lengths(100)
    rows = make_rows(lengths)
    for ids, targets, weights in one_epoch(epochs(rows)):
        for row, target, weight in zip(ids, targets[:, 0].astype(int), weights, strict=True):
            assert row[: lengths[target]].tolist() == [target + 1] * lengths[target]
            assert not row[lengths[target] :].any()  # padding, whose id is 0
            assert weight == rows.weights[target]


def test_shapes():
    for ids, targets, weights in one_epoch(epochs(make_rows(random_lengths(100)))):
        n = len(ids)
        assert (ids.dtype, targets.dtype, weights.dtype) == (np.int32, np.float32, np.float32)
        assert targets.shape == (n, 1)
        assert weights.shape == (n,)


def test_a_weight_of_two_reads_a_row_twice():
    batches = epochs(make_rows(random_lengths(100), repeats=2))
    assert times_read(one_epoch(batches)) == {row: 2 for row in range(100)}


def test_a_weight_of_a_half_reads_about_half_of_the_rows():
    n = 2_000
    cut = epochs(make_rows([1] * n, repeats=0.5))._cut(np.random.default_rng(1))
    read = np.concatenate(list(cut))
    assert len(set(read.tolist())) == len(read)  # none twice
    assert len(read) == pytest.approx(n / 2, abs=4 * np.sqrt(n / 4))


def test_a_fraction_above_one_is_read_that_often_on_average():
    n = 2_000
    cut = epochs(make_rows([1] * n, repeats=2.25))._cut(np.random.default_rng(1))
    counts = np.bincount(np.concatenate(list(cut)), minlength=n)
    assert set(counts.tolist()) == {2, 3}
    assert counts.mean() == pytest.approx(2.25, abs=0.05)


@pytest.mark.parametrize(("batch_size", "batch_tokens"), [(8, 10_000), (1_000, 200), (8, 200)])
def test_batches_keep_within_their_limits(batch_size, batch_tokens):
    rows = make_rows(random_lengths(500))
    epoch = one_epoch(epochs(rows, batch_size=batch_size, batch_tokens=batch_tokens))
    assert max(len(ids) for ids, _, _ in epoch) <= batch_size
    assert max(ids.size for ids, _, _ in epoch) <= batch_tokens
    assert times_read(epoch) == {row: 1 for row in range(500)}


def test_a_row_longer_than_a_batch_may_be_comes_alone():
    epoch = one_epoch(epochs(make_rows([50, 3, 60, 3]), batch_tokens=20))
    assert sorted(ids.shape for ids, _, _ in epoch) == [(1, 50), (1, 60), (2, 3)]


def test_a_batch_holds_little_padding():
    rows = make_rows(random_lengths(2_000))
    epoch = one_epoch(epochs(rows, batch_tokens=640))
    padded = sum(ids.size for ids, _, _ in epoch)
    real = sum(int((ids > 0).sum()) for ids, _, _ in epoch)
    assert real / padded > 0.95


def test_the_order_comes_from_the_seed():
    rows = make_rows(random_lengths(200))
    first, same, other = (one_epoch(epochs(rows, seed=seed)) for seed in (1, 1, 2))
    for one, two in zip(first, same, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert list(times_read(first)) != list(times_read(other))


def test_counting_the_steps_takes_nothing_from_the_seed():
    rows = make_rows(random_lengths(200))
    counted, fresh = epochs(rows), epochs(rows)
    for _ in range(3):
        counted.steps()
    one, two = next(iter(counted)), next(iter(fresh))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_a_weight_so_small_that_an_epoch_reads_nothing_still_has_a_step():
    batches = epochs(make_rows([3, 4], repeats=0.001))
    assert batches.steps() >= 1
    assert len(one_epoch(batches)) >= 1


def test_in_order_keeps_the_order_and_the_limit():
    from training.feed import to_predict

    lengths = random_lengths(300)
    rows = make_rows(lengths).ids
    received = list(to_predict(rows, batch_tokens=200).as_numpy_iterator())
    assert [int(row[0]) for batch in received for row in batch] == list(range(1, 301))
    assert [int((row > 0).sum()) for batch in received for row in batch] == lengths
    assert max(batch.size for batch in received) <= 200


def test_in_order_gives_a_row_longer_than_the_limit_alone():
    from training.feed import to_predict

    rows = make_rows([2, 90, 2]).ids
    shapes = [batch.shape for batch in to_predict(rows, batch_tokens=50).as_numpy_iterator()]
    assert shapes == [(1, 2), (1, 90), (1, 2)]


def test_word_dropout_makes_a_share_of_the_real_tokens_unknown():
    from training.batches import Epochs

    rows = make_rows(random_lengths(300))
    batches = Epochs(rows, batch_size=16, batch_tokens=400, seed=0, word_dropout=0.25)
    # row 0 holds the unknown token's own id
    ids = [row for batch, targets, _ in one_epoch(batches) for row in batch[targets[:, 0] > 0]]
    real = np.concatenate([row[row > 0] for row in ids])
    assert (real == 1).mean() == pytest.approx(0.25, abs=0.02)
    assert sorted(int((row > 0).sum()) for row in ids) == sorted(map(len, rows.ids[1:]))
    assert all(len(set(row[row > 1].tolist())) <= 1 for row in ids)


def test_padding_before_the_text():
    from training.batches import Epochs

    rows = make_rows(random_lengths(60))
    batches = Epochs(rows, batch_size=16, batch_tokens=400, seed=0, padding="pre")
    for (before, *_), (after, *_) in zip(one_epoch(batches), one_epoch(epochs(rows)), strict=True):
        assert all((row[row.argmax() :] > 0).all() for row in before)
        assert np.array_equal(np.sort(before, axis=1), np.sort(after, axis=1))


def fixed(rows, size: int):
    from training.batches import Epochs

    return Epochs(rows, batch_size=3, batch_tokens=10, seed=0, fixed_batch=size)


@pytest.mark.parametrize("n", [5, 32, 50, 5000])
def test_a_fixed_batch_is_filled_up_with_rows_that_weigh_nothing(n):
    rows = make_rows(random_lengths(n))
    epoch = one_epoch(fixed(rows, 16))
    assert len(epoch) == -(-n // 16)
    assert {len(part) for batch in epoch for part in batch} == {16}
    assert sum(weights.sum() for _, _, weights in epoch) == pytest.approx(rows.weights.sum())
    assert set(times_read(epoch)) == set(range(n))


def test_a_fixed_batch_larger_than_a_pool():
    assert [len(ids) for ids, _, _ in one_epoch(fixed(make_rows([1] * 10), 10_000))] == [10_000]
