"""Extra features: what each token shows, and the table of them."""

import logging
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from sentiment.tokenizer import Tokenizer
from training import features
from training.config import ConfigError, ExtraFeature, FeaturesConfig, parse
from training.rows.decoding import DataError
from training.rows.lexicon import Lexicon

TEXT = "GREAT film, so good. Sooo Good! THE END?! No!!! Wait... nooooo great goooood"


def tokenizer(**options) -> Tokenizer:
    settings = {"lowercase": False, "elongation": 3} | options
    return Tokenizer.train([TEXT] * 3, vocabulary_size=400, min_frequency=1, **settings)


def lexicon(rows: dict[str, tuple[float, ...]]) -> Lexicon:
    values = np.array(list(rows.values()), np.float32)  # (m, K)
    columns = ("valence", "arousal")[: values.shape[1]]
    lines = list(range(2, len(rows) + 2))
    return Lexicon(Path("my_words.csv"), columns, list(rows), values, lines)


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("great", (0, 0)),
        ("Great", (0, 1)),
        ("GREAT", (1, 0)),
        ("I", (0, 1)),
        ("##EAT", (1, 0)),
        ("##T", (1, 0)),
        ("##eat", (0, 0)),
        ("É", (0, 1)),
        ("iPhone", (0, 0)),
        ("HTTPS://", (0, 0)),
        ("!!!", (0, 0)),
        ("4.5", (0, 0)),
        ("日本", (0, 0)),
    ],
)
def test_casing(token, expected):
    received = features.casing([token])
    assert received.dtype == np.float32
    assert received.tolist() == [list(expected)]


@pytest.mark.parametrize("token", ["sooo", "SOOO", "goood", "##ooo", "hmmm", "ñññ", "Nooo"])
def test_an_elongation_has_a_letter_three_times(token):
    assert features.elongation([token]).tolist() == [[1]]


@pytest.mark.parametrize("token", ["soo", "good", "www.", "...", "111", "##oo", "sosos", "[PAD]"])
def test_other_tokens_are_not_elongated(token):
    assert features.elongation([token]).tolist() == [[0]]


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("!", (0, 1 / 3, 0)),
        ("!!", (0.5, 2 / 3, 0)),
        ("!!!", (1, 1, 0)),
        ("?!?", (1, 1 / 3, 2 / 3)),
        ("##!", (0.5, 1 / 3, 0)),
        ("...", (1, 0, 0)),
        ("--", (0.5, 0, 0)),
        (",", (0, 0, 0)),
        (":)", (0, 0, 0)),
        ("good", (0, 0, 0)),
        ("ooo", (0, 0, 0)),
    ],
)
def test_runs_of_punctuation(token, expected):
    assert np.allclose(features.punctuation([token]), [expected])


def test_every_kind_that_can_be_configured_is_registered():
    assert set(features.KINDS) == set(get_args(ExtraFeature))


def test_the_table_has_a_row_for_each_token_and_a_name_for_each_column():
    words = tokenizer()
    config = FeaturesConfig(extra=("elongation", "casing"))
    received = features.of_vocabulary(words, config, lexicon({"good": (2.0,), "end": (-1.0,)}))
    assert received.names == ("elongation", "casing.upper", "casing.title", "lexicon.valence")
    vocabulary = words.vocabulary()
    assert received.values.shape == (len(vocabulary), 4)
    assert received.values.dtype == np.float32
    expected = {
        "[PAD]": (0, 0, 0, 0),
        "[UNK]": (0, 0, 0, 0),
        "good": (0, 0, 0, 1),
        "Good": (0, 0, 1, 1),  # the lexicon's word in any case
        "END": (0, 1, 0, -0.5),
        "Sooo": (1, 0, 1, 0),
        "nooo": (1, 0, 0, 0),
    }
    for token, values in expected.items():
        assert tuple(received.values[vocabulary.index(token)]) == values, token


def test_without_features_the_table_has_no_column():
    received = features.of_vocabulary(tokenizer(), FeaturesConfig(), None)
    assert received.names == ()
    assert received.values.shape[1] == 0
    assert received.shares([np.array([2, 3])]) == {}


def test_how_many_running_tokens_have_a_feature():
    table = features.Features(("a", "b"), np.array([[0, 0], [0, 0], [1, 0], [0.5, -1]], np.float32))
    rows = [np.array([2, 2, 1], np.int32), np.array([3, 1], np.int32)]
    assert table.shares(rows) == {"a": 0.6, "b": 0.2}


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("casing", {"lowercase": True}, 'which reads "Great" as "great"'),
        ("elongation", {"elongation": 2}, 'which reads "sooo" as "soo"'),
    ],
)
def test_what_a_vocabulary_loses_is_refused(kind, options, message):
    words = tokenizer(**options)
    with pytest.raises(ConfigError) as caught:
        features.of_vocabulary(words, FeaturesConfig(extra=(kind,)), None)
    assert f'features.extra: "{kind}"' in str(caught.value)
    assert message in str(caught.value)


def test_each_column_of_a_lexicon_is_scaled_to_its_largest_value():
    words = tokenizer()
    received = features.of_lexicon(lexicon({"good": (-4.0, 0.0), "film": (2.0, 0.0)}), words)
    vocabulary = words.vocabulary()
    assert received[vocabulary.index("good")].tolist() == [-1, 0]
    assert received[vocabulary.index("film")].tolist() == [0.5, 0]
    assert np.count_nonzero(received) == 3  # "Good" too


def test_words_that_no_token_can_carry_are_told(caplog):
    with caplog.at_level(logging.WARNING):
        received = features.of_lexicon(
            lexicon({"good": (1.0,), "not good": (-1.0,), "<p>": (1.0,), "xylem": (-1.0,)}),
            tokenizer(),
        )
    assert "my_words.csv: 3 words are no token of the vocabulary" in caplog.text
    assert '"not good" (line 3), "<p>" (line 4), "xylem" (line 5)' in caplog.text
    assert not (received < 0).any()


def test_a_word_with_two_values_is_refused():
    words = tokenizer(lowercase=True)
    same = lexicon({"good": (1.0,), "Good": (1.0,)})
    assert features.of_lexicon(same, words).max() == 1
    with pytest.raises(DataError) as caught:
        features.of_lexicon(lexicon({"good": (1.0,), "film": (0.0,), "Good": (2.0,)}), words)
    assert str(caught.value).startswith(
        'my_words.csv, line 4: received "Good" a second time, with other values than in line 2.'
    )


@pytest.mark.parametrize("extra", [["shouting"], ["casing", "casing"]])
def test_a_configuration_names_known_features_once(extra):
    with pytest.raises(ConfigError, match=r"run\.toml: features\.extra"):
        parse({"features": {"extra": extra}}, origin="run.toml")
