"""Data sets from a web site into files that a fit reads: small ones of the published layouts."""

import gzip
import hashlib
import io
import json
import re
import tarfile
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet
import pytest

from sentiment.errors import SentimentError
from tests.training import corpus_site
from tests.training.corpus_site import Site
from training.__main__ import main
from training.config import parse
from training.corpora import download
from training.corpora.archives import MOST_OF_ONE, ArchiveError, tar_members
from training.corpora.cache import Cache, CacheError
from training.corpora.catalogue import CORPORA, Corpus, Remote
from training.corpora.convert import ContentError
from training.corpora.download import DownloadError
from training.corpora.fetch import ChecksumMismatch, fetch
from training.rows import readers, sources

ROOT = Path(__file__).parents[2]


def tar(files: dict[str, str | bytes], *, links: dict[str, str] | None = None) -> bytes:
    """A .tar.gz of files, and of symbolic links."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return packed.getvalue()


def review(text: str, *, stars: str = "5.0", title: str = "Bread & butter") -> str:
    return (
        f"<review>\n<unique_id>\nB0:{len(text)}\n</unique_id>\n<unique_id>\nB0\n</unique_id>\n"
        f"<rating>\n{stars}\n</rating>\n<title>\n{title}\n</title>\n"
        f"<review_text>\n{text}\n</review_text>\n</review>\n"
    )


FILMS: dict[str, str | bytes] = {
    "aclImdb/README": "Not a review.",
    "aclImdb/train/neg/0_2.txt": "We left the room after an hour.",
    "aclImdb/train/pos/10_9.txt": "A quiet film, and a lovely one.",
    "aclImdb/train/pos/2_10.txt": "Señora, what an evening!",
    "aclImdb/train/unsup/0_0.txt": "The film was shot in Bergen.",
    "aclImdb/train/urls_pos.txt": "http://example.org/",
    "aclImdb/test/neg/1_1.txt": "Flat from the first minute.<br />Avoid.",
}
TREES = {
    "trees/train.txt": "(3 (2 (2 The) (2 cat)) (3 (2 sang) (4 well)))\n"
    "(1 (2 (2 -LRB-) (2 The)) (0 (1 worst\\/last) (2 -RRB-)))\n",
    "trees/dev.txt": "(2 (2 It) (2 rained))\n",
    "trees/test.txt": "(4 (4 Splendid) (2 tea))\n",
}
TWEETS = {
    "train_text.txt": "Up early\u2028and happy \n@user no bus again \n",
    "train_labels.txt": "2\n0\n",
    "val_text.txt": "It is Monday \n",
    "val_labels.txt": "1\n",
    "test_text.txt": "Rain on my birthday \n",
    "test_labels.txt": "0\n",
}
PRODUCTS: dict[str, str | bytes] = {
    f"sorted_data_acl/{domain}/{label}.review": review(
        f"This {domain} thing is {word}.", stars=stars
    )
    for domain in ("books", "dvd", "electronics", "kitchen_&_housewares")
    for label, word, stars in (("negative", "useless", "1.0"), ("positive", "a joy", "4.0"))
}
PRODUCTS["sorted_data_acl/books/unlabeled.review"] = review("Nobody said what this is.")
ROWS = {
    "imdb": {"imdb-train": 3, "imdb-test": 1, "imdb-unlabelled": 1},
    "sst2": {"sst-train": 2, "sst-train-phrases": None, "sst-dev": 1, "sst-test": 1},
    "tweets": {"tweets-train": 3, "tweets-test": 1},
    "amazon": dict.fromkeys(CORPORA["amazon"].files, 2),
}


def zipped(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


PUBLISHED = {
    "imdb": {"aclImdb_v1.tar.gz": tar(FILMS)},
    "sst2": {"trainDevTestTrees_PTB.zip": zipped(TREES)},
    "tweets": {name: content.encode() for name, content in TWEETS.items()},
    "amazon": {"domain_sentiment_data.tar.gz": tar(PRODUCTS)},
}


@pytest.fixture
def site():
    with corpus_site.running() as site:
        for files in PUBLISHED.values():
            site.files |= files
        yield site


@pytest.fixture
def cache(tmp_path) -> Cache:
    return Cache(tmp_path / "cache")


def small(name: str, site: Site) -> Corpus:
    """A data set of the catalogue with the site's addresses, checksums and numbers of rows."""
    remotes = [
        Remote(
            site.url(remote.name),
            remote.size and len(site.files[remote.name]),
            remote.sha256 and hashlib.sha256(site.files[remote.name]).hexdigest(),
        )
        for remote in CORPORA[name].remotes
    ]
    return replace(CORPORA[name], remotes=tuple(remotes), files=ROWS[name])


