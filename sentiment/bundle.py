"""The saved-model format: every file named once; save, load, verify, activate.

`models/<name>/<version>/` holds one bundle, `models/<name>/CURRENT` the version that is served,
and `models/<name>/PREVIOUS` the one that was served before it.
A bundle is data only: no pickle, no code. Its hashes show that it is what was saved; that it also
still answers as it did is `Classifier.load`'s to show, by replaying `golden.json`.
"""

import hashlib
import json
import os
import reprlib
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationError,
    model_serializer,
    model_validator,
)

from sentiment.errors import BundleDamaged, BundleFormatUnsupported, BundleMissing
from sentiment.pipeline import PipelineConfig
from sentiment.prediction import TaskName
from sentiment.tokenizer import Tokenizer

# The formats of a bundle that are read. A bundle is written in the first that can hold it, so that
# older releases read it too: 1 holds classifications alone, and 2 came with regressions.
FORMATS = {"classification": 1, "regression": 2}

MANIFEST = "bundle.json"
TOKENIZER = "tokenizer.json"
NETWORK = "network.onnx"
GOLDEN = "golden.json"
CARD = "model_card.md"
HASHES = "SHA256SUMS"
CURRENT = "CURRENT"
PREVIOUS = "PREVIOUS"

_REQUIRED = (MANIFEST, TOKENIZER, NETWORK, GOLDEN)


