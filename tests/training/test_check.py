"""`python -m training check`: what it finds, says and returns."""

import json
import random
from pathlib import Path

import pytest

from sentiment import bundle as bundles
from sentiment.tokenizer import Tokenizer
from training.__main__ import main
from training.check import _read, check
from training.checks import coverage
from training.checks.of_task import PARTS as TASKS
from training.checks.similar import THRESHOLD, similar_pairs
from training.config import DataConfig, TrainingConfig

ROOT = Path(__file__).parents[2]
RESEARCH_DATA = ROOT.parent / "shared" / "data"

WORDS = [f"word{number}" for number in range(40)]


def rows(*pairs: tuple[str, str]) -> str:
    return "text,label\n" + "".join(f'"{text}",{label}\n' for text, label in pairs)


def many(label: str, count: int = 60) -> list[tuple[str, str]]:
    """Rows of a label in which nothing is to be found."""
    return [(f"{label} {number} words", label) for number in range(count)]


CLEAN = many("negative") + many("positive")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(**files: str) -> dict[str, list]:
    """The findings in files of the working directory, by the name of their check."""
    for name, content in files.items():
        Path(f"{name}.csv").write_text(content, encoding="utf-8")
    data = {
        part: [{"path": f"{part}.csv"}]
        for part in ("train", "validation", "test", "unlabelled", "taught")
        if part in files
    }
    report = check(TrainingConfig(data=DataConfig(**data)))
    assert not report.unreadable
    by_check: dict[str, list] = {}
    for one in report.findings:
        by_check.setdefault(one.check, []).append(one)
    return by_check


def lines(finding) -> list[list[tuple[str, int]]]:
    return [[(place.path.name, place.line) for place in each.places] for each in finding.examples]


def test_clean_data_has_no_finding(folder):
    assert found(train=rows(*CLEAN)) == {}


def test_a_text_of_the_test_data_in_the_training_data_but_for_case_and_spacing(folder):
    test = rows(("NEGATIVE   3 words", "negative"), ("Something else", "positive"))
    (leak,) = found(train=rows(*CLEAN), test=test)["leak"]
    assert (leak.level, leak.count) == ("error", 1)
    assert lines(leak) == [[("test.csv", 2), ("train.csv", 5)]]


def test_leaks_into_validation_and_from_unlabelled_and_taught_text(folder):
    small = rows(("negative 3 words", "negative"), ("positive 1 words", "positive"))
    other = "text\nnegative 3 words\n"
    leaks = found(train=rows(*CLEAN), validation=small, unlabelled=other, taught=other)["leak"]
    assert [(leak.level, leak.count) for leak in leaks] == [
        ("error", 2),
        ("warning", 1),
        ("warning", 1),
    ]


def test_near_leaks_and_near_conflicts(folder):
    train, test = WORDS.copy(), WORDS.copy()
    test[20] = "other"
    checks = found(
        train=rows(*CLEAN, (" ".join(train), "positive")),
        test=rows((" ".join(test), "negative"), *many("positive", 1)),
    )
    (leak,) = checks["near_leak"]
    assert (leak.level, leak.count) == ("warning", 1)
    assert lines(leak) == [[("test.csv", 2), ("train.csv", 122)]]
    # 41 pairs of words each, with the borders; the swapped word is in two of them
    assert leak.examples[0].detail == f"{39 / 43:.0%} alike"
    assert checks["near_conflicting_labels"][0].count == 1


def test_the_same_text_with_two_labels(folder):
    texts = (("It was fine.", "positive"), ("it was  FINE.", "negative"), *CLEAN)
    checks = found(train=rows(*texts))
    (conflict,) = checks["conflicting_labels"]
    assert conflict.level == "error"
    assert [str(place) for place in conflict.examples[0].places] == [
        "train.csv, line 2 (positive)",
        "train.csv, line 3 (negative)",
    ]
    assert checks["duplicates"][0].count == 1


@pytest.mark.parametrize("written", ["postive", "Positive", "positives"])
def test_a_label_that_looks_misspelt(folder, written):
    (typo,) = found(train=rows(*CLEAN, ("a text", written)))["misspelt_label"]
    assert typo.title == f'label "{written}": did you mean "positive"?'
    assert f'--alias "{written}=positive"' in typo.mend
    assert lines(typo) == [[("train.csv", 122)]]


