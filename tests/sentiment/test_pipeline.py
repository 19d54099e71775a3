"""From text to tensor: padding, truncation, windows, and what is refused."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sentiment.errors import EmptyText, InvalidText, TextTooLong
from sentiment.pipeline import EncodedText, Pipeline, PipelineConfig, pad
from sentiment.tokenizer import PAD_ID, Tokenizer

WORDS = ["the", "was", "good", "we", "it", "bad", "day"]  # each is one token of the samples


@pytest.fixture
def pipeline(tokenizer: Tokenizer) -> Pipeline:
    return Pipeline(tokenizer, PipelineConfig(timesteps=10, overlap=4))


def text_of(tokens: int) -> str:
    return " ".join(WORDS[number % len(WORDS)] for number in range(tokens))


@settings(deadline=None)
@given(
    rows=st.lists(st.lists(st.integers(1, 2**31 - 1), max_size=7), max_size=5),
    spare=st.integers(0, 3),
    padding=st.sampled_from(["pre", "post"]),
)
def test_padded_rows_hold_their_ids_on_one_side(
    rows: list[list[int]], spare: int, padding: str
) -> None:
    timesteps = max(map(len, rows), default=0) + spare
    ids, lengths = pad(rows, timesteps, padding=padding)
    assert ids.shape == (len(rows), timesteps) and ids.dtype == np.int32
    assert lengths.shape == (len(rows),) and lengths.dtype == np.int32
    for padded, length, row in zip(ids.tolist(), lengths, rows, strict=True):
        filling = [PAD_ID] * (timesteps - len(row))
        assert length == len(row)
        assert padded == (row + filling if padding == "post" else filling + row)


def test_padding_is_on_the_right_unless_asked() -> None:
    ids, lengths = pad([[5, 6], [7]], 3)
    assert ids.tolist() == [[5, 6, 0], [7, 0, 0]]
    assert lengths.tolist() == [2, 1]


def test_rows_may_be_arrays() -> None:
    ids, _ = pad([np.array([5, 6], np.int32)], 3)
    assert ids.tolist() == [[5, 6, 0]]


@pytest.mark.parametrize("padding", ["pre", "post"])
def test_a_row_longer_than_the_timesteps_is_not_cut_silently(padding: str) -> None:
    with pytest.raises(ValueError):
        pad([[1, 2, 3, 4]], 3, padding=padding)


@pytest.mark.parametrize("overflow", ["window", "truncate", "error"])
@pytest.mark.parametrize("tokens", [1, 9, 10])
def test_a_text_that_fits_is_one_row(pipeline: Pipeline, tokens: int, overflow: str) -> None:
    encoded = pipeline.encode(text_of(tokens), overflow=overflow)
    assert encoded.rows == [encoded.tokens.ids]
    assert len(encoded.rows[0]) == tokens
    assert not encoded.truncated


@pytest.mark.parametrize(
    ("truncating", "kept"), [("pre", slice(-10, None)), ("post", slice(None, 10))]
)
def test_truncation_keeps_the_configured_side(
    tokenizer: Tokenizer, truncating: str, kept: slice
) -> None:
    config = PipelineConfig(timesteps=10, overlap=4, truncating=truncating)
    encoded = Pipeline(tokenizer, config).encode(text_of(25), overflow="truncate")
    assert encoded.truncated
    assert encoded.rows == [tokenizer.encode(text_of(25)).ids[kept]]
    assert len(encoded.tokens) == 25  # all were read; not all were used


@pytest.mark.parametrize(
    ("truncating", "overflow", "starts", "read"),
    [
        ("post", "truncate", [0], range(0, 10)),
        ("pre", "truncate", [15], range(15, 25)),
        ("pre", "window", [0, 6, 12, 15], range(0, 25)),
    ],
)
def test_each_row_knows_where_it_begins(
    tokenizer: Tokenizer, truncating: str, overflow: str, starts: list[int], read: range
) -> None:
    config = PipelineConfig(timesteps=10, overlap=4, truncating=truncating)
    encoded = Pipeline(tokenizer, config).encode(text_of(25), overflow=overflow)
    assert (encoded.starts, encoded.read) == (starts, read)
    for start, row in zip(encoded.starts, encoded.rows, strict=True):
        assert row == encoded.tokens.ids[start : start + 10]


def test_parts_of_a_text_hold_its_tokens(pipeline: Pipeline) -> None:
    encoded = pipeline.encode("the was good. we   it bad day")
    parts = pipeline.encode_parts(encoded, [(0, 13), (14, 15), (16, 17), (19, 29)])
    assert [(part.start, part.end) for part in parts] == [(0, 13), (14, 15), (19, 29)]
    assert sum((part.rows for part in parts), [])[0] == encoded.tokens.ids[:4]
    (whole,) = pipeline.encode_parts(encoded, [(0, 29)])
    assert whole.rows == []  # what is read anyway is not read twice


def test_windows_are_the_default_and_lose_nothing(pipeline: Pipeline) -> None:
    encoded = pipeline.encode(text_of(25))
    ids = encoded.tokens.ids
    assert encoded.rows == [ids[0:10], ids[6:16], ids[12:22], ids[15:25]]
    assert not encoded.truncated


@settings(deadline=None, max_examples=150)
@given(tokens=st.integers(1, 300), timesteps=st.integers(1, 40), overlap=st.integers(0, 39))
def test_windows(tokenizer: Tokenizer, tokens: int, timesteps: int, overlap: int) -> None:
    assume(overlap < timesteps < tokens)
    pipeline = Pipeline(tokenizer, PipelineConfig(timesteps=timesteps, overlap=overlap))
    positions = list(range(tokens))
    windows = pipeline._windows(positions)
    assert all(len(window) == timesteps for window in windows)
    assert all(window == list(range(window[0], window[0] + timesteps)) for window in windows)
    assert windows[0][0] == 0 and windows[-1][-1] == tokens - 1
    for before, after in zip(windows, windows[1:], strict=False):
        assert before[0] < after[0]
        assert len(set(before) & set(after)) >= overlap
    assert sorted(set().union(*windows)) == positions
    step = timesteps - overlap
    assert len(windows) == 1 + -(-(tokens - timesteps) // step)  # no more than are needed


def test_error_refuses_a_long_text_and_says_what_would_do(pipeline: Pipeline) -> None:
    with pytest.raises(TextTooLong, match=r'11 tokens.*at most 10.*"window" or "truncate"'):
        pipeline.encode(text_of(11), overflow="error")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text is empty"),
        (" \n\t\xa0", "4 characters of white space"),
        ("<b></b><p>", "of the text's 10 characters"),
        ("\0\0\0", "of the text's 3 characters"),
        ("\ufe0f\u200b", "of the text's 2 characters"),
    ],
)
@pytest.mark.parametrize("overflow", ["window", "truncate", "error"])
def test_a_text_without_a_token_is_an_error(
    pipeline: Pipeline, text: str, message: str, overflow: str
) -> None:
    with pytest.raises(EmptyText, match=message):
        pipeline.encode(text, overflow=overflow)


def test_errors_stand_in_the_place_of_their_text(pipeline: Pipeline) -> None:
    texts = ["good", "", text_of(11), "\ud83d", "bad"]
    outcomes = pipeline.encode_many(texts, overflow="error")
    kinds = [EncodedText, EmptyText, TextTooLong, InvalidText, EncodedText]
    assert [type(outcome) for outcome in outcomes] == kinds
    assert outcomes[4].rows == pipeline.encode("bad").rows
    assert pipeline.encode_many([]) == []


@pytest.mark.parametrize("overlap", [10, 11, 400])
def test_an_overlap_that_would_not_advance_is_refused(overlap: int) -> None:
    with pytest.raises(ValidationError, match=rf"overlap is {overlap}.*less than timesteps \(10\)"):
        PipelineConfig(timesteps=10, overlap=overlap)


@pytest.mark.parametrize(
    "values",
    [
        {"time_steps": 10},
        {"timesteps": 0},
        {"timesteps": "many"},
        {"overlap": -1},
        {"truncating": "middle"},
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(values))):
        PipelineConfig.model_validate(values)


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        PipelineConfig().timesteps = 5  # type: ignore[misc]
