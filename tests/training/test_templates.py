"""Template sentences: balanced, distinct, repeatable, and apart from the behavioural suite."""

import csv
import itertools
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from training import templates
from training.config import ConfigError
from training.evaluation import behaviour
from training.templates import LABELS, TemplateError, expand, generate

# The fillers that both may use: praise and blame too common to train without. All others, nouns,
# names, numbers and adjectives, stand on one side only.
COMMON = {"good", "great", "bad", "terrible"}

# Emoji that the suite asks about and no template trains.
HELD_OUT_EMOJI = "🤗😻🙌💯🤬😩💔🖕🤦"

SUITE = Path(__file__).parents[1] / "behaviour"
_SLOT = re.compile(r"\{([+-]?[a-z_]+)[^}]*\}")


@pytest.fixture(scope="module")
def fillers() -> templates.Fillers:
    return templates.read()[0]


@pytest.fixture(scope="module")
def training_templates() -> list[str]:
    """All templates, polar ones as their positive and their negative sentence."""
    by_label = templates.read()[1].values()
    return [text for labels in by_label for texts in labels.values() for text in texts]


@pytest.fixture(scope="module")
def suite_templates() -> list[str]:
    texts = [
        text
        for groups in behaviour.groups_by_capability(SUITE).values()
        for group in groups
        for text in group["texts"]
    ]
    return list(itertools.chain.from_iterable([t] if isinstance(t, str) else t for t in texts))


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str]]:
    return generate(seed=7, count=24000)


def normalized(text: str) -> str:
    return " ".join(text.casefold().split())


def skeleton(template: str) -> str:
    """The template without its fillers, its case and its punctuation."""
    return " ".join(re.findall(r"_|\w+", _SLOT.sub(" _ ", template).casefold()))


def texts_of(fillers: dict) -> set[str]:
    """All fillers, whatever slot they are for."""
    return {
        text.casefold()
        for filler in itertools.chain.from_iterable(fillers.values())
        for text in ([filler] if isinstance(filler, str) else filler)
    }


def test_rows_are_balanced_distinct_and_clean(rows) -> None:
    assert Counter(label for _, label in rows) == {
        "negative": 8000,
        "neutral": 8000,
        "positive": 8000,
    }
    assert len({normalized(text) for text, _ in rows}) == len(rows)
    for text, _ in rows:
        assert text == text.strip()
        assert not set("{}|") & set(text), text
        assert not re.search(r"\ba (?:[aeio]|u(?!s))\w*\b", text), text


def test_no_beginning_dominates(rows) -> None:
    """No three words begin more than two rows in a hundred."""
    beginnings = Counter(" ".join(text.split()[:3]) for text, _ in rows)
    assert beginnings.most_common(1)[0][1] < 0.02 * len(rows)


def test_the_same_seed_gives_the_same_rows(rows) -> None:
    assert generate(seed=7, count=24000) == rows
    assert generate(seed=8, count=600) != generate(seed=7, count=600)


def test_a_count_that_three_does_not_divide() -> None:
    assert sorted(Counter(label for _, label in generate(seed=1, count=100)).values()) == [
        33,
        33,
        34,
    ]


def test_no_more_rows_than_there_are(tmp_path: Path) -> None:
    groups = {"x": {label: [f"{label} {{n}}"] for label in LABELS}}
    file = tmp_path / "few.json"
    file.write_text(json.dumps({"fillers": {"n": ["a", "b"]}, "capabilities": groups}))
    assert len(generate(seed=1, count=6, path=file)) == 6
    with pytest.raises(TemplateError, match="the templates give 2. Ask for at most 6"):
        generate(seed=1, count=9, path=file)


def test_every_template_can_be_filled(fillers, training_templates) -> None:
    for template in training_templates:
        assert next(expand(template, fillers, limit=1)), template
    assert {n for n, count in Counter(training_templates).items() if count > 1} == set()
    used = {name for template in training_templates for name in _SLOT.findall(template)}
    assert used == set(fillers)


def test_emoji_are_many_and_have_one_label(fillers) -> None:
    sides = [
        {emoji for name in names for emoji in fillers[name]}
        for names in (("+joy", "+cheer", "+smile"), ("-joy", "-cheer", "-smile"), ("picture",))
    ]
    assert len(set.union(*sides)) == sum(map(len, sides)) >= 100


def test_no_template_both_trains_and_tests(training_templates, suite_templates) -> None:
    """Neither the strings nor what is left of them without fillers, case and punctuation.

    Templates of slots alone have no words to compare: there it is the fillers that differ.
    """
    assert set(training_templates) & set(suite_templates) == set()

    def skeletons(texts: list[str]) -> set[str]:
        return {skeleton(text) for text in texts if re.search(r"\w", _SLOT.sub("", text))}

    assert skeletons(training_templates) & skeletons(suite_templates) == set()


