"""What a token is, where it stands in the text, and that no text can upset the tokenizer."""

import csv
import json
import time
from itertools import groupby, pairwise, permutations
from operator import itemgetter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment.errors import InvalidText
from sentiment.tokenizer import PAD_ID, UNKNOWN_ID, Tokenizer

TRAINING = Path(__file__).resolve().parents[2] / "training"

# Pieces that the rules treat in a way of their own, to be met more often than by chance.
PIECES = (
    "don't sooooo 😀 👍🏽 👨\u200d👩\u200d👧 ❤\ufe0f 🇵🇹 \u200d \ufe0f \u0301 e\u0301 <br/> <b> "
    "&amp; https://x.y www.x @me #tag !!! :) 4.5 \u1100\u1161\u11a8 İ ﬁ السلام עברית 字 [PAD]"
).split()
texts = st.one_of(
    st.text(),
    st.lists(st.one_of(st.sampled_from([*PIECES, " "]), st.characters(exclude_categories=["Cs"])))
    .map("".join)
    .filter(bool),
)


def words(tokenizer: Tokenizer, text: str) -> list[str]:
    """Cut a text into its words: the pieces of one are put together again."""
    tokens = tokenizer.encode(text)
    pieces = zip(tokens.encoding.word_ids, tokens.offsets, strict=True)
    by_word = [list(group) for _, group in groupby(pieces, itemgetter(0))]
    return [text[group[0][1][0] : group[-1][1][1]] for group in by_word]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("don't can't won't", "do n't ca n't wo n't", id="negations"),
        pytest.param("isn’t ain`t", "is n’t ai n`t", id="typographic apostrophes"),
        pytest.param("I'm it's we've you'll I'd", "I 'm it 's we 've you 'll I 'd", id="clitics"),
        pytest.param("'quoted'", "' quoted '", id="quotes"),
        pytest.param("at https://a.b/c?d=e#f now", "at https:// now", id="url"),
        pytest.param("at www.example.org/x now", "at www. now", id="url without scheme"),
        pytest.param("thanks @anna_b !", "thanks @ !", id="mention"),
        pytest.param("#great day", "# great day", id="hashtag"),
        pytest.param("<3 </3 :-) ;D =( :'( :/", "<3 </3 :-) ;D =( :'( :/", id="emoticons"),
        pytest.param("^_^ -_- o_O \\o/ XD xDDD", "^_^ -_- o_O \\o/ XD xDDD", id="more emoticons"),
        pytest.param("hi:) 10) :d8 8:30", "hi :) 10 ) : d8 8:30", id="emoticons and no emoticons"),
        pytest.param("😀😡😀", "😀 😡 😀", id="each emoji by itself"),
        pytest.param("👨\u200d👩\u200d👧", "👨 👩 👧", id="joined emoji"),
        pytest.param("👍🏾 👍🏻", "👍 👍", id="skin tones are dropped"),
        pytest.param("❤\ufe0f ❤\ufe0e ❤", "❤ ❤ ❤", id="variation selectors are dropped"),
        pytest.param("🇵🇹🇯🇵", "🇵🇹 🇯🇵", id="flags"),
        pytest.param("what???!!! no......", "what ??? !!! no ... ...", id="runs in threes"),
        pytest.param("hm----- $$", "hm --- -- $$", id="other runs in threes"),
        pytest.param("a<br />b<br>c<BR/>d", "a <br /> b <br> c <BR/> d", id="line breaks"),
        pytest.param("<b>bold</b> <a href='u'>link</a>", "bold link", id="tags are skipped"),
        pytest.param("3 < 4 > 2", "3 < 4 > 2", id="no tags"),
        pytest.param("fish &amp; chips &#39;", "fish &amp; chips &#39;", id="entities"),
        pytest.param("4.5 10,000 7/10 10:30 5.", "4.5 10,000 7/10 10:30 5 .", id="numbers"),
        pytest.param("sooooo good", "sooooo good", id="elongation is one word"),
        pytest.param("Mmmmm yesss wwww", "Mmmmm yesss wwww", id="elongation at either end"),
        pytest.param("un\u200bbe\xadlievable", "un\u200bbe\xadlievable", id="invisible characters"),
        pytest.param("سيء! 好吃。", "سيء ! 好吃 。", id="other scripts"),
        pytest.param(" \t\r\n\xa0\u3000", "", id="white space"),
    ],
)
def test_words(tokenizer: Tokenizer, text: str, expected: str) -> None:
    # "<br />" holds a space, so the words are compared joined.
    assert " ".join(words(tokenizer, text)) == expected


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(["soo", "sooo", "sooooooo", "SOOOO"], id="elongation"),
        pytest.param(["don't", "don’t", "DON'T", "don`t"], id="apostrophes"),
        pytest.param(["good", "Good", "GOOD"], id="case"),
        pytest.param(["👍", "👍🏻", "👍🏿"], id="skin tones"),
        pytest.param(["❤", "❤\ufe0f"], id="variation selectors"),
        pytest.param(["caf\xe9", "cafe\u0301"], id="composed and decomposed"),
        pytest.param(["good", "go\u200bod", "go\xadod", "\ufeffgood", "go\0od"], id="invisible"),
        pytest.param(["“good”", '"good"', "«good»"], id="quotes"),
        pytest.param(["see https://a.b/c", "see https://d.e?f=g"], id="where a link leads"),
        pytest.param(["@anna", "@ben"], id="who is mentioned"),
    ],
)
def test_texts_of_the_same_ids(tokenizer: Tokenizer, same: list[str]) -> None:
    first, *others = (tokenizer.encode(text).ids for text in same)
    assert first and all(ids == first for ids in others)