@pytest.mark.parametrize("names", [("4.0", "4.5"), ("very positive", "positive"), ("1", "11")])
def test_labels_that_are_alike_and_meant(folder, names):
    checks = found(train=rows(*many(names[0], 60), *many(names[1], 600)))
    assert "misspelt_label" not in checks


def test_labels_that_training_or_testing_lacks(folder):
    checks = found(train=rows(*CLEAN), test=rows(("a", "neutral"), ("b", "positive")))
    assert 'label "neutral" of the test data' in checks["unknown_label"][0].title
    assert '"negative"' in checks["unmeasured_label"][0].title


def test_classes_too_small(folder):
    checks = found(train=rows(*many("negative", 3), *many("positive", 400)))
    assert checks["few_rows"][0].count == 3
    assert checks["imbalance"][0].level == "warning"
    one = found(train=rows(*many("positive")))
    assert one["one_class"][0].level == "error"
    column = found(train=rows(*((f"text {number}", f"id {number}") for number in range(150))))
    assert column["many_labels"][0].count == 150


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("caf\u00c3\u00a9", "mojibake"),
        ("don\u00e2\u20ac\u2122t", "mojibake"),
        ("\u00f0\u0178\u02dc\u20ac nice", "mojibake"),
        ("lost \ufffd here", "replacement_characters"),
        ("well\u0085 no", "control_characters"),
        ("bell\x07", "control_characters"),
        ("this &amp; that", "html_entities"),
        ("it&#39;s", "html_entities"),
    ],
)
def test_damaged_texts(folder, text, kind):
    checks = found(train=rows(*CLEAN, (text, "positive")))
    assert list(checks) == [kind]
    assert lines(checks[kind][0]) == [[("train.csv", 122)]]


@pytest.mark.parametrize("language", ["cp1252", "latin-1"])
@pytest.mark.parametrize("text", ["Öl für Zürich", "déjà vu", "¡Sí, señor!", "так себе"])
def test_every_wrong_decoding_is_found(folder, text, language):
    wrong = text.encode().decode(language, "replace").replace("\ufffd", "")
    assert "mojibake" in found(train=rows(*CLEAN, (wrong, "positive")))


@pytest.mark.parametrize(
    "text",
    ["Öl für Zürich", "“CAFÉ…”", "MANHÃ”", "Ðe, så", "naïve — “à la carte”", "AT&T; R&D", "😀👍🏽"],
)
def test_whole_texts_are_not_called_damaged(folder, text):
    assert found(train=rows(*CLEAN, (text, "positive"))) == {}


def test_empty_texts_and_rows_that_a_fit_refuses(folder):
    lines_ = [json.dumps({"text": text, "label": label}) for text, label in CLEAN]
    bad = [{"text": "nul \0", "label": "positive"}, {"text": "x", "label": None}]
    bad += [{"text": 5, "label": "positive"}, {"text": " ", "label": "positive"}]
    lines_ += map(json.dumps, bad)
    Path("train.jsonl").write_text("\n".join(lines_), encoding="utf-8")
    report = check(TrainingConfig(data=DataConfig(train=[{"path": "train.jsonl"}])))
    refused, empty = report.findings
    assert (refused.check, refused.count, refused.level) == ("refused_rows", 3, "error")
    assert [line for ((_, line),) in lines(refused)] == [121, 122, 123]
    assert "NUL" in refused.examples[0].excerpt
    assert (empty.check, lines(empty)) == ("empty_texts", [[("train.jsonl", 124)]])


def test_test_data_without_labels_is_checked_as_a_fit_reads_it(folder):
    test = "text,id\n" + "".join(f"{text},7\n" for text, _ in CLEAN[:2])
    leaks = found(train=rows(*CLEAN), test=test)
    assert [finding.count for finding in leaks["leak"]] == [2]


def test_what_a_fit_does_not_read_of_test_data_is_not_refused_by_it(folder):
    (refused,) = found(train=rows(*CLEAN), test=rows(("word", ""), *many("neutral")))[
        "refused_rows"
    ]
    assert refused.title == "1 row of test.csv that `evaluate` refuses"


