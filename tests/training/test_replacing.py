"""Files that appear whole: no failure, and no interrupt anywhere, leaves a part of one."""

from pathlib import Path
from typing import BinaryIO

import pytest

from tests.interrupts import at_every_step
from training import files
from training.config import ConfigError


def new(file: BinaryIO) -> None:
    file.write(b"ne")
    file.write(b"w")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# An interrupt between the opening of a file and the block that closes it leaves that to Python.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_wherever_an_interrupt_comes_the_old_file_is_there_or_the_new_one(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    seen = []
    for _ in at_every_step(lambda: files.replace(path, new)):
        seen.append(contents(tmp_path))
        path.write_bytes(b"old")
    assert contents(tmp_path) == {"a": b"new"}
    assert all(found in ({"a": b"old"}, {"a": b"new"}) for found in seen)
    assert seen.count({"a": b"old"}) > 100
    assert seen.count({"a": b"new"}) > 0


def test_of_a_failure_nothing_stays(tmp_path):
    def fail(file: BinaryIO) -> None:
        file.write(b"ne")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        files.replace(tmp_path / "a", fail)
    assert contents(tmp_path) == {}


def test_a_report_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(ConfigError, match="none/report.json: cannot be written: No such file"):
        files.write(tmp_path / "none" / "report.json", "{}")