@pytest.mark.parametrize(
    ("one", "other"), [("so", "soo"), ("good", "god"), ("😀", "😡"), (":)", ":("), ("!", "!!!")]
)
def test_texts_of_different_ids(tokenizer: Tokenizer, one: str, other: str) -> None:
    assert tokenizer.encode(one).ids != tokenizer.encode(other).ids


@pytest.mark.parametrize(
    ("text", "expected"),
    [("[PAD]", "[ PAD ]"), ("[UNK]", "[ UNK ]"), ("good [PAD]bad", "good [ PAD ] bad")],
)
def test_a_special_token_in_a_text_is_text(tokenizer: Tokenizer, text: str, expected: str) -> None:
    assert words(tokenizer, text) == expected.split()
    assert PAD_ID not in tokenizer.encode(text).ids
    assert PAD_ID not in tokenizer.encode_ids([text])[0]


@settings(deadline=None, max_examples=200)
@given(text=texts)
def test_offsets_lie_in_the_text_in_order(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.encode(text)
    assert len(tokens) == len(tokens.ids) == len(tokens.offsets)
    assert all(0 <= start < end <= len(text) for start, end in tokens.offsets)
    assert all(before[1] <= after[0] for before, after in pairwise(tokens.offsets))


@settings(deadline=None, max_examples=200)
@given(text=texts)
def test_every_way_gives_the_same_ids(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text).ids
    assert tokenizer.encode_ids([text, "good", text]) == [ids, tokenizer.encode("good").ids, ids]
    assert PAD_ID not in ids


@settings(deadline=None, max_examples=200)
@given(parts=st.lists(st.text("abcdenrstyo", min_size=2, max_size=9)))
def test_a_word_is_covered_by_its_pieces(tokenizer: Tokenizer, parts: list[str]) -> None:
    assert words(tokenizer, " ".join(parts)) == parts


@settings(deadline=None, max_examples=200)
@given(before=st.text(st.sampled_from("😀👍🏽👨\u200d❤\ufe0f🇵🇹字é\u200b "), max_size=9))
def test_what_stands_before_a_word_does_not_shift_it(tokenizer: Tokenizer, before: str) -> None:
    text = f"{before} wonderful"
    start = text.index("wonderful")
    expected = [(start + a, start + b) for a, b in tokenizer.encode("wonderful").offsets]
    assert tokenizer.encode(text).offsets[-len(expected) :] == expected


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("", 0),
        ("it was good, we loved it", 0),
        ("\u16a0\u16a1\u16a2", 1),  # runes, which no sentence holds
        ("good \u16a0 \u16a1\u16a2 bad", 2),
        ("zqxjvkzwq", 1),  # pieces that are letters
        ("it was zqxjvkzwq!", 1),
    ],
)
def test_count_unknown(tokenizer: Tokenizer, text: str, unknown: int) -> None:
    assert tokenizer.encode(text).count_unknown() == unknown


@pytest.mark.parametrize(
    ("text", "character", "position"),
    [("\ud83d", "U+D83D", 0), ("ab\udc00c", "U+DC00", 2), ("😀 good \ud83d", "U+D83D", 7)],
)
def test_half_of_a_surrogate_pair_is_refused(
    tokenizer: Tokenizer, text: str, character: str, position: int
) -> None:
    with pytest.raises(InvalidText, match=f"character {position} is {character}".replace("+", ".")):
        tokenizer.encode(text)


