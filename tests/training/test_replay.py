"""Going on from a model: its validation rows, found again by their hashes, and measured."""

from dataclasses import replace
from pathlib import Path

import pytest

from sentiment import bundle as bundles
from training.config import parse
from training.replay import load, report
from training.rows.dataset import fingerprint, normalised

ROOT = Path(__file__).parents[2]
TEXTS = {
    "I love it, wonderful": "positive",
    "I hate it, awful": "negative",
    "It is a table": "neutral",
}


@pytest.fixture(scope="module")
def default():
    return bundles.load(bundles.current(ROOT / "models" / "default"))


def write(path: Path, rows: dict[str, str]) -> None:
    lines = [f'"{text}",{label}' for text, label in rows.items()]
    path.write_text("\n".join(["text,label", *lines]), encoding="utf-8")


@pytest.fixture
def origin(tmp_path, default):
    """The default model, as if it came from two training files and one for validation."""
    many = {f"{text} {number}": label for text, label in TEXTS.items() for number in range(10)}
    write(tmp_path / "train.csv", many)
    write(tmp_path / "unheld.csv", dict(list(many.items())[:4]))
    write(tmp_path / "dev.csv", TEXTS)
    names = ("train.csv", "unheld.csv", "dev.csv")
    config = parse(
        {
            "data": {
                "train": [{"path": names[0], "holdout": 0.3}, {"path": names[1], "holdout": 0}],
                "validation": [{"path": names[2]}],
            }
        },
        origin="test",
    )
    manifest = default.manifest.model_copy(
        update={
            "training": config.model_dump(mode="json"),
            "data": [
                {"role": role, **fingerprint(tmp_path / name)}
                for role, name in zip(("train", "train", "validation"), names, strict=True)
            ],
        }
    )
    return replace(default, manifest=manifest)


LEARNED = normalised(["new"])


def test_the_rows_are_those_that_were_held_out(origin, tmp_path):
    from training.config import TrainingConfig
    from training.rows import sources

    config = TrainingConfig.model_validate(origin.manifest.training)
    held = sources.load(config.data, seed=config.fit.seed, directories=[tmp_path]).validation
    replay = load(origin, LEARNED, [tmp_path])
    assert replay.missing == ()
    assert replay.examples.texts == held.texts
    assert len(held) == 9 + 3


def test_no_test_text_of_the_base_is_among_its_validation_rows(origin, tmp_path):
    from training.config import TrainingConfig
    from training.rows import sources

    write(tmp_path / "test.csv", {f"I HATE it, awful {n}": "negative" for n in range(8)})
    training = origin.manifest.training
    config = TrainingConfig.model_validate(
        {**training, "data": {**training["data"], "test": [{"path": "test.csv"}]}}
    )
    loaded = sources.load(config.data, seed=config.fit.seed, directories=[tmp_path])
    manifest = origin.manifest.model_copy(
        update={"training": config.model_dump(mode="json"), "data": loaded.files}
    )
    base = replace(origin, manifest=manifest)
    replay = load(base, LEARNED, [tmp_path])
    assert replay.missing == ()
    assert replay.examples.texts == loaded.validation.texts
    (tmp_path / "test.csv").unlink()
    assert load(base, LEARNED, [tmp_path]).missing == ()  # it was not to be measured


def test_what_the_new_model_learns_from_is_left_out(origin, tmp_path):
    replay = load(origin, normalised(["i HATE it,  awful"]), [tmp_path])
    assert "I hate it, awful" not in replay.examples.texts
    assert len(replay.examples) == 9 + 2


def test_files_that_are_gone_or_changed_are_named(origin, tmp_path):
    (tmp_path / "train.csv").unlink()
    (tmp_path / "unheld.csv").unlink()  # it gave no validation row: nobody misses it
    replay = load(origin, LEARNED, [tmp_path])
    assert replay.missing == ("train.csv",)
    assert len(replay.examples) == 3
    with (tmp_path / "dev.csv").open("a", encoding="utf-8") as file:
        file.write("\nmore,positive")
    assert load(origin, LEARNED, [tmp_path]).missing == ("train.csv", "dev.csv")


def test_a_base_of_another_release_is_gone_on_from_without_its_rows(default, origin, tmp_path):
    training = origin.manifest.training
    other = {**training["data"], "another": 1}
    manifest = origin.manifest.model_copy(update={"training": {**training, "data": other}})
    replay = load(replace(origin, manifest=manifest), LEARNED, [tmp_path])
    assert replay.examples is None
    assert replay.missing == ("train.csv", "unheld.csv", "dev.csv")


def test_settings_that_this_release_does_not_have_are_not_looked_at(origin, tmp_path):
    training = origin.manifest.training
    other = {**training, "objective": {}, "fit": {**training["fit"], "label_smoothing": 0.0}}
    manifest = origin.manifest.model_copy(update={"training": other})
    replay = load(replace(origin, manifest=manifest), LEARNED, [tmp_path])
    assert replay.missing == () and len(replay.examples) == 9 + 3


def test_before_and_after_stand_in_the_card_and_the_manifest(default, origin, tmp_path):
    replay = load(origin, LEARNED, [tmp_path])
    new = report(default, origin, replay)
    base = new.manifest.metrics["base"]
    assert set(base["replayed"]) == {"train.csv", "dev.csv"}
    for values in base["replayed"].values():
        assert values["before"] == values["after"]  # it is the same model
    accuracy = base["replayed"]["dev.csv"]["after"]["accuracy"]
    card = new.extras[bundles.CARD].decode()
    assert card.startswith(default.extras[bundles.CARD].decode())
    assert f"| dev.csv | 3 | {accuracy:.3f} | {accuracy:.3f} |" in card
    assert "Not found" not in card


def test_what_was_not_found_is_said(default, origin, tmp_path):
    for name in ("train.csv", "dev.csv"):
        (tmp_path / name).unlink()
    card = report(default, origin, load(origin, LEARNED, [tmp_path])).extras[bundles.CARD]
    assert "Not found as the base read them, and so not measured: train.csv, dev.csv" in str(card)
