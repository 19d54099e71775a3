"""The files that a configuration names: found, read, held out, described."""

import hashlib
import logging
from pathlib import Path

import numpy as np
import pytest

from training.config import ConfigError, DataConfig
from training.rows import sources
from training.rows.decoding import DataError

LABELS = ("negative", "positive")


def write(folder: Path, name: str, rows: int, *, label_names=LABELS, prefix: str = "") -> Path:
    """A CSV file of texts that differ from every other file's."""
    path = folder / name
    lines = [f"{prefix or name} {row},{label_names[row % len(label_names)]}" for row in range(rows)]
    path.write_text("\n".join(["text,label", *lines]) + "\n", encoding="utf-8")
    return path


def load(folder: Path, *, seed: int = 0, **settings):
    return sources.load(DataConfig(**settings), seed=seed, directories=[folder])


def test_a_part_of_each_file_is_held_out(tmp_path):
    write(tmp_path, "a.csv", 40)
    write(tmp_path, "b.csv", 20)
    data = load(tmp_path, train=[{"path": "a.csv"}, {"path": "b.csv"}], holdout=0.2)
    assert np.bincount(data.validation.sources).tolist() == [8, 4]
    assert np.bincount(data.train.sources).tolist() == [32, 16]
    assert data.validation.counts() == {"negative": 6, "positive": 6}
    assert not set(data.train.texts) & set(data.validation.texts)


def test_a_file_may_have_its_own_holdout_weight_and_smoothing(tmp_path):
    write(tmp_path, "a.csv", 20)
    write(tmp_path, "b.csv", 20)
    data = load(
        tmp_path,
        train=[
            {"path": "a.csv", "holdout": 0.5, "label_smoothing": 0.25},
            {"path": "b.csv", "holdout": 0, "weight": 2.5},
        ],
    )
    assert np.bincount(data.validation.sources, minlength=2).tolist() == [10, 0]
    assert data.repeats.tolist() == [1.0, 2.5]
    assert data.smoothing.tolist() == [0.25, 0.0]
    assert data.repeats.dtype == data.smoothing.dtype == np.float32


def test_the_same_seed_holds_out_the_same_rows(tmp_path):
    write(tmp_path, "a.csv", 60)
    parts = [load(tmp_path, train=[{"path": "a.csv"}], seed=seed) for seed in (1, 1, 2)]
    held = [part.validation.texts for part in parts]
    assert held[0] == held[1] != held[2]


def test_a_validation_file_takes_the_place_of_what_is_held_out(tmp_path):
    write(tmp_path, "a.csv", 20)
    write(tmp_path, "dev.csv", 6)
    data = load(tmp_path, train=[{"path": "a.csv"}], validation=[{"path": "dev.csv"}])
    assert len(data.train) == 20
    assert len(data.validation) == 6
    names = data.validation.source_names
    assert [names[source] for source in data.validation.sources] == ["dev.csv"] * 6


def test_a_validation_file_and_a_holdout_add_up(tmp_path):
    write(tmp_path, "a.csv", 20)
    write(tmp_path, "dev.csv", 6)
    data = load(
        tmp_path, train=[{"path": "a.csv", "holdout": 0.2}], validation=[{"path": "dev.csv"}]
    )
    names = [data.validation.source_names[source] for source in data.validation.sources]
    assert names == ["a.csv"] * 4 + ["dev.csv"] * 6


def test_files_of_one_name_for_training_and_validation_stay_two(tmp_path):
    for folder in ("train", "dev"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, "reviews.csv", 20, prefix=folder)
    data = load(
        tmp_path,
        train=[{"path": "train/reviews.csv", "holdout": 0.2}],
        validation=[{"path": "dev/reviews.csv"}],
    )
    assert data.validation.source_names == ("reviews.csv", "reviews.csv (2)")
    assert np.bincount(data.validation.sources).tolist() == [4, 20]


def test_a_validation_file_may_lack_a_class_but_not_have_another(tmp_path):
    write(tmp_path, "a.csv", 30, label_names=("negative", "neutral", "positive"))
    write(tmp_path, "dev.csv", 6)
    data = load(tmp_path, train=[{"path": "a.csv"}], validation=[{"path": "dev.csv"}])
    assert data.validation.counts() == {"negative": 3, "neutral": 0, "positive": 3}

    write(tmp_path, "typo.csv", 6, label_names=("negative", "postive"))
    with pytest.raises(DataError, match=r'typo\.csv, line 3: label "postive" is not one of'):
        load(tmp_path, train=[{"path": "a.csv"}], validation=[{"path": "typo.csv"}])


def test_training_rows_that_stand_in_the_validation_data_are_dropped(tmp_path, caplog):
    write(tmp_path, "a.csv", 20)
    write(tmp_path, "dev.csv", 4, prefix="A.CSV ")  # the same but for case and spacing
    with caplog.at_level(logging.WARNING):
        data = load(tmp_path, train=[{"path": "a.csv"}], validation=[{"path": "dev.csv"}])
    assert len(data.train) == 16
    assert len(data.validation) == 4
    assert "dropped 4 of 20 training examples: their texts stand in the validation" in caplog.text


def test_without_a_training_file(tmp_path):
    with pytest.raises(ConfigError, match="no training file: name one with --train"):
        load(tmp_path)


def test_without_anything_to_validate_on(tmp_path):
    write(tmp_path, "a.csv", 20)
    with pytest.raises(ConfigError, match="nothing is held out for validation"):
        load(tmp_path, train=[{"path": "a.csv", "holdout": 0}])