def test_lengths_and_what_a_choice_of_timesteps_cuts(folder):
    texts = [(" ".join(f"w{n}x{i}" for i in range(30 if n < 20 else 3)), "a") for n in range(100)]
    Path("train.csv").write_text(rows(*texts), encoding="utf-8")
    config = TrainingConfig(
        data=DataConfig(train=[{"path": "train.csv"}]), pipeline={"timesteps": 10, "overlap": 2}
    )
    report = check(config)
    (lengths,) = report.lengths
    assert (lengths.sample, lengths.median, lengths.longest) == (100, 3, 30)
    assert lengths.histogram == [(3, 4, 0.8), (17, 32, 0.2)]
    assert (lengths.cut[10], lengths.cut[25], lengths.cut[50]) == (0.2, 0.2, 0)
    (cut,) = [one for one in report.findings if one.check == "cut_texts"]
    assert (cut.level, cut.count) == ("warning", 20)


def test_texts_without_a_token(folder):
    (none,) = found(train=rows(*CLEAN, ("<b></b>", "positive")))["no_tokens"]
    assert none.count == 1


def test_coverage_of_a_model(folder):
    Path("train.csv").write_text(rows(("The film was good.", "positive")), encoding="utf-8")
    config = TrainingConfig(data=DataConfig(train=[{"path": "train.csv"}]))
    bundle = bundles.current(ROOT / "models" / "default")
    report = check(config, bundle=bundle)
    assert (report.coverage[0].words, report.coverage[0].known) == (5, 1.0)
    Path("train.csv").write_text(rows(("Τὸ βιβλίον ἦν καλόν", "positive")), encoding="utf-8")
    foreign = check(config, bundle=bundle)
    assert foreign.coverage[0].known < 0.5
    assert "unknown_words" in {one.check for one in foreign.findings}


@pytest.mark.slow
def test_coverage_of_vectors(folder):
    Path("train.csv").write_text(rows(("Good film, soooo good", "positive")), encoding="utf-8")
    Path("v.txt").write_text("2 2\ngood 1 2\nsoo 1 2\n", encoding="utf-8")
    config = TrainingConfig(data=DataConfig(train=[{"path": "train.csv"}]))
    (part,) = check(config, vectors=Path("v.txt")).coverage
    assert (part.words, part.known, part.unknown) == (5, 0.6, ["film", ","])


def test_a_word_with_capitals_may_have_the_vector_of_its_lower_case(folder):
    texts = [("Great Food Great", "positive")]
    Path("train.csv").write_text(rows(*texts), encoding="utf-8")
    config = TrainingConfig(data=DataConfig(train=[{"path": "train.csv"}]))
    table = TASKS[config.data.task].table(_read(config, ())[0])
    tokenizer = Tokenizer.train(["Great Food"], vocabulary_size=2000, lowercase=False)
    (part,) = coverage.of_vectors(table, tokenizer, {"great"}, "v.txt")
    assert (part.words, part.known, part.unknown) == (3, pytest.approx(2 / 3), ["Food"])


def test_similar_pairs_are_those_that_comparing_all_finds():
    chance = random.Random(0)
    texts = []
    for _ in range(60):
        base = [chance.choice(WORDS) for _ in range(chance.randint(1, 100))]
        for _ in range(3):
            changed = base.copy()
            for _ in range(chance.randint(0, 2)):
                changed[chance.randrange(len(changed))] = chance.choice(WORDS)
            texts.append(" ".join(changed))

    def shingles(text: str) -> set:
        words = ["", *text.split(), ""]
        return set(zip(words, words[1:], strict=False))

    expected = {}
    for second, text in enumerate(texts):
        for first in range(second):
            ours, theirs = shingles(texts[first]), shingles(text)
            similarity = len(ours & theirs) / len(ours | theirs)
            if similarity >= THRESHOLD:
                expected[first, second] = similarity
    pairs = similar_pairs(texts)
    measured = dict(
        zip(
            zip(pairs.first.tolist(), pairs.second.tolist(), strict=True),
            pairs.similarity.tolist(),
            strict=True,
        )
    )
    assert len(expected) > 40
    assert measured == pytest.approx(expected)


def test_texts_without_words_are_like_no_other():
    assert len(similar_pairs(["!!!", "???", "", "one"]).first) == 0
    assert len(similar_pairs([]).first) == 0


def test_many_texts_that_are_all_alike_take_no_time_that_grows_with_their_pairs():
    text = " ".join(WORDS)
    pairs = similar_pairs([f"{text} {number}" for number in range(1_000)])
    assert set(pairs.second.tolist()) == set(range(1, 1_000))
    assert len(pairs.first) < 1_000 * 20


def run(*arguments: str) -> int:
    return main(["check", *arguments])