def rows(cache: Cache, name: str) -> list[dict[str, object]]:
    return pyarrow.parquet.read_table(cache.parquet(name)).to_pylist()


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_small_files_have_the_catalogue_s_names():
    for name, corpus in CORPORA.items():
        assert {remote.name for remote in corpus.remotes} == PUBLISHED[name].keys()
        assert corpus.files.keys() == ROWS[name].keys()


def test_imdb(site, cache):
    fetch(small("imdb", site), cache)
    assert rows(cache, "imdb-train") == [
        {
            "id": "train/pos/2_10",
            "text": "Señora, what an evening!",
            "label": "positive",
            "stars": 10,
        },
        {
            "id": "train/pos/10_9",
            "text": "A quiet film, and a lovely one.",
            "label": "positive",
            "stars": 9,
        },
        {
            "id": "train/neg/0_2",
            "text": "We left the room after an hour.",
            "label": "negative",
            "stars": 2,
        },
    ]
    assert [row["id"] for row in rows(cache, "imdb-test")] == ["test/neg/1_1"]
    assert rows(cache, "imdb-unlabelled") == [
        {"id": "train/unsup/0_0", "text": "The film was shot in Bergen."}
    ]


def test_sst2(site, cache):
    fetch(small("sst2", site), cache)
    assert rows(cache, "sst-train") == [
        {"text": "The cat sang well", "label5": "positive", "label": "positive"},
        {"text": "( The worst/last )", "label5": "negative", "label": "negative"},
    ]
    assert [(row["text"], row["label5"]) for row in rows(cache, "sst-train-phrases")] == [
        ("The", "neutral"),
        ("cat", "neutral"),
        ("The cat", "neutral"),
        ("sang", "neutral"),
        ("well", "very positive"),
        ("sang well", "positive"),
        ("(", "neutral"),
        ("( The", "neutral"),
        ("worst/last", "negative"),
        (")", "neutral"),
        ("worst/last )", "very negative"),
    ]
    assert [row["label"] for row in rows(cache, "sst-dev") + rows(cache, "sst-test")] == [
        "neutral",
        "positive",
    ]


def test_tweets(site, cache):
    fetch(small("tweets", site), cache)
    assert rows(cache, "tweets-train") == [
        {"text": "Up early\u2028and happy", "label": "positive"},
        {"text": "@user no bus again", "label": "negative"},
        {"text": "It is Monday", "label": "neutral"},
    ]
    assert rows(cache, "tweets-test") == [{"text": "Rain on my birthday", "label": "negative"}]


def test_amazon(site, cache):
    fetch(small("amazon", site), cache)
    assert rows(cache, "amazon-kitchen") == [
        {
            "id": "B0:41",
            "title": "Bread & butter",
            "text": "This kitchen_&_housewares thing is a joy.",
            "label": "positive",
            "stars": 4.0,
        },
        {
            "id": "B0:43",
            "title": "Bread & butter",
            "text": "This kitchen_&_housewares thing is useless.",
            "label": "negative",
            "stars": 1.0,
        },
    ]
    assert len(everything_in(cache.data)) == 4


def test_a_review_that_is_not_utf_8_is_read_as_windows_1252(site, cache):
    content = review("Crème brûlée, £5.").encode() + review("Crème brûlée, £5.").encode("cp1252")
    books = {**PRODUCTS, "sorted_data_acl/books/positive.review": content}
    site.files["domain_sentiment_data.tar.gz"] = tar(books)
    corpus = small("amazon", site)
    fetch(replace(corpus, files={**corpus.files, "amazon-books": 3}), cache)
    assert [row["text"] for row in rows(cache, "amazon-books")][:2] == ["Crème brûlée, £5."] * 2


def test_the_terms_travel_with_the_rows(site, cache):
    fetch(small("imdb", site), cache)
    about = pyarrow.parquet.read_schema(cache.parquet("imdb-train")).metadata
    assert about[b"citation"].decode() == CORPORA["imdb"].citation
    assert about[b"terms"].decode() == CORPORA["imdb"].terms
    assert about[b"source"].decode() == site.url("aclImdb_v1.tar.gz")


