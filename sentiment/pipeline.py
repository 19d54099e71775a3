"""THE way from text to tensor: tokenize, cut or split to the timesteps, pad, keep the lengths.

Training and serving both come through here, so that they cannot differ.
"""

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
        default="post", description="where a long text loses tokens: before or after what is kept"
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
    """One text as rows of at most T ids: one row, or several windows where the text is longer."""

    tokens: Tokens
    rows: list[list[int]]
    truncated: bool


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
            return EncodedText(tokens, [tokens.ids], truncated=False)
        if overflow == "truncate":
            return EncodedText(tokens, [self.truncate(tokens.ids)], truncated=True)
        if overflow == "window":
            return EncodedText(tokens, self._windows(tokens.ids), truncated=False)
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

    def _windows(self, ids: list[int]) -> list[list[int]]:
        timesteps, step = self.config.timesteps, self.config.timesteps - self.config.overlap
        starts = range(0, len(ids) - self.config.overlap, step)
        # The last window is moved back to be as long as the others: a short rest would be read
        # without the words around it.
        return [ids[start : start + timesteps] for start in starts[:-1]] + [ids[-timesteps:]]


def _describe_empty(text: str) -> str:
    if not text:
        return "The text is empty. Send at least one word, number or emoji."
    if not text.strip():
        return f"The text is {len(text)} characters of white space. Send at least one word."
    return (
        f"None of the text's {len(text)} characters make a token (it may be markup only). "
        "Send at least one word, number or emoji."
    )
