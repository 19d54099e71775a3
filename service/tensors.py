"""Tensors of the Open Inference Protocol, as JSON and in its binary extension."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from pydantic import BaseModel, StrictInt, StrictStr

from service.bodies import parse
from service.errors import InvalidRequest

# Says how many bytes of a body are JSON; the tensors that it calls binary follow.
JSON_BYTES = "Inference-Header-Content-Length"
_MOST_DIGITS = 19  # of its number; `int` itself fails beyond some thousands

_LENGTH = struct.Struct("<I")  # stands before each element of a binary tensor of BYTES


class Input(BaseModel):
    """A tensor in a request: its data here, or binary after the JSON."""

    name: StrictStr
    datatype: StrictStr
    shape: list[StrictInt]
    parameters: dict[str, Any] = {}
    data: list[Any] = []

    @property
    def binary_size(self) -> Any:
        """The bytes that it has after the JSON, or None where its data are here."""
        return self.parameters.get("binary_data_size")


@dataclass(frozen=True)
class Tensor:
    """A tensor in an answer; `data` is flat, strings for BYTES and numbers for FP32."""

    name: str
    datatype: str
    shape: list[int]
    data: list[Any]


def split(body: bytes, json_bytes: str | None) -> tuple[Any, bytes]:
    """Return the JSON value of a body, and the binary data that follow it.

    Args:
        json_bytes: the header JSON_BYTES; without it all is JSON.
    Raises:
        InvalidRequest: the header is no number of bytes that the body has.
        InvalidJson: what should be JSON is not.
    """
    if json_bytes is None:
        return parse(body), b""
    if not (
        json_bytes.isascii()
        and json_bytes.isdigit()
        and len(json_bytes) <= _MOST_DIGITS
        and int(json_bytes) <= len(body)
    ):
        raise InvalidRequest(
            f"{JSON_BYTES} must be a whole number of bytes, at most the {len(body)} of the body.",
            target=JSON_BYTES,
        )
    return parse(body[: int(json_bytes)]), body[int(json_bytes) :]


def texts(tensor: Input, binary: bytes) -> list[str]:
    """The elements of a tensor of BYTES, of shape (n,) or (n, 1).

    Args:
        binary: what follows the JSON of the request.
    Raises:
        InvalidRequest: it is of another datatype, or its data do not fit its shape or size.
    """
    if (
        tensor.datatype != "BYTES"
        or len(tensor.shape) not in (1, 2)
        or tensor.shape[1:] not in ([], [1])
    ):
        raise _unfit(
            f"is {tensor.datatype} of shape {tensor.shape}; it must be BYTES of shape [n] or [n, 1]"
        )
    if tensor.binary_size is None:
        elements = list(_json_elements(tensor.data))
    elif tensor.binary_size == len(binary):
        elements = list(_binary_elements(binary))
    else:
        raise _unfit(
            f"has a binary_data_size of {tensor.binary_size}, and {len(binary)} bytes follow the"
            " JSON"
        )
    if len(elements) != math.prod(tensor.shape):
        raise _unfit(f"has {len(elements)} elements, and its shape is {tensor.shape}")
    if not elements:
        raise _unfit("is empty; it takes at least one text")
    return elements


def write(tensors: list[tuple[Tensor, bool]], head: dict[str, Any]) -> tuple[bytes, int | None]:
    """Write an answer.

    Args:
        tensors: each with whether it is to be binary.
        head: what else its JSON holds.
    Returns:
        The body, and how many bytes of it are JSON where not all are.
    """
    outputs, blocks = [], []
    for tensor, binary in tensors:
        entry: dict[str, Any] = {
            "name": tensor.name,
            "datatype": tensor.datatype,
            "shape": tensor.shape,
        }
        if binary:
            blocks.append(_to_binary(tensor))
            entry["parameters"] = {"binary_data_size": len(blocks[-1])}
        else:
            entry["data"] = tensor.data
        outputs.append(entry)
    json = orjson.dumps({**head, "outputs": outputs})
    return b"".join([json, *blocks]), len(json) if blocks else None


def _json_elements(data: list[Any]) -> Iterator[str]:
    """The strings of a list, each alone in a list of its own or not."""
    for row in data:
        for element in row if isinstance(row, list) else [row]:
            if not isinstance(element, str):
                raise _unfit("holds data that are not strings")
            yield element


def _binary_elements(binary: bytes) -> Iterator[str]:
    offset = 0
    while offset < len(binary):
        try:
            (length,) = _LENGTH.unpack_from(binary, offset)
            end = offset + _LENGTH.size + length
            if end > len(binary):
                raise ValueError(f"an element of {length} bytes goes past its end")
            yield binary[offset + _LENGTH.size : end].decode()
        except (struct.error, ValueError) as error:
            raise _unfit(
                f"cannot be read at byte {offset} ({error}); it must hold each text in UTF-8 after"
                " its length in 4 bytes, little-endian"
            ) from None
        offset = end


def _to_binary(tensor: Tensor) -> bytes:
    if tensor.datatype == "FP32":
        return np.array(tensor.data, "<f4").tobytes()
    encoded = [element.encode() for element in tensor.data]
    return b"".join(_LENGTH.pack(len(element)) + element for element in encoded)


def _unfit(what: str) -> InvalidRequest:
    return InvalidRequest(f"inputs[0] {what}.", target="inputs[0]")
