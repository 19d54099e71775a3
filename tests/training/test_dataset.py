"""Examples out of rows, and what a split promises."""

import hashlib
import logging
from collections import Counter
from math import ceil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.rows.dataset import (
    DataError,
    Examples,
    drop_leaks,
    fingerprint,
    label_order,
    normalise,
    normalised,
    split,
    to_examples,
)
from training.rows.readers import Rows, read


def rows(path, *pairs):
    texts, labels = zip(*pairs, strict=True)
    return Rows(Path(path), list(texts), list(labels), list(range(2, len(texts) + 2)))


def examples(texts, labels, sources=None):
    """Examples of the labels negative, neutral and positive, given as 0, 1 and 2."""
    sources = [0] * len(texts) if sources is None else sources
    return Examples(
        list(texts),
        np.array(labels, np.int32),
        np.array(sources, np.int32),
        ("negative", "neutral", "positive"),
        tuple(f"{number}.csv" for number in range(max(sources, default=0) + 1)),
    )


def identities(part):
    return list(zip(part.texts, part.labels.tolist(), part.sources.tolist(), strict=True))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["positive", "negative"], ("negative", "positive")),
        (["positive", "neutral", "negative", "positive"], ("negative", "neutral", "positive")),
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["sad", "angry", "10"], ("10", "angry", "sad")),
        (["positive", "negative", "mixed"], ("mixed", "negative", "positive")),
    ],
)
def test_label_order(names, expected):
    assert label_order(names) == expected


def test_to_examples():
    a = rows("a.csv", ("Good", "positive"), ("Bad", "negative"))
    b = rows("b.csv", ("So so", "neutral"))
    joined = to_examples([a, b])
    assert joined.texts == ["Good", "Bad", "So so"] and len(joined) == 3
    assert joined.labels.tolist() == [2, 0, 1] and joined.labels.dtype == np.int32
    assert joined.sources.tolist() == [0, 0, 1] and joined.sources.dtype == np.int32
    assert joined.label_names == ("negative", "neutral", "positive")
    assert joined.source_names == ("a.csv", "b.csv")
    assert joined.counts() == {"negative": 1, "neutral": 1, "positive": 1}


def test_given_label_names_keep_their_order():
    joined = to_examples([rows("a.csv", ("Good", "p"), ("Bad", "n"))], label_names=("p", "x", "n"))
    assert joined.label_names == ("p", "x", "n")
    assert joined.labels.tolist() == [0, 2]
    assert joined.counts() == {"p": 1, "x": 0, "n": 1}


def test_files_of_one_name_are_told_apart():
    joined = to_examples([rows("a/r.csv", ("Good", "1")), rows("b/r.csv", ("Bad", "0"))])
    assert joined.source_names == (str(Path("a/r.csv")), str(Path("b/r.csv")))


def test_unknown_label():
    file = rows("reviews.csv", ("Good", "positive"), ("Bad", "postive"), ("Odd", "zzz"))
    with pytest.raises(DataError) as error:
        to_examples([file], label_names=("negative", "neutral", "positive"))
    assert str(error.value) == (
        'reviews.csv, line 3: label "postive" is not one of negative, neutral, positive. '
        'Did you mean "positive"? An alias can map it, as in --alias postive=positive.'
    )


def test_unknown_label_like_no_other():
    with pytest.raises(DataError, match="An alias can map it, as in --alias 0=negative"):
        to_examples([rows("r.csv", ("Bad", "0"))], label_names=("negative", "positive"))


@pytest.mark.parametrize("label_names", [None, ("negative", "positive")])
def test_one_class_only(label_names):
    files = [rows("a.csv", ("Good", "positive")), rows("b.csv", ("Fine", "positive"))]
    with pytest.raises(DataError, match='a.csv, b.csv: at least two labels .* only "positive"'):
        to_examples(files, label_names=label_names)