def test_what_is_no_text_is_not_called_invalid_text(tokenizer: Tokenizer) -> None:
    with pytest.raises((TypeError, AttributeError)):
        tokenizer.encode(5)  # type: ignore[arg-type]


def test_ids_are_rows_of_the_vocabulary(tokenizer: Tokenizer) -> None:
    vocabulary = tokenizer.vocabulary()
    assert vocabulary[:2] == ["[PAD]", "[UNK]"]
    assert len(set(vocabulary)) == len(vocabulary) <= 600
    tokens = tokenizer.encode("It was good 😀")
    assert [vocabulary[i] for i in tokens.ids] == tokens.encoding.tokens
    assert tokenizer.encode("\u16a0").ids == [UNKNOWN_ID]


def test_the_alphabet_gets_rows_without_being_seen() -> None:
    trained = Tokenizer.train(["good"], vocabulary_size=100, alphabet="🧨🪆")
    assert {"🧨", "🪆"} <= set(trained.vocabulary())


def test_words_get_rows_whole_without_being_seen() -> None:
    words = ["Excellent", "not bad", "<p>", "good", "excellent"]
    trained = Tokenizer.train(["good film"], vocabulary_size=100, min_frequency=1, words=words)
    vocabulary = trained.vocabulary()
    assert {"excellent", "good", "film"} <= set(vocabulary)
    assert {"Excellent", "not bad", "bad", "<p>"}.isdisjoint(vocabulary)
    assert len(set(vocabulary)) == len(vocabulary)
    assert trained.encode("excellent").encoding.tokens == ["excellent"]


def test_a_vocabulary_can_keep_case_and_elongations() -> None:
    text = "GREAT Film, sooooo Gooood! HTTPS://a.b DON'T :D &AMP; <BR>x</P> WWW.c.d XD SOOOOOoon"
    trained = Tokenizer.train(
        [text], vocabulary_size=300, min_frequency=1, lowercase=False, elongation=3
    )
    tokens = trained.encode(text)
    assert " ".join(tokens.encoding.tokens) == (
        "GREAT Film , sooo Goood ! HTTPS:// DO N'T :D &AMP; <BR> x WWW. XD SOOOoon"
    )
    for token, (start, end) in zip(tokens.encoding.tokens, tokens.offsets, strict=True):
        assert text[start] == token[0] and text[end - 1] == token[-1]
        assert end - start >= len(token)
    copy = Tokenizer.from_json(trained.to_json())
    assert copy.encode(text).ids == tokens.ids
    usual = Tokenizer.train([text], vocabulary_size=300, min_frequency=1)
    assert usual.words("SOOOO Gooood") == ["soo", "good"]


def test_the_json_form_gives_the_same_ids(tokenizer: Tokenizer) -> None:
    text = tokenizer.to_json()
    copy = Tokenizer.from_json(text)
    assert copy.to_json() == text
    assert copy.vocabulary() == tokenizer.vocabulary()
    for known in [*json.loads((TRAINING / "golden_texts.json").read_text("utf-8")), "a [PAD] b"]:
        ours, theirs = tokenizer.encode(known), copy.encode(known)
        assert (theirs.ids, theirs.offsets) == (ours.ids, ours.offsets)
        assert theirs.count_unknown() == ours.count_unknown()


def test_training_is_repeatable() -> None:
    with (TRAINING / "samples" / "train.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    first, second = (Tokenizer.train(iter(texts), vocabulary_size=500) for _ in range(2))
    assert first.to_json() == second.to_json()


ODD = [*"aw1!.'@#<>&;:-_/\\([~^*=😀🏽字é ا🇵\u200d\ufe0f\u0301\u200b\xad\0\n\u1100", "<br ", "://"]


@pytest.mark.parametrize("pattern", ODD, ids=ascii)
def test_100_000_repetitions_of_one_thing(tokenizer: Tokenizer, pattern: str) -> None:
    started = time.perf_counter()
    tokens = tokenizer.encode(pattern * 100_000)
    tokens.count_unknown()
    assert time.perf_counter() - started < 5
    assert len(tokens) <= 2 * 100_000


def test_repetitions_of_two_things_take_time_in_proportion(tokenizer: Tokenizer) -> None:
    """Each pair is short, so that all can be tried; quadratic time would still stand out."""
    started = time.perf_counter()
    for one, other in permutations(ODD, 2):
        tokenizer.encode((one + other) * 100)
    assert time.perf_counter() - started < 5
    for pair in ("<&", "<a ", "@a", "1,", "a_", "n't", "('", "=:", "😀\u200d", "&a"):
        started = time.perf_counter()
        tokenizer.encode(pair * 20_000)
        assert time.perf_counter() - started < 2