def test_the_exit_status(folder, capsys):
    Path("clean.csv").write_text(rows(*CLEAN), encoding="utf-8")
    Path("twice.csv").write_text(rows(*CLEAN, CLEAN[0]), encoding="utf-8")
    Path("typo.csv").write_text(rows(*CLEAN, ("a text", "postive")), encoding="utf-8")
    assert run("clean.csv", "--strict") == 0
    assert run("twice.csv") == 0
    assert run("twice.csv", "--strict") == 1
    assert run("typo.csv") == 1
    assert run("typo.csv", "--alias", "postive=positive") == 0
    assert run("none.csv", "typo.csv") == 2
    assert "UNREADABLE none.csv: cannot be read" in capsys.readouterr().out
    assert run() == 2
    assert "no file to check" in capsys.readouterr().err
    assert run("clean.csv", "--json", "no/folder.json") == 2
    assert "cannot be written" in capsys.readouterr().err


def test_the_text_says_where_and_what_would_do(folder, capsys):
    Path("a.csv").write_text(
        rows(*CLEAN, ("a\x1b[31m text", "postive"), CLEAN[0]), encoding="utf-8"
    )
    run("a.csv")
    out = capsys.readouterr().out
    assert 'ERROR    label "postive": did you mean "positive"?  [misspelt_label]' in out
    assert "a.csv, line 122" in out
    assert "\x1b" not in out and r"\x1b" in out  # a text cannot colour the terminal
    assert out.index("ERROR ") < out.index("WARNING ")
    assert out.endswith("1 file, 122 rows: 1 error, 2 warnings, 0 notes.\n")


def test_json_holds_the_same(folder, capsys):
    Path("a.csv").write_text(rows(*CLEAN, CLEAN[0]), encoding="utf-8")
    run("a.csv", "--json", "-")
    printed = json.loads(capsys.readouterr().out)
    run("a.csv", "--json", "report.json")
    assert json.loads(Path("report.json").read_text(encoding="utf-8")) == printed
    assert printed["files"] == [{"path": "a.csv", "part": "train", "rows": 121}]
    assert printed["labels"] == {"train": {"negative": 61, "positive": 60}}
    (finding,) = printed["findings"]
    assert (finding["check"], finding["level"], finding["count"]) == ("duplicates", "warning", 1)
    assert [row["line"] for row in finding["examples"][0]["rows"]] == [2, 122]
    assert finding["examples"][0]["excerpt"] == "negative 0 words"


@pytest.mark.parametrize("arguments", [[], ["--json", "-"]])
def test_no_text_is_quoted_where_none_may_be(folder, capsys, arguments):
    secret = "secret"
    broken = json.dumps([secret])
    content = [json.dumps({"text": t, "label": label}) for t, label in CLEAN]
    content += [json.dumps({"text": f"{secret} &amp; \ufffd", "label": "positive"})] * 2
    content += [json.dumps({"text": [secret], "label": "positive"})]
    Path("a.jsonl").write_text("\n".join(content), encoding="utf-8")
    Path("b.jsonl").write_text(broken, encoding="utf-8")
    assert run("a.jsonl", "b.jsonl", *arguments) == 2
    assert secret in capsys.readouterr().out
    assert run("a.jsonl", "b.jsonl", "--no-text", *arguments) == 2
    hidden = capsys.readouterr().out
    assert secret not in hidden and "refused_rows" in hidden


def test_a_configuration_names_the_files(folder, capsys):
    (folder / "data").mkdir()
    Path("data/a.csv").write_text(rows(*CLEAN).replace("label", "stars", 1), encoding="utf-8")
    Path("c.toml").write_text(
        '[data]\ntrain = [{ path = "a.csv" }]\nlabel_column = "stars"\n', encoding="utf-8"
    )
    assert run("--config", "c.toml", "--data", "data") == 0
    assert "1 file, 120 rows: 0 errors" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(not RESEARCH_DATA.exists(), reason="the research data is not here")
def test_the_known_leak_of_imdb(folder):
    data = DataConfig(train=[{"path": "imdb-train.parquet"}], test=[{"path": "imdb-test.parquet"}])
    report = check(TrainingConfig(data=data), directories=[RESEARCH_DATA])
    (leak,) = [one for one in report.findings if one.check == "leak"]
    assert leak.count == 123
    duplicates = [one for one in report.findings if one.check == "duplicates"]
    assert {one.count for one in duplicates} == {96, 199}