def test_rows_without_labels():
    with pytest.raises(DataError, match="u.txt: was read without labels"):
        to_examples([Rows(Path("u.txt"), ["Good"], None, [1])])


def test_take():
    three = examples(["a", "b", "c"], [0, 1, 2], [0, 1, 1])
    assert identities(three.take([2, 0])) == [("c", 2, 1), ("a", 0, 0)]
    assert identities(three.take(np.array([True, False, True]))) == [("a", 0, 0), ("c", 2, 1)]
    assert len(three.take([])) == 0
    assert three.take([]).label_names == three.label_names


# Few different texts, in several spellings: duplicates across labels and sources are common.
spellings = st.sampled_from(["Good", "good", " GOOD ", "Straße", "STRASSE", "a  b", "A b", "z"])
unique = st.text("abcdefgh", min_size=1, max_size=4)
data_sets = st.lists(
    st.tuples(spellings | unique, st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=60
)
share = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9])


@settings(max_examples=300, deadline=None)
@given(data=data_sets, shares=st.tuples(share, share), seed=st.integers(0, 2**32))
def test_split_promises(data, shares, seed):
    texts, labels, sources = zip(*data, strict=True)
    whole = examples(texts, labels, [*sources[:-1], 1])
    try:
        train, held = split(whole, shares, seed=seed)
    except DataError as error:
        assert "holds nothing out" in str(error)
        return

    # Nothing is lost or made up, and nothing leaks.
    assert Counter(identities(train)) + Counter(identities(held)) == Counter(identities(whole))
    assert not {normalise(t) for t in train.texts} & {normalise(t) for t in held.texts}
    # Every class keeps a row to train on.
    assert set(train.labels.tolist()) == set(whole.labels.tolist())
    # No source gives more of a label than its share.
    have = Counter(zip(whole.sources.tolist(), whole.labels.tolist(), strict=True))
    gave = Counter(zip(held.sources.tolist(), held.labels.tolist(), strict=True))
    for stratum, number in gave.items():
        assert number <= ceil(shares[stratum[0]] * have[stratum])
    # The same seed gives the same parts.
    again = split(whole, shares, seed=seed)
    assert [identities(part) for part in again] == [identities(train), identities(held)]


@settings(max_examples=100, deadline=None)
@given(
    strata=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=30, max_size=200),
    share=st.floats(0.05, 0.5),
    seed=st.integers(0, 2**32),
)
def test_split_is_stratified(strata, share, seed):
    """Without duplicates each source gives its share of each label, to within a row."""
    sources, labels = zip(*strata, strict=True)
    whole = examples([str(n) for n in range(len(strata))], labels, sources)
    train, held = split(whole, share, seed=seed)
    have = Counter(strata)
    gave = Counter(zip(held.sources.tolist(), held.labels.tolist(), strict=True))
    lonely = {label for label, number in Counter(labels).items() if number == 1}
    for stratum, number in have.items():
        if stratum[1] not in lonely:
            assert abs(gave[stratum] - share * number) <= 1
    assert abs(len(held) - share * len(whole)) <= 0.5 + len(lonely)


def test_split_differs_by_seed_and_keeps_order():
    whole = examples([f"text {number:03}" for number in range(200)], [0, 2] * 100)
    train, held = split(whole, 0.1, seed=1)
    assert (len(train), len(held)) == (180, 20)
    assert held.counts() == {"negative": 10, "neutral": 0, "positive": 10}
    assert train.texts == sorted(train.texts) and held.texts == sorted(held.texts)
    assert split(whole, 0.1, seed=2)[1].texts != held.texts


def test_a_source_without_share_gives_nothing():
    texts = [f"text {number}" for number in range(50)]
    whole = examples(texts * 2, [0, 2] * 50, [0] * 50 + [1] * 50)
    with pytest.raises(DataError, match="holds nothing out"):
        split(whole, [0.5, 0.0], seed=0)  # each text stands in the other source too
    apart = examples(texts + ["x" + text for text in texts], [0, 2] * 50, [0] * 50 + [1] * 50)
    _, held = split(apart, [0.5, 0.0], seed=0)
    assert len(held) == 25 and set(held.sources.tolist()) == {0}


