"""The published files of each data set -> columns by file name, as they will stand in Parquet."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sentiment.errors import SentimentError
from training.corpora.archives import tar_members, zip_members

# Values by column, by the name of the file.
Tables = dict[str, dict[str, list[Any]]]

GRADES = ("very negative", "negative", "neutral", "positive", "very positive")
LABELS = ("negative", "neutral", "positive")


class ContentError(SentimentError):
    """A published file is not what it should be."""

    code = "unexpected_content"


_REVIEW = re.compile(
    r"aclImdb/(?P<part>train|test)/(?P<label>pos|neg|unsup)/(?P<number>\d+)_(?P<stars>\d+)\.txt"
)


def imdb(paths: Mapping[str, Path]) -> Tables:
    """Films: `aclImdb/train/pos/12_9.txt` holds review 12, nine stars. Positive ones come first."""
    rows: dict[str, list[tuple[int, str, str, str, int]]] = {
        "imdb-train": [],
        "imdb-test": [],
        "imdb-unlabelled": [],
    }
    for found, content in tar_members(paths["aclImdb_v1.tar.gz"], _REVIEW):
        unlabelled = found["label"] == "unsup"
        name = "imdb-unlabelled" if unlabelled else f"imdb-{found['part']}"
        label = "positive" if found["label"] == "pos" else "negative"
        identity = f"{found['part']}/{found['label']}/{found['number']}_{found['stars']}"
        text = _text(content, f"{found.string} in aclImdb_v1.tar.gz")
        rows[name].append((int(found["number"]), identity, text, label, int(found["stars"])))
    tables: Tables = {}
    for name, reviews in rows.items():
        reviews.sort(key=lambda review: (review[3] == "negative", review[0]))
        columns = ("id", "text") if name == "imdb-unlabelled" else ("id", "text", "label", "stars")
        tables[name] = {
            column: [review[place] for review in reviews] for place, column in enumerate(columns, 1)
        }
    return tables


_TREES = re.compile(r"trees/(train|dev|test)\.txt")
_NODE = re.compile(r"\((?P<grade>[0-4]) |(?P<close>\)) ?|(?P<word>[^() ]+)")
_ESCAPES = {"-LRB-": "(", "-RRB-": ")", r"\/": "/", r"\*": "*"}
_ESCAPED = re.compile("|".join(map(re.escape, _ESCAPES)))


def sst2(paths: Mapping[str, Path]) -> Tables:
    """Trees: sentences, and each phrase of the training ones that is no whole sentence, once."""
    tables: Tables = {}
    for found, content in zip_members(paths["trainDevTestTrees_PTB.zip"], _TREES):
        trees = [
            list(_phrases(line, f"{found.string}, line {number}"))
            for number, line in enumerate(_lines(content, found.string), 1)
        ]
        tables[f"sst-{found[1]}"] = _graded([phrases[-1] for phrases in trees])
        if found[1] == "train":
            sentences = {phrases[-1][0] for phrases in trees}
            grades: dict[str, int] = {}
            for phrases in trees:
                for text, grade in phrases:
                    if text not in sentences:
                        grades.setdefault(text, grade)
            tables["sst-train-phrases"] = _graded(list(grades.items()))
    return tables


def _phrases(tree: str, place: str) -> Iterator[tuple[str, int]]:
    """Yield the phrases of a bracketed tree, parts before the whole, with their grades, 0 to 4."""
    words: list[str] = []
    opened: list[tuple[int, int]] = []  # of each open phrase: its first word, its grade
    end = 0
    for node in _NODE.finditer(tree):
        if node.start() != end or (end and not opened):
            break
        if node["grade"]:
            opened.append((len(words), int(node["grade"])))
        elif not opened:
            break
        elif node["word"]:
            words.append(_ESCAPED.sub(lambda escape: _ESCAPES[escape[0]], node["word"]))
        else:
            first, grade = opened.pop()
            yield " ".join(words[first:]), grade
        end = node.end()
    if opened or end != len(tree) or not words:
        raise ContentError(f"{place}: not a tree in brackets.")


def _graded(phrases: list[tuple[str, int]]) -> dict[str, list[Any]]:
    return {
        "text": [text for text, _ in phrases],
        "label5": [GRADES[grade] for _, grade in phrases],
        "label": [LABELS[(grade > 1) + (grade > 2)] for _, grade in phrases],
    }


def tweets(paths: Mapping[str, Path]) -> Tables:
    """Lines of text beside lines of labels, 0 to 2; the validation part counts as training data."""
    parts = {part: _tweets(paths, part) for part in ("train", "val", "test")}
    train, validation = parts["train"], parts["val"]
    return {
        "tweets-train": {column: train[column] + validation[column] for column in train},
        "tweets-test": parts["test"],
    }


def _tweets(paths: Mapping[str, Path], part: str) -> dict[str, list[str]]:
    texts, labels = (
        _lines(paths[name].read_bytes(), name)
        for name in (f"{part}_text.txt", f"{part}_labels.txt")
    )
    if len(texts) != len(labels):
        raise ContentError(
            f"{part}_text.txt has {len(texts):,} lines and {part}_labels.txt {len(labels):,}; "
            "there should be as many."
        )
    if unknown := set(labels) - {"0", "1", "2"}:
        raise ContentError(f'{part}_labels.txt: "{min(unknown)}" is not one of 0, 1, 2.')
    return {
        "text": [text.strip() for text in texts],
        "label": [LABELS[int(label)] for label in labels],
    }


_DOMAIN = re.compile(
    r"sorted_data_acl/(?P<domain>books|dvd|electronics|kitchen)(?:_&_housewares)?"
    r"/(?P<label>positive|negative)\.review"
)


def amazon(paths: Mapping[str, Path]) -> Tables:
    """Products: a file for each domain and label, in something like XML; positive ones first."""
    columns = ("id", "title", "text", "label", "stars")
    files: dict[tuple[str, str], list[tuple[str, str, str, str, float]]] = {}
    for found, content in tar_members(paths["domain_sentiment_data.tar.gz"], _DOMAIN):
        files[found["domain"], found["label"]] = [
            _product(review, found["label"], f"{found.string}, review {number}")
            for number, review in enumerate(content.split(b"<review>")[1:], 1)
        ]
    tables: Tables = {}
    for domain, label in sorted(files, reverse=True):
        table = tables.setdefault(f"amazon-{domain}", {column: [] for column in columns})
        for place, column in enumerate(columns):
            table[column] += [review[place] for review in files[domain, label]]
    return tables


def _product(review: bytes, label: str, place: str) -> tuple[str, str, str, str, float]:
    try:
        written = review.decode("utf-8")
    except UnicodeDecodeError:
        written = review.decode("cp1252", "replace")  # a few reviews, in files of both
    identity, title, text, stars = (
        _field(written, tag, place) for tag in ("unique_id", "title", "review_text", "rating")
    )
    try:
        return identity, title, text, label, float(stars)
    except ValueError:
        raise ContentError(f'{place}: the rating is "{stars}", not a number.') from None


def _field(review: str, tag: str, place: str) -> str:
    """What stands between the first `<tag>` and `</tag>`; not XML, a bare & may be in it."""
    _, opened, rest = review.partition(f"<{tag}>")
    value, closed, _ = rest.partition(f"</{tag}>")
    if not opened or not closed:
        raise ContentError(f"{place}: there is no <{tag}>.")
    return value.strip()


def _text(content: bytes, place: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ContentError(f"{place}: not valid UTF-8: {error}.") from error


def _lines(content: bytes, place: str) -> list[str]:
    # Not str.splitlines: a tweet may hold U+2028.
    return _text(content, place).removesuffix("\n").split("\n")


CONVERTERS: dict[str, Callable[[Mapping[str, Path]], Tables]] = {
    "imdb": imdb,
    "sst2": sst2,
    "tweets": tweets,
    "amazon": amazon,
}