def test_no_sentence_that_tests_can_be_trained(fillers, training_templates) -> None:
    """Match every tested text against every training template with all of its fillers."""
    tested = {normalized(text) for case in behaviour.cases(SUITE) for text in case.texts}
    options = {
        name: "|".join(
            re.escape(normalized(text))
            for filler in choices
            for text in ([filler] if isinstance(filler, str) else filler)
        )
        for name, choices in fillers.items()
    }
    slips = {
        normalized(text)
        for template in training_templates
        if "|slip" in template or "|bare" in template
        for text in expand(template, fillers, limit=100_000)
    }
    assert tested & slips == set()
    for template in training_templates:
        parts = re.split(r"(\{[^}]+\})", normalized(template))
        pattern = re.compile(
            "".join(
                f"(?:{options[_SLOT.fullmatch(part)[1]]})"
                if part.startswith("{")
                else re.sub(r"\ba\\ $", r"an?\\ ", re.escape(part))
                for part in parts
            )
        )
        assert [text for text in tested if pattern.fullmatch(text)] == [], template


def test_fillers_overlap_in_common_words_only(fillers) -> None:
    theirs = json.loads((SUITE / "fillers.json").read_text(encoding="utf-8"))
    assert texts_of(fillers) & texts_of(theirs) <= COMMON


def test_some_emoji_are_held_out(suite_templates) -> None:
    trained = templates.DATA.read_text(encoding="utf-8")
    for emoji in HELD_OUT_EMOJI:
        assert emoji not in trained
        assert any(emoji in text for text in suite_templates)


def test_a_template_is_filled() -> None:
    fillers = {"adj": ["odd", "useful"], "pair": [["dog", "bark"]], "say": ["Well done."]}
    assert set(expand("A {adj} one", fillers, limit=9)) == {"An odd one", "A useful one"}
    assert set(expand("{adj}, {adj2}", fillers, limit=9)) == {"odd, useful", "useful, odd"}
    assert list(expand("{pair.0|upper}s {pair.1}", fillers, limit=9)) == ["DOGs bark"]
    assert list(expand("{say|bare}!", fillers, limit=9)) == ["Well done!"]
    assert list(expand("{say|slip}", fillers, limit=9)) == ["Wlel done."]
    assert list(expand("No slot, a odd one", fillers, limit=9)) == ["No slot, a odd one"]
    assert len(list(expand("{adj}", fillers, limit=1))) == 1


def test_a_polar_template_is_two(tmp_path: Path) -> None:
    file = tmp_path / "polar.json"
    fillers = {"+adj": ["fine"], "-adj": ["bad"]}
    groups = {"change": {"polar": ["Was {-adj}, is {+adj}."], "neutral": ["Is it {+adj}?"]}}
    file.write_text(json.dumps({"fillers": fillers, "capabilities": groups}))
    assert sorted(generate(seed=1, count=3, path=file)) == [
        ("Is it fine?", "neutral"),
        ("Was bad, is fine.", "positive"),
        ("Was fine, is bad.", "negative"),
    ]


def test_every_list_with_a_sign_has_its_opposite(fillers) -> None:
    names = {sign: {name[1:] for name in fillers if name[0] == sign} for sign in "+-"}
    assert names["+"] == names["-"] != set()
    for name in names["+"]:
        both = [texts_of({name: fillers[sign + name]}) for sign in "+-"]
        assert set.intersection(*both) == set(), name


def test_no_template_gives_more_than_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "many.json"
    fillers = {"n": list("abcdefgh")}
    groups = {"x": {label: [f"{label} {{n}}"] for label in LABELS}}
    file.write_text(json.dumps({"fillers": fillers, "capabilities": groups}))
    assert len(generate(seed=1, count=9, path=file, limit=3)) == 9
    with pytest.raises(TemplateError, match="the templates give 3"):
        generate(seed=1, count=12, path=file, limit=3)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("The {nuon}", 'there are no fillers "nuon", only noun, pair'),
        ("The {no un}", "{no un} is not a slot"),
        ("The {noun.1}", "does not fit the filler 'dog'"),
        ("The {pair}", "does not fit the filler"),
        ("The {pair.7}", "no such form"),
        ("The {noun|loud}", "not one of upper, lower"),
    ],
)
def test_a_wrong_template_is_refused(template: str, message: str) -> None:
    with pytest.raises(TemplateError, match=re.escape(message)):
        list(expand(template, {"noun": ["dog"], "pair": [["cat", "mew"]]}, limit=1))


def test_rows_can_be_written_and_read(rows, tmp_path: Path) -> None:
    templates.write(tmp_path / "rows.csv", rows)
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        header, *read = csv.reader(file)
    assert header == ["text", "label"]
    assert [tuple(row) for row in read] == rows


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written: No such file"):
        templates.write(tmp_path / "missing" / "rows.csv", [])