def test_share_zero_holds_nothing_out():
    train, held = split(examples(["a", "b"], [0, 2]), 0, seed=0)
    assert train.texts == ["a", "b"] and len(held) == 0


def test_split_of_too_little():
    with pytest.raises(DataError) as error:
        split(examples(["a", "b", "c", "d"], [0, 2, 0, 0]), 0.1, seed=0)
    assert "A share of 0.1 of 4 examples (negative 3, neutral 0, positive 1)" in str(error.value)
    assert "0.csv holds nothing out" in str(error.value)


@pytest.mark.parametrize("wrong", [1.0, -0.1, float("nan"), [0.1, 0.1]])
def test_wrong_shares(wrong):
    with pytest.raises(DataError, match="cannot be held out|2 shares for 1 sources"):
        split(examples(["a", "b"], [0, 2]), wrong, seed=0)


ROLES = {"role": "training", "of": "validation"}


def test_drop_leaks(caplog):
    train = examples(["Good film", "Bad film", "Fine", "Awful"], [2, 0, 2, 0])
    with caplog.at_level(logging.WARNING):
        kept = drop_leaks(train, normalised(["good  FILM\n", "other"]), **ROLES)
    assert kept.texts == ["Bad film", "Fine", "Awful"]
    assert "dropped 1 of 4 training examples" in caplog.text
    assert "negative 0, neutral 0, positive 1" in caplog.text
    assert drop_leaks(train, normalised(["other"]), **ROLES) is train


def test_drop_leaks_of_a_whole_class():
    train = examples(["Good", "Bad", "Awful"], [2, 0, 0])
    known = normalised(["bad", "awful"])
    said = 'All 2 training texts labelled "negative" stand in the validation data too.*or none'
    with pytest.raises(DataError, match=said):
        drop_leaks(train, known, **ROLES)
    with pytest.raises(DataError, match="All 2 validation texts .* test data with other texts.$"):
        drop_leaks(train, known, role="validation", of="test")


def test_many_rows(tmp_path):
    path = tmp_path / "many.tsv"
    lines = [f"text number {number % 40_000}\t{number % 2}" for number in range(50_000)]
    path.write_text("text\tlabel\n" + "\n".join(lines), encoding="utf-8")
    train, held = split(to_examples([read(path)]), 0.1, seed=0)
    assert len(train) + len(held) == 50_000
    assert len(held) == 5_000


def test_fingerprint(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes(b"text,label\n")
    expected = hashlib.sha256(b"text,label\n").hexdigest()
    assert fingerprint(path) == {"name": "r.csv", "sha256": expected, "bytes": 11}
    with pytest.raises(DataError, match="none.csv: cannot be read"):
        fingerprint(tmp_path / "none.csv")


def test_a_source_holds_out_the_same_rows_whatever_stands_beside_it():
    """Else a model that goes on from another would be validated on what that one learned."""
    names = ("a", "b")
    texts = [f"text {number}" for number in range(400)]
    labels = np.arange(400, dtype=np.int32) % 2
    alone = Examples(texts, labels, np.zeros(400, np.int32), names, ("one.csv",))
    other = [f"other {number}" for number in range(300)]
    beside = Examples(
        other + texts,
        np.concatenate([np.arange(300, dtype=np.int32) % 2, labels]),
        np.repeat(np.array([0, 1], np.int32), [300, 400]),
        names,
        ("two.csv", "one.csv"),
    )
    held_alone = set(split(alone, 0.1, seed=3)[1].texts)
    held_beside = set(split(beside, [0.25, 0.1], seed=3)[1].texts)
    assert len(held_alone) == 40
    assert held_alone == {text for text in held_beside if text.startswith("text")}
    assert held_alone != set(split(alone, 0.1, seed=4)[1].texts)