def test_the_first_folder_that_has_a_file_gives_it(tmp_path):
    for name, rows in (("first", 20), ("second", 30)):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "a.csv", rows)
    write(tmp_path / "second", "b.csv", 10)
    config = DataConfig(train=[{"path": "a.csv"}, {"path": "b.csv"}])
    data = sources.load(config, seed=0, directories=[tmp_path / "first", tmp_path / "second"])
    assert [file["rows"] for file in data.files] == [20, 10]


def test_without_folders_a_path_is_taken_as_it_is(tmp_path, monkeypatch):
    write(tmp_path, "a.csv", 20)
    config = DataConfig(train=[{"path": "a.csv"}])
    monkeypatch.chdir(tmp_path)
    assert sources.load(config, seed=0).files[0]["rows"] == 20


def test_an_absolute_path_needs_no_folder(tmp_path):
    path = write(tmp_path, "a.csv", 20)
    (tmp_path / "other").mkdir()
    assert load(tmp_path / "other", train=[{"path": str(path)}]).files[0]["rows"] == 20


def test_a_missing_file_is_named_where_it_was_looked_for_first(tmp_path):
    with pytest.raises(DataError) as caught:
        load(tmp_path, train=[{"path": "none.csv"}])
    assert str(tmp_path / "none.csv") in str(caught.value)


def test_every_file_is_described(tmp_path):
    train = write(tmp_path, "a.csv", 20)
    dev = write(tmp_path, "dev.csv", 6)
    (tmp_path / "more.txt").write_text("one text\nanother text\n", encoding="utf-8")
    data = load(
        tmp_path,
        train=[{"path": "a.csv", "weight": 2}],
        validation=[{"path": "dev.csv"}],
        unlabelled=[{"path": "more.txt"}],
    )
    assert data.unlabelled == ["one text", "another text"]
    described = [(f["role"], f["name"], f["rows"], f["weight"]) for f in data.files]
    assert described == [
        ("train", "a.csv", 20, 2.0),
        ("validation", "dev.csv", 6, 1.0),
        ("unlabelled", "more.txt", 2, 1.0),
    ]
    for path, file in zip((train, dev), data.files, strict=False):
        assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert file["bytes"] == path.stat().st_size


def test_columns_encoding_and_aliases_hold_for_every_file(tmp_path):
    for name in ("a.csv", "dev.csv"):
        rows = "".join(f"{name} Stra\xdfe {row};{row % 2}\n" for row in range(20))
        (tmp_path / name).write_bytes(f"review;stars\n{rows}".encode("cp1252"))
    data = load(
        tmp_path,
        train=[{"path": "a.csv"}],
        validation=[{"path": "dev.csv"}],
        text_column="review",
        label_column="stars",
        encoding="cp1252",
        aliases={"0": "negative", "1": "positive"},
    )
    assert data.train.label_names == LABELS
    assert data.validation.texts[0] == "dev.csv Stra\xdfe 0"


def test_taught_texts_come_with_probabilities_but_not_from_the_validation_data(tmp_path):
    write(tmp_path, "a.csv", 20)
    held = load(tmp_path, train=[{"path": "a.csv", "holdout": 0.5}]).validation.texts[0]
    (tmp_path / "t.csv").write_text(
        f"text,negative,positive\nNew,0.2,0.8\n{held.upper()},0.9,0.1\nOther,0.5,0.5\n"
    )
    data = load(
        tmp_path,
        train=[{"path": "a.csv", "holdout": 0.5}],
        taught=[{"path": "t.csv", "weight": 0.5}],
    )
    assert data.taught.texts == ["New", "Other"]
    assert data.taught.probabilities == pytest.approx(np.array([[0.2, 0.8], [0.5, 0.5]]))
    assert data.taught.repeats.tolist() == [0.5, 0.5]
    assert [file["role"] for file in data.files] == ["train", "taught"]


def test_no_text_of_a_test_file_is_learned_from_or_chosen_by(tmp_path, caplog):
    write(tmp_path, "a.csv", 20)
    write(tmp_path, "dev.csv", 6)
    (tmp_path / "more.txt").write_text("dev.csv  3\nA.csv 4\nnew\n", encoding="utf-8")
    (tmp_path / "t.csv").write_text("text,negative,positive\nNew,0.2,0.8\na.csv 7,0.9,0.1\n")
    (tmp_path / "test.csv").write_text("text\na.csv 4\nA.CSV  7\ndev.csv 3\n", encoding="utf-8")
    data = load(
        tmp_path,
        train=[{"path": "a.csv"}],
        validation=[{"path": "dev.csv"}],
        test=[{"path": "test.csv"}],
        unlabelled=[{"path": "more.txt", "weight": 0.5}],
        taught=[{"path": "t.csv"}],
    )
    assert data.train.texts == [f"a.csv {row}" for row in range(20) if row not in (4, 7)]
    assert data.validation.texts == [f"dev.csv {row}" for row in (0, 1, 2, 4, 5)]
    assert data.unlabelled == ["new"] and data.unlabelled_repeats.tolist() == [0.5]
    assert data.taught.texts == ["New"]
    assert data.files[-1].items() >= {"role": "test", "name": "test.csv", "rows": 3}.items()
    assert "dropped 2 of 20 training examples: their texts stand in the test data" in caplog.text
    assert "dropped 2 of 3 unlabelled texts" in caplog.text
