"""A user's own numbers -> the tensor that an LSTM reads, (samples, timesteps, features).

Nothing is guessed where two readings are possible, nothing is cut or filled up: an array either is
such a tensor, or becomes one by a reshape that comes out even, or is refused with what was
expected, what was received, the axis that is wrong, and how to mend it. Fractions stay fractions;
numbers are rounded to float32 alone, to 24 significant bits: 16,777,217 becomes 16,777,216.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sentiment.errors import SentimentError

Tensor = npt.NDArray[np.float32]  # (n, T, F)
Mask = npt.NDArray[np.bool_]  # (n, T), true at the real timesteps

_AXES = ("samples", "timesteps", "features")
_MENDS = (
    "Give as many samples as the batch is fixed to, or build the network without a fixed batch.",
    "Reshape to that many timesteps, cut the longer sequences, or raise the timesteps.",
    "A network reads the same features, in the same order, as it was built for; leave out or add "
    "columns.",
)


class ShapeError(SentimentError):
    """An array is not, and cannot become, the tensor that is expected."""

    code = "bad_shape"


def to_tensor(values: Any, *, timesteps: int | None = None, features: int | None = None) -> Tensor:
    """Reshape an array of numbers to float32 (n, T, F).

    - One dimension, (N,), is a series: (N / (T x F), T, F). F is 1 unless told; without T it is
      one sample.
    - Two dimensions, (rows, columns): with T and F told, the rows are samples where the columns
      are T x F, and timesteps where the columns are F. With only one told, the other follows; with
      none, the rows are samples of one feature, (rows, columns, 1).
    - Three dimensions are taken as they are, and checked.

    Args:
        values: an array or nested lists of numbers, whole or not; integers become floats, never
            the other way round (Keras' `pad_sequences` casts to int32 unless told otherwise).
    Raises:
        ShapeError: it is not numeric, not finite, empty, ragged, does not come out even, or could
            be read in two ways.
    """
    _refuse_sizes(timesteps, features)
    array = _numbers(values)
    if array.ndim == 1:
        array = _from_series(array, timesteps, features or 1)
    elif array.ndim == 2:
        array = _from_table(array, timesteps, features)
    elif array.ndim != 3:
        raise ShapeError(
            "expected 1 to 3 dimensions, (samples, timesteps, features) at most; "
            f"received {array.ndim} dimensions, {array.shape}. "
            + ("Merge those that are features." if array.ndim else "Put it into a list.")
        )
    check(array, timesteps=timesteps, features=features)
    return array


def pad_ragged(
    sequences: Sequence[Any], *, timesteps: int | None = None, features: int | None = None
) -> tuple[Tensor, Mask]:
    """Bring n sequences of unlike lengths to one tensor, padded with 0 at their ends.

    Args:
        sequences: each (T_i,) of one feature, or (T_i, F).
        timesteps: T, at least as long as the longest; that one's length unless told.
    Returns:
        float32 (n, T, F), and a mask, bool (n, T): an LSTM that is given it never reads padding,
        and a timestep whose features are all 0 stays one.
    Raises:
        ShapeError: a sequence is empty, too long, or of other features than the first.
    """
    _refuse_sizes(timesteps, features)
    if not len(sequences):
        raise ShapeError("expected at least one sequence; received none")
    rows = []
    for number, sequence in enumerate(sequences):
        place = f"sequence {number} (samples axis)"
        row = _numbers(sequence, place)
        row = row[:, None] if row.ndim == 1 else row
        if row.ndim != 2:
            raise _not_a_sequence(row, len(sequences), features, place)
        features = features or row.shape[1]
        if row.shape[1] != features:
            raise _wrong((None, None, features), (1, *row.shape), 2, place)
        rows.append(row)
    longest = max(map(len, rows))
    timesteps = timesteps or longest
    if longest > timesteps:
        number = next(i for i, row in enumerate(rows) if len(row) > timesteps)
        shape = (1, *rows[number].shape)
        raise _wrong((None, timesteps, features), shape, 1, f"sequence {number}")
    tensor = np.zeros((len(rows), timesteps, rows[0].shape[1]), np.float32)  # (n, T, F)
    lengths = np.array([len(row) for row in rows])
    for number, row in enumerate(rows):
        tensor[number, : len(row)] = row
    return tensor, np.arange(timesteps) < lengths[:, None]


def check(
    tensor: npt.NDArray[Any],
    *,
    samples: int | None = None,
    timesteps: int | None = None,
    features: int | None = None,
) -> None:
    """Refuse a tensor of another shape than (samples, timesteps, features); None takes any size.

    Raises:
        ShapeError: it says what was expected and received, and which axis is wrong.
    """
    expected = (samples, timesteps, features)
    if tensor.ndim != 3:
        raise ShapeError(
            f"expected {_named(expected)}; received {tensor.ndim} dimensions, {tensor.shape}. "
            "Reshape it: with one feature, values[:, :, None]; for one sample, values[None]."
        )
    for axis, size in enumerate(expected):
        if size is not None and size != tensor.shape[axis]:
            raise _wrong(expected, tensor.shape, axis)


def check_mask(mask: npt.NDArray[Any], tensor: Tensor) -> None:
    """Refuse a mask that is not (n, T), where the tensor is (n, T, F).

    Raises:
        ShapeError: as `check`.
    """
    _check_beside(mask, tensor.shape[:2], "mask", "one truth value for each timestep")


def check_labels(labels: npt.NDArray[Any], samples: int) -> None:
    """Refuse labels that are not (n,).

    Raises:
        ShapeError: as `check`.
    """
    _check_beside(labels, (samples,), "labels", "one label for each sample")


def _check_beside(
    array: npt.NDArray[Any], expected: Sequence[int], name: str, meaning: str
) -> None:
    """Refuse what stands beside a tensor and does not have its first axes."""
    wanted = f"{name}: expected {_named(expected)}, {meaning}; received"
    if array.ndim != len(expected):
        raise ShapeError(
            f"{wanted} {array.ndim} dimensions, {array.shape}. Reshape to the tensor's own "
            f"{' and '.join(_AXES[: len(expected)])}, and no other axis."
        )
    for axis, (size, received) in enumerate(zip(expected, array.shape, strict=True)):
        if size != received:
            raise ShapeError(
                f"{wanted} {_named(array.shape)}: the {_AXES[axis]} axis is {received}, and must "
                f"be {size}, as in the tensor. With other timesteps a tensor has more or fewer "
                "samples; reshape both alike."
            )


def _refuse_sizes(timesteps: int | None, features: int | None) -> None:
    for name, size in (("timesteps", timesteps), ("features", features)):
        if size is not None and size < 1:
            raise ShapeError(f"{name}: received {size}, and it must be at least 1")


def _numbers(values: Any, place: str = "") -> Tensor:
    """Take numbers as float32, of any dimensions."""
    where = f"{place}: " if place else ""
    try:
        array = np.asarray(values)
    except ValueError:
        raise ShapeError(
            f"{where}expected rows of one length; received ragged ones. "
            + (_MENDS[2] if place else "Pad them with a mask: pad_ragged.")
        ) from None
    if array.size == 0:
        raise ShapeError(f"{where}expected at least one number; received shape {array.shape}")
    if array.dtype.kind not in "biuf":
        raise ShapeError(
            f"{where}expected numbers; received {array.dtype}, such as {array.flat[0]!r}. Turn "
            "words or categories into numbers first."
        )
    with np.errstate(over="ignore"):
        floats = array.astype(np.float32)
    if not np.isfinite(floats).all():
        place_of = tuple(map(int, np.argwhere(~np.isfinite(floats))[0]))
        raise ShapeError(
            f"{where}expected finite numbers that float32 holds; received {array[place_of]} at "
            f"{place_of}. Fill or leave out such values."
        )
    return floats


def _from_series(array: Tensor, timesteps: int | None, features: int) -> Tensor:
    timesteps = timesteps or max(len(array) // features, 1)
    left = len(array) % (timesteps * features)
    if left:
        raise ShapeError(
            f"expected {_named((None, timesteps, features))}: a multiple of "
            f"{timesteps} x {features} = {timesteps * features} numbers; received {len(array)}, "
            f"which leaves {left} over on the {_AXES[1 if features == 1 else 2]} axis. Drop the "
            f"first or last {left}, or choose timesteps and features that divide {len(array)}."
        )
    return array.reshape(-1, timesteps, features)


def _from_table(array: Tensor, timesteps: int | None, features: int | None) -> Tensor:
    rows, columns = array.shape
    if timesteps is None and features is None:
        return array[:, :, None]
    readings = {}
    t, f = timesteps or columns // (features or 1), features or columns // (timesteps or 1)
    if t * f == columns:
        readings[(rows, t, f)] = "a row is a sample"
    t, f = timesteps or rows, features or columns
    if f == columns and rows % t == 0:
        readings[(rows // t, t, f)] = "a row is a timestep"
    if len(readings) == 1:
        return array.reshape(next(iter(readings)))
    wanted = f"expected {_named((None, timesteps, features))}; received {rows} rows of {columns}"
    if readings:
        ways = " or ".join(f"{_named(shape)}, {why}" for shape, why in readings.items())
        raise ShapeError(
            f"{wanted}, which could be {ways}. Say both timesteps and features, or reshape it."
        )
    if features is None or columns == features:
        raise ShapeError(
            f"{wanted}: the timesteps axis is wrong. Neither the {rows} rows nor the {columns} "
            f"columns can be cut into {timesteps} timesteps evenly; drop {rows % (timesteps or 1)} "
            "rows, or choose timesteps that divide them."
        )
    raise ShapeError(
        f"{wanted}: the features axis is wrong. Where a row is a timestep, it has {features} "
        f"columns; where it is a sample, timesteps x {features}. Choose features that fit."
    )


def _not_a_sequence(row: Tensor, samples: int, features: int | None, place: str) -> ShapeError:
    expected = f"{place}: expected {_named((None, None, features))}; received"
    if row.ndim:
        return ShapeError(
            f"{expected} {_named((1, *row.shape))}: there are axes behind the features axis. Merge "
            "those that are features."
        )
    return ShapeError(
        f"{expected} {_named((samples,))}, a number in the place of a sequence: the timesteps axis "
        "is missing. Put each sample's numbers into a list; one sample is [[1, 2, 3]]."
    )


def _wrong(
    expected: Sequence[int | None], received: Sequence[int], axis: int, place: str = ""
) -> ShapeError:
    where = f"{place}: " if place else ""
    return ShapeError(
        f"{where}expected {_named(expected)}; received {_named(received)}: the {_AXES[axis]} axis "
        f"is {received[axis]}, and must be {expected[axis]}. {_MENDS[axis]}"
    )


def _named(shape: Sequence[int | None]) -> str:
    """Say a shape with the names of its axes; those behind the features have none."""
    names = _AXES[: len(shape)] + ("…",) * (len(shape) - len(_AXES))
    return f"{_bracket(names)} = {_bracket(['any' if size is None else size for size in shape])}"


def _bracket(axes: Sequence[int | str]) -> str:
    return f"({', '.join(map(str, axes))}{',' if len(axes) == 1 else ''})"