def test_a_fit_reads_the_folder(site, cache):
    for name in CORPORA:
        fetch(small(name, site), cache)
    config = parse(
        {
            "data": {
                "train": [{"path": "tweets-train.parquet"}],
                "validation": [{"path": "amazon-dvd.parquet"}],
                "unlabelled": [{"path": "imdb-unlabelled.parquet"}],
            }
        },
        origin="test",
    )
    data = sources.load(config.data, seed=0, directories=[cache.data])
    assert (len(data.train), len(data.validation)) == (3, 2)
    assert data.unlabelled == ["The film was shot in Bergen."]
    for name in everything_in(cache.data):
        assert readers.read(cache.data / name, labelled="unlabelled" not in name).texts


def test_the_configuration_of_the_default_model_names_files_of_the_catalogue():
    made = {f"{name}.parquet" for corpus in CORPORA.values() for name in corpus.files}
    text = (ROOT / "training" / "default.toml").read_text(encoding="utf-8")
    config = parse(tomllib.loads(text), origin="default.toml").data
    wanted = {source.path for source in (*config.train, *config.validation, *config.unlabelled)}
    assert wanted - made == {"train.csv", "templates.csv"}


def test_a_wrong_checksum_is_told_and_the_file_is_gone(site, cache):
    corpus = small("imdb", site)
    expected = corpus.remotes[0].sha256
    changed = bytearray(site.files["aclImdb_v1.tar.gz"])
    changed[-1] ^= 1
    site.files["aclImdb_v1.tar.gz"] = bytes(changed)
    with pytest.raises(ChecksumMismatch) as caught:
        fetch(corpus, cache)
    said = str(caught.value)
    assert f"received a file with SHA-256 {hashlib.sha256(changed).hexdigest()}" in said
    assert f"expected {expected}, published" in said
    assert site.url("aclImdb_v1.tar.gz") in said
    assert everything_in(cache.folder) == []


def test_a_checksum_that_nobody_published_is_recorded_and_asked_for(site, cache):
    corpus = small("amazon", site)
    fetch(corpus, cache)
    address = site.url("domain_sentiment_data.tar.gz")
    first = hashlib.sha256(site.files["domain_sentiment_data.tar.gz"]).hexdigest()
    recorded = cache.folder / "downloads" / "checksums.json"
    assert json.loads(recorded.read_text()) == {address: first}

    for name in corpus.files:
        cache.parquet(name).unlink()
    cache.download(corpus, corpus.remotes[0]).unlink()
    site.files["domain_sentiment_data.tar.gz"] = tar({**PRODUCTS, "added": "something"})
    with pytest.raises(ChecksumMismatch, match=f"{first}, recorded when it was first fetched"):
        fetch(corpus, cache)
    assert everything_in(cache.folder) == ["downloads/checksums.json"]


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"<html>We have moved.</html>", ArchiveError, "not a readable .tar.gz archive"),
        (PUBLISHED["amazon"]["domain_sentiment_data.tar.gz"][:-40], ArchiveError, "not a readable"),
        (gzip.compress(b"plain"), ArchiveError, "not a readable"),
        (tar({}), ContentError, "0 rows were found for amazon-books; there should be 2"),
        (
            tar({**PRODUCTS, "sorted_data_acl/dvd/positive.review": review("a") + review("b")}),
            ContentError,
            "3 rows were found for amazon-dvd; there should be 2",
        ),
        (
            tar({**PRODUCTS, "sorted_data_acl/dvd/positive.review": "<review>A</review>"}),
            ContentError,
            "sorted_data_acl/dvd/positive.review, review 1: there is no <unique_id>",
        ),
        (
            tar({**PRODUCTS, "sorted_data_acl/dvd/positive.review": review("a", stars="many")}),
            ContentError,
            'review 1: the rating is "many", not a number',
        ),
    ],
    # An archive's own bytes hold the time, and every process must give a test the same name.
    ids=["a page", "cut off", "no archive", "empty", "a review twice", "no id", "no rating"],
)
def test_what_is_something_else_is_neither_kept_nor_recorded(site, cache, content, error, message):
    site.files["domain_sentiment_data.tar.gz"] = content
    with pytest.raises(error, match=message):
        fetch(small("amazon", site), cache)
    assert everything_in(cache.folder) == []


