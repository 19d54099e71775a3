"""A user's own arrays: what becomes (samples, timesteps, features), and what is refused."""

import json

import numpy as np
import pytest

from training.tensor.tensor_files import read, read_labels
from training.tensor.tensors import (
    ShapeError,
    check,
    check_labels,
    check_mask,
    pad_ragged,
    to_tensor,
)


@pytest.mark.parametrize(
    ("shape", "told", "expected"),
    [
        ((10,), {}, (1, 10, 1)),
        ((5000,), {"timesteps": 200}, (25, 200, 1)),
        ((24,), {"timesteps": 4, "features": 3}, (2, 4, 3)),
        ((24,), {"features": 3}, (1, 8, 3)),
        ((6, 7), {}, (6, 7, 1)),
        ((6, 8), {"timesteps": 4, "features": 2}, (6, 4, 2)),  # rows are samples
        ((6, 2), {"timesteps": 3, "features": 2}, (2, 3, 2)),  # rows are timesteps
        ((10, 2), {"timesteps": 10, "features": 2}, (1, 10, 2)),
        ((5, 12), {"features": 3}, (5, 4, 3)),
        ((5, 12), {"timesteps": 4}, (5, 4, 3)),
        ((20, 3), {"timesteps": 4}, (5, 4, 3)),
        ((2, 3, 4), {}, (2, 3, 4)),
    ],
)
def test_what_comes_out_even_is_reshaped_in_order(shape, told, expected):
    values = np.arange(np.prod(shape)).reshape(shape)
    tensor = to_tensor(values, **told)
    assert tensor.shape == expected
    assert tensor.dtype == np.float32
    assert np.array_equal(tensor.ravel(), values.ravel())


def test_fractions_stay_fractions():
    assert to_tensor([0.5, 1.25, -2.75]).ravel().tolist() == [0.5, 1.25, -2.75]
    assert pad_ragged([[0.5], [0.25, 0.75]])[0].ravel().tolist() == [0.5, 0, 0.25, 0.75]
    assert to_tensor([16_777_217]).item() == 16_777_216  # as float32 rounds


@pytest.mark.parametrize(
    ("values", "told", "messages"),
    [
        (np.ones(5050), {"timesteps": 200}, ["(any, 200, 1)", "leaves 50 over on the timesteps"]),
        (np.ones(10), {"features": 3}, ["leaves 1 over on the features axis"]),
        (np.ones((7, 3)), {"timesteps": 2}, ["timesteps axis is wrong", "7 rows", "drop 1 rows"]),
        (np.ones((7, 3)), {"timesteps": 2, "features": 2}, ["features axis is wrong"]),
        (np.ones((7, 3)), {"features": 2}, ["features axis is wrong", "7 rows of 3"]),
        (np.ones((7, 3)), {"timesteps": 2, "features": 3}, ["timesteps axis is wrong"]),
        (np.ones((10, 2)), {"features": 2}, ["(10, 1, 2)", "or", "(1, 10, 2)", "Say both"]),
        (np.ones((100, 10)), {"timesteps": 10}, ["(100, 10, 1)", "(10, 10, 10)", "Say both"]),
        (np.ones((2, 3, 4)), {"features": 5}, ["(any, any, 5)", "(2, 3, 4)", "features axis is 4"]),
        (np.ones((2, 3, 4)), {"timesteps": 5}, ["timesteps axis is 3, and must be 5"]),
        (np.ones((1, 2, 3, 4)), {}, ["received 4 dimensions"]),
        (1.5, {}, ["received 0 dimensions", "into a list"]),
        ([], {}, ["at least one number"]),
        (["good", "bad"], {}, ["expected numbers", "'good'"]),
        ([1j], {}, ["expected numbers", "complex"]),
        ([[1, 2], [3]], {}, ["ragged", "pad_ragged"]),
        ([[1, 2], [3, float("nan")]], {}, ["finite", "nan at (1, 1)"]),
        ([1e300], {}, ["finite", "1e+300"]),
        ([1, 2], {"timesteps": 0}, ["timesteps: received 0"]),
    ],
)
def test_what_is_refused_says_what_is_wrong(values, told, messages):
    with pytest.raises(ShapeError) as error:
        to_tensor(values, **told)
    for message in messages:
        assert message in str(error.value)


def test_ragged_sequences_are_padded_with_a_mask():
    tensor, mask = pad_ragged([[[1, 2]], [[0, 0], [3, 4], [5, 6]]])
    assert tensor.tolist() == [[[1, 2], [0, 0], [0, 0]], [[0, 0], [3, 4], [5, 6]]]
    assert mask.tolist() == [[True, False, False], [True, True, True]]  # zeros may be real
    assert pad_ragged([[1], [2, 3]], timesteps=4)[0].shape == (2, 4, 1)


