"""THE way from text to tensor: tokenize, cut or split to the timesteps, pad, keep the lengths.

Training and serving both come through here, so that they cannot differ.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sentiment.errors import EmptyText, TextError, TextTooLong
from sentiment.tokenizer import PAD_ID, Tokenizer, Tokens

Overflow = Literal["window", "truncate", "error"]
Row = TypeVar("Row", list[int], npt.NDArray[np.int32])


class PipelineConfig(BaseModel):
    """What shapes the tensor. It is saved with the model; no environment variable changes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timesteps: int = Field(default=400, ge=1, description="T: every row is padded to this many")
    truncating: Literal["pre", "post"] = Field(
        default="pre",
        description="where a long text loses tokens: before or after what is kept. A review's end "
        "says most; Keras' `pad_sequences` cuts there too",
    )
    overlap: int = Field(
        default=50, ge=0, description="timesteps that two neighbouring windows of a text share"
    )

    @model_validator(mode="after")
    def _windows_must_advance(self) -> Self:
        if self.overlap >= self.timesteps:
            raise ValueError(
                f"overlap is {self.overlap}, which must be less than timesteps ({self.timesteps}), "
                "or a window would not get past the one before it"
            )
        return self


@dataclass(frozen=True, slots=True)
class EncodedText:
    """One text as rows of at most T ids: one row, or several windows where the text is longer.

    `starts` says of each row which of the text's tokens it begins with.
    """

    tokens: Tokens
    rows: list[list[int]]
    starts: list[int]
    truncated: bool

    @property
    def read(self) -> range:
        """The tokens that any row holds, by number: all but those that were truncated."""
        return range(self.starts[0], self.starts[-1] + len(self.rows[-1]))

    @property
    def span(self) -> tuple[int, int]:
        """Where the tokens that were read start and end in the text, in code points."""
        offsets = self.tokens.offsets
        return offsets[self.read[0]][0], offsets[self.read[-1]][1]


@dataclass(frozen=True, slots=True)
class EncodedPart:
    """A sentence of a text as rows of at most T ids; no rows where it is all that was read."""

    start: int
    end: int
    rows: list[list[int]]


def pad(
    rows: Sequence[Sequence[int]], timesteps: int, *, padding: Literal["pre", "post"] = "post"
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Pad ragged id rows.

    Args:
        rows: n sequences of token ids, none longer than `timesteps`.
        timesteps: T.
        padding: the side that gets the padding. Serving always pads `post`, as ONNX Runtime's
            `sequence_lens` demands.
    Returns:
        ids, int32 (n, T), and lengths, int32 (n,).
    """
    ids = np.full((len(rows), timesteps), PAD_ID, np.int32)  # (n, T)
    lengths = np.fromiter(map(len, rows), np.int32, len(rows))  # (n,)
    for row, tokens in zip(ids, rows, strict=True):
        if padding == "post":
            row[: len(tokens)] = tokens
        else:
            row[timesteps - len(tokens) :] = tokens
    return ids, lengths


class Pipeline:
    """A tokenizer and the shape its rows are brought to."""

    def __init__(self, tokenizer: Tokenizer, config: PipelineConfig) -> None:
        self.tokenizer = tokenizer
        self.config = config

    def encode(self, text: str, *, overflow: Overflow = "window") -> EncodedText:
        """Bring one text to rows of at most T ids.

        Args:
            overflow: what becomes of a text of more than T tokens: split into overlapping
                windows, truncated on the configured side, or refused.
        Raises:
            EmptyText: the text holds no token.
            InvalidText: the text is not valid Unicode.
            TextTooLong: more than T tokens, and `overflow` is `error`.
        """
        tokens = self.tokenizer.encode(text)
        timesteps = self.config.timesteps
        if not tokens.ids:
            raise EmptyText(_describe_empty(text))
        if len(tokens) <= timesteps:
            return EncodedText(tokens, [tokens.ids], [0], truncated=False)
        if overflow == "truncate":
            start = len(tokens) - timesteps if self.config.truncating == "pre" else 0
            return EncodedText(tokens, [self.truncate(tokens.ids)], [start], truncated=True)
        if overflow == "window":
            starts = self._starts(len(tokens))
            return EncodedText(tokens, self._cut(tokens.ids, starts), starts, truncated=False)
        raise TextTooLong(
            f"The text has {len(tokens)} tokens, and this model reads at most {timesteps} "
            'timesteps at once. Send a shorter text, or ask for overflow "window" or "truncate".'
        )

    def encode_many(
        self, texts: Sequence[str], *, overflow: Overflow = "window"
    ) -> list[EncodedText | TextError]:
        """Encode n texts; where one cannot be, its error stands in its place."""
        encoded: list[EncodedText | TextError] = []
        for text in texts:
            try:
                encoded.append(self.encode(text, overflow=overflow))
            except TextError as error:
                encoded.append(error)
        return encoded

    def truncate(self, ids: Row) -> Row:
        """Keep at most T ids, losing those before (`pre`) or after (`post`) them."""
        timesteps = self.config.timesteps
        return ids[-timesteps:] if self.config.truncating == "pre" else ids[:timesteps]

    def encode_parts(
        self, encoded: EncodedText, spans: Sequence[tuple[int, int]]
    ) -> list[EncodedPart]:
        """Bring parts of a text to rows of their own, of the text's tokens.

        Args:
            spans: (start, end) of each part in code points, in order and apart from each other.
        Returns:
            the parts that hold a token that was read.
        """
        starts = [start for start, _ in encoded.tokens.offsets]
        parts = []
        for start, end in spans:
            first = max(bisect_left(starts, start), encoded.read.start)
            last = min(bisect_left(starts, end), encoded.read.stop)
            if range(first, last) == encoded.read:
                parts.append(EncodedPart(start, end, []))
            elif first < last:
                parts.append(EncodedPart(start, end, self._windows(encoded.tokens.ids[first:last])))
        return parts

    def _windows(self, ids: list[int]) -> list[list[int]]:
        if len(ids) <= self.config.timesteps:
            return [ids]
        return self._cut(ids, self._starts(len(ids)))

    def _starts(self, tokens: int) -> list[int]:
        step = self.config.timesteps - self.config.overlap
        # The last window is moved back to be as long as the others: a short rest would be read
        # without the words around it.
        starts = range(0, tokens - self.config.overlap, step)
        return [*starts[:-1], tokens - self.config.timesteps]

    def _cut(self, ids: list[int], starts: list[int]) -> list[list[int]]:
        return [ids[start : start + self.config.timesteps] for start in starts]


def _describe_empty(text: str) -> str:
    if not text:
        return "The text is empty. Send at least one word, number or emoji."
    if not text.strip():
        return f"The text is {len(text)} characters of white space. Send at least one word."
    return (
        f"None of the text's {len(text)} characters make a token (it may be markup only). "
        "Send at least one word, number or emoji."
    )