class Scale(BaseModel):
    """The units of a regression: the network learned (value - mean) / deviation."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mean: float
    deviation: float = Field(gt=0)


# What stands in the manifest of one task alone.
_OF_TASK = {"classification": ("labels", "temperature"), "regression": ("scale",)}


class Manifest(BaseModel):
    """What `bundle.json` says of a model.

    `labels` and `temperature` are a classification's, `scale` is a regression's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    task: TaskName = "classification"
    labels: tuple[str, ...] = Field(default=(), description="C classes, in the network's order")
    temperature: float | None = Field(
        default=None, gt=0, description="the logits are divided by it before the softmax"
    )
    scale: Scale | None = None
    pipeline: PipelineConfig
    network: dict[str, Any]
    training: dict[str, Any]
    data: list[dict[str, Any]]
    metrics: dict[str, Any]
    libraries: dict[str, str]
    created: str

    @model_validator(mode="after")
    def _holds_what_its_task_needs(self) -> Self:
        values = {name: getattr(self, name) for names in _OF_TASK.values() for name in names}
        for name, value in values.items():
            if (name in _OF_TASK[self.task]) != bool(value):
                needs = "needs" if name in _OF_TASK[self.task] else "takes no"
                raise ValueError(f"task {self.task} {needs} {name}, received {value!r}")
        if self.task == "classification" and len(self.labels) < 2:
            raise ValueError(f"labels are {list(self.labels)}; a classification has two or more")
        if self.format < FORMATS[self.task]:
            raise ValueError(f"format {self.format} holds no {self.task}")
        return self

    @model_serializer(mode="wrap")
    def _without_the_other_task_s(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        others = {name for task, names in _OF_TASK.items() if task != self.task for name in names}
        return {name: value for name, value in write(self).items() if name not in others}


class Golden(BaseModel):
    """One known answer: the rows of ids that a text gives, and the C probabilities for them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    ids: list[list[int]]
    probabilities: list[float]

    @property
    def answer(self) -> list[float]:
        """The probabilities."""
        return self.probabilities


class GoldenValue(BaseModel):
    """One known answer of a regression: the rows of ids that a text gives, and their value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    ids: list[list[int]]
    value: float

    @property
    def answer(self) -> list[float]:
        """The value alone."""
        return [self.value]


_GOLDEN_FILE: TypeAdapter[list[Golden] | list[GoldenValue]] = TypeAdapter(
    list[Golden] | list[GoldenValue]
)


@dataclass(frozen=True)
class Bundle:
    """A model's parts. `extras` are files for people: the card and its plots, by name."""

    manifest: Manifest
    tokenizer: Tokenizer
    network: bytes
    golden: list[Golden] | list[GoldenValue]
    extras: Mapping[str, bytes] = field(default_factory=dict)


def load(directory: Path) -> Bundle:
    """Read a bundle whose every file is what was saved.

    Raises:
        BundleMissing: the directory or one of its files is not there.
        BundleDamaged: a file's hash differs, or it cannot be read as what it should be.
        BundleFormatUnsupported: it was written by a newer release.
    """
    contents = _read_verified(directory)
    manifest = _parse_manifest(directory, contents[MANIFEST])
    try:
        return Bundle(
            manifest=manifest,
            tokenizer=Tokenizer.from_json(contents[TOKENIZER].decode()),
            network=contents[NETWORK],
            golden=_GOLDEN_FILE.validate_json(contents[GOLDEN]),
            extras={name: data for name, data in contents.items() if name not in _REQUIRED},
        )
    except ValidationError as error:
        raise _damaged(directory, error) from None
    except Exception as error:  # `tokenizers` raises bare Exception for a file it cannot read
        raise BundleDamaged(f"{directory / TOKENIZER}: {error}") from None


def describe(directory: Path) -> tuple[Manifest, str]:
    """Read what a bundle says of itself, for people: its manifest, and its card or "".

    Neither is checked against its hash, which only `load` does.

    Raises:
        BundleMissing: there is no manifest.
        BundleDamaged: it cannot be read as what it should be.
        BundleFormatUnsupported: it was written by a newer release.
    """
    manifest = _parse_manifest(directory, _read(directory / MANIFEST))
    card = directory / CARD
    return manifest, _read(card).decode(errors="replace") if card.exists() else ""


def save(bundle: Bundle, model_directory: Path, *, verify: Callable[[Path], object]) -> Path:
    """Write a bundle as the next version of a model, wholly or not at all.

    It is written to a temporary folder beside the versions, read back by `verify`, which raises
    where the copy on disk is not good, and then renamed.

    Returns:
        The new version's directory. `CURRENT` stays as it is.
    """
    model_directory.mkdir(parents=True, exist_ok=True)
    # Known before it is there, or an interrupt in between would leave it.
    staging = model_directory / f".saving-{secrets.token_hex(4)}"
    try:
        staging.mkdir()
        contents: dict[str, bytes] = {
            MANIFEST: bundle.manifest.model_dump_json(indent=2).encode(),
            TOKENIZER: bundle.tokenizer.to_json().encode(),
            NETWORK: bundle.network,
            GOLDEN: _GOLDEN_FILE.dump_json(bundle.golden, indent=1),
            **bundle.extras,
        }
        sums = "".join(f"{_hash(data)}  {name}\n" for name, data in sorted(contents.items()))
        for name, data in {**contents, HASHES: sums.encode()}.items():
            _write(staging / name, data)
        _sync_directory(staging)
        verify(staging)
        return _rename_to_next_version(staging, model_directory)
    except BaseException:  # an interrupt too leaves nothing half-written
        shutil.rmtree(staging, ignore_errors=True)
        raise


def versions(model_directory: Path) -> list[str]:
    """Return the versions that a model has, oldest first."""
    found = [path.parent.name for path in model_directory.glob(f"[!.]*/{MANIFEST}")]
    return sorted(found, key=lambda name: (not name.isdecimal(), name.zfill(20)))


def find(model_directory: Path, version: str) -> Path:
    """Return the directory of a version.

    Raises:
        BundleMissing: the model has no such version; the message names those it has.
    """
    known = versions(model_directory)
    if version not in known:
        raise BundleMissing(
            f'{model_directory} has no version "{version}"; it has {", ".join(known) or "none"}.'
        )
    return model_directory / version


def current(model_directory: Path) -> Path:
    """Return the directory of the version that `CURRENT` names.

    Raises:
        BundleMissing: there is no such model, or no such version of it.
    """
    try:
        version = _read_version(model_directory / CURRENT)
    except OSError as error:
        raise BundleMissing(
            f"{model_directory / CURRENT} cannot be read ({error.strerror}). "
            "Train a model with `python -m training fit --output`, or activate a version."
        ) from None
    return find(model_directory, version)


def previous(model_directory: Path) -> str | None:
    """Return the version that was active before the one that `CURRENT` names, if one is known."""
    try:
        version = _read_version(model_directory / PREVIOUS)
        return None if version == _read_version(model_directory / CURRENT) else version
    except OSError:
        return None


def activate(model_directory: Path, version: str) -> None:
    """Make a version the one that is served, by a rename over `CURRENT`.

    What `CURRENT` named before goes to `PREVIOUS`.

    Raises:
        BundleMissing: the model has no such version.
        OSError: the directory cannot be written.
    """
    find(model_directory, version)
    try:
        replaced = _read_version(model_directory / CURRENT)
    except OSError:
        replaced = version  # the model's first
    if replaced != version:
        _replace(model_directory / PREVIOUS, replaced)
    _replace(model_directory / CURRENT, version)
    _sync_directory(model_directory)


def _parse_manifest(directory: Path, data: bytes) -> Manifest:
    try:
        manifest = json.loads(data)
        written = manifest["format"]
    except (ValueError, TypeError, KeyError) as error:
        raise BundleDamaged(f"{directory / MANIFEST}: no readable format number: {error}") from None
    if written not in FORMATS.values():
        known = " and ".join(map(str, FORMATS.values()))
        raise BundleFormatUnsupported(
            f"{directory / MANIFEST}: the bundle's format is {written}, and this release reads "
            f"formats {known}. Serve it with the release that wrote it, or train it again."
        )
    try:
        return Manifest.model_validate(manifest)
    except ValidationError as error:
        raise _damaged(directory, error) from None


def _damaged(directory: Path, error: ValidationError) -> BundleDamaged:
    problem = error.errors()[0]
    where = ".".join(map(str, problem["loc"]))
    return BundleDamaged(
        f"{directory}: {error.title}, {where}: {problem['msg']} "
        f"(received {reprlib.repr(problem['input'])})"
    )


def _read_version(path: Path) -> str:
    return path.read_text("utf-8", errors="replace").strip()


def _replace(path: Path, version: str) -> None:
    """Write a version's name by a rename over the file."""
    staging = path.with_name(f".version-{secrets.token_hex(4)}")
    try:
        _write(staging, f"{version}\n".encode())
        staging.replace(path)
    except BaseException:
        staging.unlink(missing_ok=True)
        raise


def _read_verified(directory: Path) -> dict[str, bytes]:
    """Read each file that the hashes name, and check it against its hash."""
    contents: dict[str, bytes] = {}
    lines = _read(directory / HASHES).decode(errors="replace")
    for line in lines.removesuffix("\n").split("\n"):
        expected, _, name = line.partition("  ")
        if not name or "\0" in name or Path(name).name != name:
            raise BundleDamaged(f"{directory / HASHES}: the line {line!r} names no file beside it")
        contents[name] = _read(directory / name)
        received = _hash(contents[name])
        if received != expected:
            raise BundleDamaged(
                f"{directory / name} is not what was saved: its SHA-256 is {received}, and "
                f"{HASHES} says {expected}. Copy the bundle again, or train it again."
            )
    for name in _REQUIRED:
        if name not in contents:
            raise BundleDamaged(f"{directory / HASHES} does not name {name}")
    return contents


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleMissing(f"{path} cannot be read: {error.strerror}") from None


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _rename_to_next_version(staging: Path, model_directory: Path) -> Path:
    numbers = [int(name) for name in versions(model_directory) if name.isdecimal()]
    version = max(numbers, default=0) + 1
    while True:
        target = model_directory / str(version)
        try:
            staging.rename(target)
        except OSError:
            if not target.exists():
                raise
            version += 1  # another run took this number in the meantime
        else:
            _sync_directory(model_directory)
            return target
