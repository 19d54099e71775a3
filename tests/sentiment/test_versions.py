"""Saving is all or nothing, versions are numbered, and `CURRENT` names the one that is served."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from sentiment import bundle as bundles
from sentiment.bundle import Bundle
from sentiment.classifier import Classifier
from sentiment.errors import BundleMissing, GoldenMismatch


def nothing(_: object) -> None:
    """Verify nothing."""


def test_another_user_can_read_what_was_saved(bundle: Bundle, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        directory = bundles.save(bundle, tmp_path / "default", verify=nothing)
        bundles.activate(tmp_path / "default", "1")
    finally:
        os.umask(before)
    assert directory.stat().st_mode & 0o055 == 0o055
    for path in [*directory.iterdir(), tmp_path / "default" / "CURRENT"]:
        assert path.stat().st_mode & 0o044 == 0o044, path.name


@pytest.mark.parametrize("error", [GoldenMismatch("no"), KeyboardInterrupt(), MemoryError()])
def test_a_save_that_fails_leaves_nothing_behind(
    bundle: Bundle, tmp_path: Path, error: BaseException
) -> None:
    def verify(directory: Path) -> None:
        assert bundles.load(directory).network == bundle.network  # wholly written by then
        raise error

    with pytest.raises(type(error)):
        bundles.save(bundle, tmp_path / "default", verify=verify)
    assert list((tmp_path / "default").iterdir()) == []


def test_an_interrupt_that_comes_with_the_folder_leaves_nothing_behind(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Path.mkdir

    def interrupted(path: Path, *arguments: object, **options: object) -> None:
        make(path, *arguments, **options)
        if path.name != "default":
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bundles.save(bundle, tmp_path / "default", verify=nothing)
    assert list((tmp_path / "default").iterdir()) == []


def test_a_save_whose_disk_is_full_leaves_nothing_behind(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        bundles.save(bundle, tmp_path / "default", verify=nothing)
    assert list((tmp_path / "default").iterdir()) == []


def test_what_does_not_answer_as_it_should_is_not_saved(bundle: Bundle, tmp_path: Path) -> None:
    wrong = bundle.golden[0].model_copy(update={"probabilities": [1.0, 0.0, 0.0]})
    with pytest.raises(GoldenMismatch):
        bundles.save(replace(bundle, golden=[wrong]), tmp_path / "default", verify=Classifier.load)
    assert bundles.versions(tmp_path / "default") == []


def test_a_version_gets_the_next_number(bundle: Bundle, tmp_path: Path) -> None:
    model = tmp_path / "default"
    for expected in ("1", "2", "3"):
        assert bundles.save(bundle, model, verify=nothing).name == expected
    shutil.rmtree(model / "2")
    assert bundles.save(bundle, model, verify=nothing).name == "4"  # no number is used again
    (model / "4").rename(model / "10")
    (model / "1").rename(model / "candidate")
    assert bundles.save(bundle, model, verify=nothing).name == "11"


def test_saving_does_not_change_what_is_served(bundle: Bundle, tmp_path: Path) -> None:
    model = tmp_path / "default"
    bundles.save(bundle, model, verify=nothing)
    bundles.activate(model, "1")
    bundles.save(bundle, model, verify=nothing)
    assert bundles.current(model).name == "1"


def test_runs_that_end_together_get_a_number_each(bundle: Bundle, tmp_path: Path) -> None:
    barrier = Barrier(4)

    def save(_: int) -> str:
        return bundles.save(bundle, tmp_path / "default", verify=lambda _: barrier.wait(10)).name

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(save, range(4))) == ["1", "2", "3", "4"]
    assert bundles.versions(tmp_path / "default") == ["1", "2", "3", "4"]


def test_versions_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("10", "2", "1", "candidate", ".saving-x", "empty"):
        (tmp_path / name).mkdir()
        if name != "empty":
            (tmp_path / name / bundles.MANIFEST).touch()
    (tmp_path / bundles.CURRENT).write_text("2\n")
    assert bundles.versions(tmp_path) == ["1", "2", "10", "candidate"]
    assert bundles.versions(tmp_path / "missing") == []


def test_activate_switches_and_switches_back(bundle: Bundle, tmp_path: Path) -> None:
    model = tmp_path / "default"
    for _ in range(2):
        bundles.save(bundle, model, verify=nothing)
    for version in ("1", "2", "1"):
        bundles.activate(model, version)
        assert bundles.current(model) == model / version
        assert (model / bundles.CURRENT).read_text() == f"{version}\n"
    assert sorted(path.name for path in model.iterdir()) == ["1", "2", "CURRENT", "PREVIOUS"]


def test_the_version_before_is_remembered(bundle: Bundle, tmp_path: Path) -> None:
    model = tmp_path / "default"
    for _ in range(3):
        bundles.save(bundle, model, verify=nothing)
    remembered = []
    for version in ("1", "1", "2", "2", "3", "2"):
        bundles.activate(model, version)
        remembered.append(bundles.previous(model))
    assert remembered == [None, None, "1", "1", "2", "3"]
    (model / bundles.CURRENT).write_text("3\n")  # by hand: what was before is not known
    assert bundles.previous(model) is None


@pytest.mark.parametrize("version", ["3", "", "../default/1", "/", ".", "CURRENT"])
def test_only_a_version_that_is_there_becomes_current(bundle_root: Path, version: str) -> None:
    with pytest.raises(BundleMissing, match=rf'has no version "{version}"; it has 1\.'):
        bundles.activate(bundle_root / "default", version)
    assert bundles.current(bundle_root / "default").name == "1"


def test_a_rename_that_fails_leaves_the_old_version_current(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles.activate(saved.parent, "1")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        bundles.activate(saved.parent, "1")
    assert sorted(path.name for path in saved.parent.iterdir()) == ["1", "CURRENT"]


def test_no_current_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BundleMissing, match=r"CURRENT cannot be read.*python -m training fit"):
        bundles.current(tmp_path / "default")


@pytest.mark.parametrize("content", ["2", "../../etc", "/etc", "", "rubbish\n1\n", "1/", "."])
def test_a_current_that_names_no_version_is_refused(saved: Path, content: str) -> None:
    (saved.parent / bundles.CURRENT).write_text(content)
    with pytest.raises(BundleMissing, match="has no version"):
        bundles.current(saved.parent)


def test_a_current_that_is_no_text_is_refused(saved: Path) -> None:
    (saved.parent / bundles.CURRENT).write_bytes(b"\xff\xfe1")
    with pytest.raises(BundleMissing, match="has no version"):
        bundles.current(saved.parent)
