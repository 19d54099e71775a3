"""One file from a web site that cuts, stalls, forgets ranges, and changes its files."""

import fcntl
import io
import sys
from pathlib import Path

import pytest

from tests.training import corpus_site
from tests.training.corpus_site import Site
from training.corpora import download as downloading
from training.corpora.download import DownloadError, download, kept

CONTENT = bytes(range(256)) * 2000  # several reads
OTHER = b"another version " * 20000
HALF = len(CONTENT) // 2


@pytest.fixture
def site():
    with corpus_site.running() as site:
        site.files["set.tar.gz"] = CONTENT
        yield site


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "cache" / "set.tar.gz"


def fetch(site: Site, path: Path, *, most: int = 1 << 20, timeout: float = 60) -> None:
    download(site.url("set.tar.gz"), path, most=most, timeout=timeout, wait=0.001)


def ranges(site: Site) -> list[str | None]:
    return [asked for _, asked in site.requests]


def beside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


def test_a_file_comes_whole_and_alone(site, path):
    fetch(site, path)
    assert path.read_bytes() == CONTENT
    assert beside(path) == ["set.tar.gz"]


@pytest.mark.parametrize(("how", "timeout"), [("cut", 60), ("chunked cut", 60), ("stall", 2)])
def test_a_break_is_gone_on_from_at_once(site, path, how, timeout):
    site.misbehaviours = [how]
    fetch(site, path, timeout=timeout)
    assert path.read_bytes() == CONTENT
    first, second = ranges(site)
    assert first is None
    assert second.startswith("bytes=") and int(second[6:-1]) >= HALF - 8
    assert beside(path) == ["set.tar.gz"]


def test_the_next_call_goes_on_where_the_last_one_gave_up(site, path):
    site.misbehaviours = ["cut", "drop", "drop", "drop"]
    with pytest.raises(DownloadError) as caught:
        fetch(site, path)
    said = str(caught.value)
    assert site.url("set.tar.gz") in said
    assert f"after {HALF:,} bytes of {len(CONTENT):,} bytes, 3 times" in said
    assert f"{HALF:,} bytes are kept; the same command goes on from there." in said
    assert not path.exists()
    assert kept(path) == HALF

    fetch(site, path)
    assert ranges(site) == [None, *[f"bytes={HALF}-"] * 4]
    assert path.read_bytes() == CONTENT
    assert kept(path) == 0


def test_tries_that_get_further_are_not_counted(site, path):
    site.misbehaviours = ["cut", "drop", "drop"] * 3
    fetch(site, path)
    assert path.read_bytes() == CONTENT


def test_a_server_that_knows_no_ranges_sends_all_again(site, path):
    site.ranges = False
    site.misbehaviours = ["cut"]
    fetch(site, path)
    assert ranges(site) == [None, f"bytes={HALF}-"]
    assert path.read_bytes() == CONTENT


def test_a_server_that_knows_no_ranges_and_always_cuts_is_given_up(site, path):
    site.ranges = False
    site.misbehaviours = ["cut"] * 9
    with pytest.raises(DownloadError, match="3 times without getting any further"):
        fetch(site, path)
    assert len(site.requests) == 4


def test_parts_of_two_versions_never_meet(site, path):
    site.misbehaviours = ["cut", "drop", "drop", "drop"]
    with pytest.raises(DownloadError):
        fetch(site, path)
    site.files["set.tar.gz"] = OTHER
    fetch(site, path)
    assert path.read_bytes() == OTHER


def test_a_date_will_do_where_the_tag_is_weak(site, path):
    site.tag = False
    site.misbehaviours = ["cut"]
    fetch(site, path)
    assert ranges(site) == [None, f"bytes={HALF}-"]
    assert path.read_bytes() == CONTENT


def test_a_file_whose_version_has_no_name_begins_again(site, path):
    site.tag = site.date = False
    site.misbehaviours = ["cut"]
    fetch(site, path)
    assert ranges(site) == [None, None]
    assert path.read_bytes() == CONTENT


def all_but_renamed(site: Site, path: Path) -> None:
    """Let the last byte come, and the file be refused its place."""
    path.mkdir(parents=True)
    with pytest.raises(DownloadError, match="cannot be written: Is a directory"):
        fetch(site, path)
    path.rmdir()
    assert kept(path) == len(CONTENT)


def test_a_part_that_is_the_whole_file_is_kept(site, path):
    all_but_renamed(site, path)
    fetch(site, path)
    assert ranges(site) == [None, f"bytes={len(CONTENT)}-"]
    assert path.read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_now_begins_again(site, path):
    all_but_renamed(site, path)
    site.files["set.tar.gz"] = OTHER
    site.misbehaviours = [416]  # of a server that looks at the range before the version
    fetch(site, path)
    assert path.read_bytes() == OTHER


def test_a_size_that_is_not_told_is_taken_as_it_comes(site, path):
    site.length = False
    fetch(site, path)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("length", [True, False])
def test_a_file_that_is_too_large_is_refused(site, path, length):
    site.length = length
    with pytest.raises(DownloadError, match=r"set\.tar\.gz: .* 1,000 bytes"):
        fetch(site, path, most=1000)
    assert beside(path) == []


@pytest.mark.parametrize(("status", "reason"), [(404, "Not Found"), (503, "Service Unavailable")])
def test_a_refusal_is_told_at_once(site, path, status, reason):
    site.misbehaviours = [status]
    with pytest.raises(DownloadError) as caught:
        fetch(site, path)
    address = site.url("set.tar.gz")
    assert str(caught.value) == f"{address}: the server answered {status} {reason}."
    assert len(site.requests) == 1
    assert beside(path) == []


def test_another_range_than_was_asked_is_not_taken(site, path):
    site.misbehaviours = ["cut", "shift"]
    with pytest.raises(DownloadError, match="another part than was asked"):
        fetch(site, path)
    assert not path.exists()


def test_an_address_that_does_not_answer_is_told(path):
    with corpus_site.running() as site:
        pass
    with pytest.raises(DownloadError) as caught:
        fetch(site, path)
    assert f"{site.url('set.tar.gz')}: cannot be reached: [Errno 111] Connection refused." == str(
        caught.value
    )
    assert beside(path) == []


def test_a_cache_that_cannot_be_written_is_told(site, path):
    path.parent.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(DownloadError, match=f"{path.parent}: cannot be written: File exists"):
        fetch(site, path)
    assert site.requests == []


def test_two_runs_do_not_write_one_file(site, path):
    path.parent.mkdir()
    with path.with_name("set.tar.gz.part").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DownloadError, match="another run is writing this file"):
            fetch(site, path)
    assert site.requests == []


def test_ctrl_c_keeps_what_came(site, path, monkeypatch, caplog):
    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(downloading.tqdm, "update", interrupt)
        with caplog.at_level("INFO"), pytest.raises(KeyboardInterrupt):
            fetch(site, path)
    came = kept(path)
    assert 0 < came < len(CONTENT)
    assert f"the next time goes on after {came:,} bytes" in caplog.text
    fetch(site, path)
    assert ranges(site) == [None, f"bytes={came}-"]
    assert path.read_bytes() == CONTENT


def test_a_terminal_shows_the_progress_and_the_time_left(site, path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    fetch(site, path)
    assert "set.tar.gz: 100%" in sys.stderr.getvalue()
    assert "512k/512k [00:00<00:00," in sys.stderr.getvalue()