@pytest.mark.parametrize(
    ("sequences", "told", "message"),
    [
        ([], {}, "at least one sequence"),
        ([[1], []], {}, "sequence 1 (samples axis): expected at least one number"),
        ([[[1, 2]], [[1, 2, 3]]], {}, "sequence 1 (samples axis): expected (samples, timesteps, f"),
        ([[1], [1, 2, 3]], {"timesteps": 2}, "the timesteps axis is 3, and must be 2"),
        ([[1]], {"features": 2}, "the features axis is 1, and must be 2"),
        (
            [[[[1]]]],
            {},
            "sequence 0 (samples axis): expected (samples, timesteps, features) = (any, any, any); "
            "received (samples, timesteps, features, …) = (1, 1, 1, 1): there are axes behind the "
            "features axis. Merge",
        ),
        (
            [1, 2, 3],
            {"features": 1},
            "sequence 0 (samples axis): expected (samples, timesteps, features) = (any, any, 1); "
            "received (samples,) = (3,), a number in the place of a sequence: the timesteps axis "
            "is missing. Put each sample's numbers into a list",
        ),
        ([[[1, 2], [3]]], {}, "received ragged ones. A network reads the same features"),
        ([[1]], {"timesteps": -1}, "timesteps: received -1"),
    ],
)
def test_ragged_sequences_that_are_refused(sequences, told, message):
    with pytest.raises(ShapeError) as error:
        pad_ragged(sequences, **told)
    assert message in str(error.value)


def test_check_names_the_axis():
    tensor = np.zeros((3, 10, 2), np.float32)
    check(tensor, samples=3, timesteps=10, features=2)
    check(tensor)
    with pytest.raises(ShapeError, match=r"= \(8, any, 2\); received .* = \(3, 10, 2\): the samp"):
        check(tensor, samples=8, features=2)
    with pytest.raises(ShapeError, match=r"received 2 dimensions, \(3, 10\)"):
        check(tensor[:, :, 0])


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ((3, 9), "received (samples, timesteps) = (3, 9): the timesteps axis is 9, and must be 10"),
        ((4, 10), "the samples axis is 4, and must be 3"),
        ((3, 10, 1), "received 3 dimensions, (3, 10, 1). Reshape to the tensor's own samples and"),
    ],
)
def test_a_mask_has_the_tensor_s_first_axes(mask, message):
    tensor = np.zeros((3, 10, 2), np.float32)
    check_mask(np.ones((3, 10), bool), tensor)
    with pytest.raises(ShapeError) as error:
        check_mask(np.ones(mask, bool), tensor)
    assert str(error.value).startswith("mask: expected (samples, timesteps) = (3, 10), one truth")
    assert message in str(error.value)


def test_labels_are_one_for_each_sample():
    check_labels(np.zeros(3, int), 3)
    with pytest.raises(ShapeError, match=r"labels: expected \(samples,\) = \(3,\), .* axis is 4"):
        check_labels(np.zeros(4, int), 3)
    with pytest.raises(ShapeError, match="received 2 dimensions"):
        check_labels(np.zeros((3, 1), int), 3)


def test_files(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(12.0))
    tensor, mask = read(tmp_path / "a.npy", timesteps=4)
    assert (tensor.shape, mask.shape) == ((3, 4, 1), (3, 4))
    assert mask.all()
    (tmp_path / "r.json").write_text(json.dumps([[1, 2, 3], [4]]), encoding="utf-8")
    tensor, mask = read(tmp_path / "r.json")
    assert tensor.shape == (2, 3, 1) and mask.sum() == 4


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("none.npy", None),
        ("text.npy", b"1, 2, 3"),
        ("empty.npy", b""),
        ("damaged.npy", b"PK\x03\x04 and no archive behind it"),
        ("deep.json", b"[" * 100_000),
        ("closed.json", b"[" * 200 + b"1" + b"]" * 200),
        ("flat.json", b"[1, 2, 3]"),
        ("cut.json", b"[[1, 2"),
        ("number.json", b"3"),
        ("words.json", b'[["a"]]'),
        ("none.json", None),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ShapeError) as error:
        read(tmp_path / name)
    assert str(error.value).startswith(f"{tmp_path / name}: ")
    with pytest.raises(ShapeError) as error:
        read_labels(tmp_path / name, 4)
    assert str(error.value).startswith(f"{tmp_path / name}: ")


def test_several_arrays_are_not_one(tmp_path):
    np.savez(tmp_path / "two.npz", a=[1.0], b=[2.0])
    with pytest.raises(ShapeError, match="two.npz: holds several arrays"):
        read(tmp_path / "two.npz")


def test_objects_are_not_unpickled(tmp_path):
    np.save(tmp_path / "o.npy", np.array([[1], [2, 3]], object), allow_pickle=True)
    with pytest.raises(ShapeError, match=r"\.json"):
        read(tmp_path / "o.npy")
