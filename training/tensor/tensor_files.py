"""A user's files of numbers and classes -> a tensor with its mask, and labels."""

import json
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from training.tensor.tensors import Mask, ShapeError, Tensor, check_labels, pad_ragged, to_tensor


def read(
    path: Path, *, timesteps: int | None = None, features: int | None = None
) -> tuple[Tensor, Mask]:
    """Read a tensor: `.npy`, reshaped as by `to_tensor`, or `.json`, a list of ragged sequences.

    Returns:
        float32 (n, T, F), and bool (n, T).
    Raises:
        ShapeError: the file cannot be read, or cannot become a tensor.
    """
    try:
        if path.suffix == ".json":
            sequences = _read_json(path)
            if not isinstance(sequences, list):
                raise ShapeError("expected a list of sequences")
            return pad_ragged(sequences, timesteps=timesteps, features=features)
        tensor = to_tensor(_read_npy(path), timesteps=timesteps, features=features)
    except ShapeError as error:
        raise ShapeError(f"{path}: {error}") from None
    return tensor, np.ones(tensor.shape[:2], bool)


def read_labels(path: Path, samples: int) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Read the class of each of n samples, as whole numbers or words: `.npy`, or a `.json` list.

    Returns:
        C names in order, and n indices into them.
    Raises:
        ShapeError: it cannot be read, is not (n,), or holds fewer than two classes or fractions.
    """
    try:
        values = _read_values(path)
        check_labels(values, samples)
    except ShapeError as error:
        raise ShapeError(f"{path}: {error}") from None
    if values.dtype.kind not in "biuU":
        raise ShapeError(
            f"{path}: expected classes, as whole numbers or words; received {values.dtype}, such "
            f"as {values[0]!r}"
        )
    names, indices = np.unique(values, return_inverse=True)
    if len(names) < 2:
        raise ShapeError(f"{path}: expected two classes or more; received only {names[0]}")
    return tuple(map(str, names)), indices


def _read_npy(path: Path) -> npt.NDArray[Any]:
    """Read what `numpy.save` wrote, without objects: those would be code."""
    try:
        with path.open("rb") as file:  # which numpy leaves open where it is damaged
            array = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise ShapeError(
            f"cannot be read as an array of numpy.save ({error}). Ragged sequences are read from "
            "a .json file, a list of lists."
        ) from None
    if not isinstance(array, np.ndarray):
        array.close()
        raise ShapeError("holds several arrays; save one with numpy.save")
    return array


def _read_values(path: Path) -> npt.NDArray[Any]:
    if path.suffix == ".json":
        try:
            return np.array(_read_json(path))
        except ValueError:
            raise ShapeError("expected a list of labels; received one of ragged lists") from None
    return _read_npy(path)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ShapeError(f"cannot be read as JSON: {error}") from None
    except RecursionError:
        raise ShapeError(
            "cannot be read as JSON: its lists are nested too deeply. Samples, timesteps and "
            "features are three levels."
        ) from None