@pytest.mark.parametrize(
    ("tree", "place"),
    [
        ("(3 (2 The) (2 cat)", 2),
        ("(3 (2 The) (2 cat)))", 2),
        ("(7 (2 The) (2 cat))", 2),
        ("cat", 2),
        ("", 2),
    ],
)
def test_a_tree_that_is_none_is_told_by_its_line(site, cache, tree, place):
    trees = {**TREES, "trees/dev.txt": f"(2 (2 It) (2 rained))\n{tree}\n"}
    site.files["trainDevTestTrees_PTB.zip"] = zipped(trees)
    with pytest.raises(ContentError, match=f"trees/dev.txt, line {place}: not a tree in brackets"):
        fetch(small("sst2", site), cache)
    assert not cache.data.exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train_labels.txt", b"2\n", "train_text.txt has 2 lines and train_labels.txt 1"),
        ("test_labels.txt", b"3\n", 'test_labels.txt: "3" is not one of 0, 1, 2'),
        ("val_text.txt", b"Caf\xe9\n", "val_text.txt: not valid UTF-8"),
    ],
)
def test_tweets_that_do_not_fit_are_told(site, cache, name, content, message):
    site.files[name] = content
    with pytest.raises(ContentError, match=message):
        fetch(small("tweets", site), cache)
    assert not cache.data.exists()


def test_a_zip_that_is_none_is_told(site, cache):
    site.files["trainDevTestTrees_PTB.zip"] = b"PK, but not for long"
    with pytest.raises(ArchiveError, match="not a readable .zip archive"):
        fetch(small("sst2", site), cache)


def test_an_archive_puts_nothing_anywhere(site, cache, tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("A private note.", encoding="utf-8")
    films = {
        **FILMS,
        "../outside.txt": "Overwritten.",
        str(tmp_path / "absolute.txt"): "Written.",
        "aclImdb/train/pos/../../../../escaped_9.txt": "Written.",
    }
    links = {"aclImdb/train/pos/77_9.txt": str(outside)}
    site.files["aclImdb_v1.tar.gz"] = tar(films, links=links)
    fetch(small("imdb", site), cache)
    assert outside.read_text(encoding="utf-8") == "A private note."
    assert len(rows(cache, "imdb-train")) == 3
    assert [name for name in everything_in(tmp_path) if "cache" not in name] == ["outside.txt"]


def test_an_archive_that_unpacks_to_too_much_is_given_up(tmp_path):
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(tar({"unwanted": bytes(3 << 20), "wanted": "a"}))
    assert path.stat().st_size < 10_000
    wanted = re.compile("wanted")
    with pytest.raises(ArchiveError, match="unpacks to more than 1,048,576 bytes"):
        list(tar_members(path, wanted, most=1 << 20))
    assert [content for _, content in tar_members(path, wanted)] == [b"a"]


@pytest.mark.parametrize("name", ["imdb", "sst2"])
def test_a_member_that_is_too_large_is_not_read(site, cache, name):
    large = "a" * (MOST_OF_ONE + 1)
    site.files["aclImdb_v1.tar.gz"] = tar({"aclImdb/train/pos/1_9.txt": large})
    site.files["trainDevTestTrees_PTB.zip"] = zipped({"trees/dev.txt": large})
    with pytest.raises(ArchiveError, match="has 33,554,433 bytes; no more than 33,554,432"):
        fetch(small(name, site), cache)


def test_without_the_site_it_says_where_to_put_the_file(cache):
    with corpus_site.running() as site:
        site.files |= PUBLISHED["imdb"]
        corpus = small("imdb", site)
    with pytest.raises(DownloadError) as caught:
        fetch(corpus, cache)
    place = cache.download(corpus, corpus.remotes[0])
    said = str(caught.value)
    assert f"{corpus.remotes[0].url}: cannot be reached" in said
    assert f"put it at {place} and run this again" in said

    place.write_bytes(PUBLISHED["imdb"]["aclImdb_v1.tar.gz"])
    fetch(corpus, cache)
    assert cache.has(corpus)
    assert len(rows(cache, "imdb-train")) == 3


def test_a_broken_download_goes_on_in_the_next_fetch(site, cache):
    site.misbehaviours = ["cut", 503]
    corpus = small("imdb", site)
    with pytest.raises(DownloadError, match="the server answered 503"):
        fetch(corpus, cache)
    came = cache.downloaded(corpus)
    assert 0 < came < len(PUBLISHED["imdb"]["aclImdb_v1.tar.gz"])
    fetch(corpus, cache)
    assert site.requests[-1] == ("/aclImdb_v1.tar.gz", f"bytes={came}-")
    assert cache.has(corpus)


def test_what_was_downloaded_is_not_asked_for_again(site, cache):
    corpus = small("tweets", site)
    fetch(corpus, cache)
    asked = len(site.requests)
    cache.parquet("tweets-test").unlink()
    fetch(corpus, cache)
    assert len(site.requests) == asked == 6
    assert cache.has(corpus)


def test_a_disk_that_is_full_leaves_no_half_of_a_set(site, cache, monkeypatch):
    written = []

    def write(table, path, **_):
        written.append(path)
        path.write_bytes(b"half of it")
        if len(written) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyarrow.parquet, "write_table", write)
    with pytest.raises(CacheError, match="No space left on device"):
        fetch(small("imdb", site), cache)
    assert everything_in(cache.data) == []


