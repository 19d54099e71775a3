"""A saved model is wholly there and unchanged, or it is refused with a message that names why."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sentiment import bundle as bundles
from sentiment.bundle import Bundle
from sentiment.classifier import Classifier
from sentiment.errors import (
    BundleDamaged,
    BundleFormatUnsupported,
    BundleMissing,
    GoldenMismatch,
)

FILES = ["bundle.json", "golden.json", "model_card.md", "network.onnx", "tokenizer.json"]


def rewrite(directory: Path, name: str, change: Callable[[Any], Any]) -> None:
    """Change a JSON file as one would who knows of the hashes."""
    values = json.loads((directory / name).read_bytes())
    (directory / name).write_text(json.dumps(change(values)), encoding="utf-8")
    write_hashes(directory)


def write_hashes(directory: Path) -> None:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(directory.iterdir())
        if path.name != bundles.HASHES
    ]
    (directory / bundles.HASHES).write_text("".join(lines))


def test_what_is_loaded_is_what_was_saved(bundle: Bundle, tmp_path: Path) -> None:
    directory = bundles.save(bundle, tmp_path / "default", verify=Classifier.load)
    loaded = bundles.load(directory)
    assert directory == tmp_path / "default" / "1"
    assert loaded.manifest == bundle.manifest
    assert loaded.network == bundle.network
    assert loaded.golden == bundle.golden
    assert loaded.extras == bundle.extras
    assert loaded.tokenizer.to_json() == bundle.tokenizer.to_json()


def test_the_hashes_name_every_other_file(saved: Path) -> None:
    assert sorted(path.name for path in saved.iterdir()) == sorted([*FILES, bundles.HASHES])
    lines = (saved / bundles.HASHES).read_text().splitlines()
    assert [line.split("  ")[1] for line in lines] == FILES
    before = (saved / bundles.HASHES).read_text()
    write_hashes(saved)
    assert (saved / bundles.HASHES).read_text() == before


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("position", [0, 0.5, -1])
def test_one_changed_byte_is_refused(saved: Path, name: str, position: float) -> None:
    data = bytearray((saved / name).read_bytes())
    data[int(position * len(data)) if position == 0.5 else int(position)] ^= 1
    (saved / name).write_bytes(data)
    with pytest.raises(BundleDamaged, match=f"{name} is not what was saved"):
        Classifier.load(saved)


def test_one_changed_byte_of_the_hashes_is_refused(saved: Path) -> None:
    original = (saved / bundles.HASHES).read_bytes()
    for position in range(len(original)):
        data = bytearray(original)
        data[position] ^= 1
        (saved / bundles.HASHES).write_bytes(data)
        with pytest.raises((BundleDamaged, BundleMissing), match=str(saved)):
            bundles.load(saved)


@pytest.mark.parametrize("name", [*FILES, bundles.HASHES])
def test_a_missing_file_is_named(saved: Path, name: str) -> None:
    (saved / name).unlink()
    with pytest.raises(BundleMissing, match=f"{name} cannot be read: No such file"):
        Classifier.load(saved)


@pytest.mark.parametrize("name", FILES)
def test_a_cut_file_is_refused(saved: Path, name: str) -> None:
    os.truncate(saved / name, (saved / name).stat().st_size // 2)
    with pytest.raises(BundleDamaged, match=f"{name} is not what was saved"):
        Classifier.load(saved)


@pytest.mark.parametrize("name", [name for name in FILES if name != "model_card.md"])
def test_a_file_without_a_hash_is_refused(saved: Path, name: str) -> None:
    (saved / name).unlink()
    write_hashes(saved)
    with pytest.raises(BundleDamaged, match=f"SHA256SUMS does not name {name}"):
        bundles.load(saved)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/b", "", ".", "bundle\0"])
def test_a_name_that_leads_out_of_the_bundle_is_refused(saved: Path, name: str) -> None:
    (saved.parent / "x").write_bytes(b"")
    with (saved / bundles.HASHES).open("a") as file:
        file.write(f"{hashlib.sha256(b'').hexdigest()}  {name}\n")
    with pytest.raises(BundleDamaged, match="names no file beside it"):
        bundles.load(saved)


@pytest.mark.parametrize("name", ["tokenizer.json", "network.onnx"])
def test_rubbish_with_the_right_hash_is_refused(saved: Path, name: str) -> None:
    (saved / name).write_bytes(b"{}")
    write_hashes(saved)
    with pytest.raises(BundleDamaged, match=name):
        Classifier.load(saved)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{}", b"\xff", b'{"format": 1'])
def test_a_manifest_without_a_format_number_is_refused(saved: Path, content: bytes) -> None:
    (saved / bundles.MANIFEST).write_bytes(content)
    write_hashes(saved)
    with pytest.raises(BundleDamaged, match=r"bundle\.json: no readable format number"):
        bundles.load(saved)


@pytest.mark.parametrize("written", [max(bundles.FORMATS.values()) + 1, 99])
def test_a_newer_format_is_refused_whatever_else_it_holds(saved: Path, written: int) -> None:
    rewrite(saved, bundles.MANIFEST, lambda _: {"format": written, "something": "new"})
    with pytest.raises(
        BundleFormatUnsupported,
        match=rf"format is {written}, and this release reads formats 1 and 2\.",
    ):
        Classifier.load(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperature": 0}, r"temperature.*greater than 0 \(received 0\)"),
        ({"labels": ["one"]}, "labels"),
        ({"task": "regression"}, "task"),
        ({"colour": "red"}, "colour"),
        ({"pipeline": {"timesteps": 10, "overlap": 10}}, "overlap is 10"),
        ({"pipeline": {"timestep": 10}}, r"pipeline\.timestep"),
    ],
    ids=str,
)
def test_a_wrong_manifest_is_refused(saved: Path, change: dict[str, Any], message: str) -> None:
    rewrite(saved, bundles.MANIFEST, lambda values: values | change)
    with pytest.raises(BundleDamaged, match=message):
        bundles.load(saved)


def test_a_known_answer_of_the_wrong_shape_is_refused(saved: Path) -> None:
    rewrite(saved, bundles.GOLDEN, lambda values: [{"text": "a"}, *values])
    with pytest.raises(BundleDamaged, match="ids"):
        bundles.load(saved)


def test_other_ids_than_in_training_are_refused(saved: Path) -> None:
    def change(values: list[Any]) -> list[Any]:
        values[1]["ids"][0][0] += 1
        return values

    rewrite(saved, bundles.GOLDEN, change)
    with pytest.raises(GoldenMismatch, match="It wasn't good.*gives the ids.*in training"):
        Classifier.load(saved)


@pytest.mark.parametrize("difference", [2e-4, -0.5])
def test_other_probabilities_than_in_training_are_refused(saved: Path, difference: float) -> None:
    def change(values: list[Any]) -> list[Any]:
        values[-1]["probabilities"][0] += difference
        return values

    rewrite(saved, bundles.GOLDEN, change)
    with pytest.raises(GoldenMismatch, match=r"The bus leaves.*gives \[.*negative, neutral"):
        Classifier.load(saved)


def test_the_arithmetic_of_another_processor_is_accepted(saved: Path) -> None:
    def change(values: list[Any]) -> list[Any]:
        for value in values:
            value["probabilities"] = [p + 5e-5 for p in value["probabilities"]]
        return values

    rewrite(saved, bundles.GOLDEN, change)
    Classifier.load(saved)


def test_another_temperature_is_found_by_the_known_answers(saved: Path) -> None:
    rewrite(saved, bundles.MANIFEST, lambda values: values | {"temperature": 3.0})
    with pytest.raises(GoldenMismatch):
        Classifier.load(saved)