def test_a_record_of_checksums_that_cannot_be_read_is_told(site, cache):
    (cache.folder / "downloads").mkdir(parents=True)
    (cache.folder / "downloads" / "checksums.json").write_text("{", encoding="utf-8")
    with pytest.raises(CacheError, match=r"checksums\.json: cannot be read"):
        fetch(small("amazon", site), cache)
    assert site.requests == []


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"SENTIMENT_CACHE": "/data/sets", "XDG_CACHE_HOME": "/var/cache"}, "/data/sets"),
        ({"SENTIMENT_CACHE": "~/sets"}, "/home/ada/sets"),
        ({"SENTIMENT_CACHE": "", "XDG_CACHE_HOME": "/var/cache"}, "/var/cache/sentiment"),
        ({"XDG_CACHE_HOME": "relative"}, "/home/ada/.cache/sentiment"),
        ({}, "/home/ada/.cache/sentiment"),
    ],
)
def test_where_the_cache_is(monkeypatch, environ, folder):
    monkeypatch.setenv("HOME", "/home/ada")
    assert Cache.of(environ).folder == Path(folder)


def test_the_cache_is_outside_the_checkout_unless_it_is_told_otherwise():
    assert ROOT not in Cache.of({}).folder.parents


@pytest.fixture
def command(site, cache, monkeypatch):
    """The command line, with the site's small data sets in the catalogue."""
    monkeypatch.setenv("SENTIMENT_CACHE", str(cache.folder))
    for name in CORPORA:
        monkeypatch.setitem(CORPORA, name, small(name, site))
    return lambda *arguments: main(["datasets", *arguments])


def test_the_command_says_the_terms_before_it_asks_for_anything(command, site, capsys):
    site.misbehaviours = [404]
    assert command("fetch", "imdb") == 2
    captured = capsys.readouterr()
    assert f"terms: {CORPORA['imdb'].terms}\n  cite: {CORPORA['imdb'].citation}" in captured.out
    assert "the server answered 404 Not Found" in captured.err
    assert "Traceback" not in captured.err


def test_the_command_fetches_and_lists(command, site, cache, capsys):
    assert command("list") == 0
    before = capsys.readouterr().out
    assert before.count("not here") == 4
    assert all(f"{corpus.name}: {corpus.title}" in before for corpus in CORPORA.values())
    assert str(cache.data) in before
    assert site.requests == []

    assert command("fetch", "sst2", "amazon", "sst2") == 0
    said = capsys.readouterr().out
    assert f"here: {cache.data}/sst-train.parquet" in said
    assert said.endswith(f"Train on them with --data {cache.data}\n")
    assert len(site.requests) == 2

    assert command("fetch", "sst2") == 0
    assert len(site.requests) == 2
    capsys.readouterr()
    site.misbehaviours = ["cut", 503]
    assert command("fetch", "imdb") == 2
    capsys.readouterr()
    assert command("list") == 0
    after = capsys.readouterr().out
    assert after.count("; here\n") == 2
    assert after.count("came so far") == 1


def test_an_unknown_name_is_refused(command, capsys):
    with pytest.raises(SystemExit) as caught:
        command("fetch", "imbd")
    assert caught.value.code == 2
    assert "invalid choice: 'imbd' (choose from" in capsys.readouterr().err


def test_ctrl_c_leaves_a_download_to_go_on_with(command, cache, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(download.tqdm, "update", interrupt)
    assert command("fetch", "imdb") == 130
    assert not cache.data.exists()
    assert cache.downloaded(CORPORA["imdb"]) > 0


def test_the_actions_and_the_names_are_documented():
    text = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    assert "python -m training datasets list" in text
    assert "python -m training datasets fetch" in text
    assert "`SENTIMENT_CACHE`" in text
    for corpus in CORPORA.values():
        assert f"| `{corpus.name}` |" in text
        for name in corpus.files:
            assert f"`{name}`" in text


def test_every_error_here_is_one_that_the_command_line_tells():
    for error in (ArchiveError, CacheError, ChecksumMismatch, ContentError, DownloadError):
        assert issubclass(error, SentimentError)
        assert error.code != SentimentError.code
