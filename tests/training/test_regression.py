"""A regression from ratings to answers: fitted, served, measured, gone on from, promoted."""

import csv
import json
import random
import re
from pathlib import Path

import pytest

from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from sentiment.prediction import Estimate
from training import config as configs
from training.__main__ import main
from training.config import TrainingConfig
from training.search.ranges import Range

pytestmark = pytest.mark.slow

WORDS = {1: "awful", 2: "poor", 3: "plain", 4: "good", 5: "lovely"}
NOUNS = ("film", "room", "day", "song", "meal", "book")
STARTS = ("a", "the", "such a", "quite a", "one")
SETTINGS = {
    "pipeline": {"timesteps": 8, "overlap": 2},
    "tokenizer": {"vocabulary_size": 2000, "min_frequency": 1},
    "vectors": {"features": 8, "method": "random"},
    "network": {"layers": [6], "dropout": 0.1, "embedding_dropout": 0.1},
    "fit": {"epochs": 30, "patience": 30, "batch_size": 16, "learning_rate": 0.03},
}


def write(path: Path, starts: tuple[str, ...], label=lambda stars: 10.0 * stars) -> Path:
    rows = [
        (f"{start} {word} {noun}", label(stars))
        for start in starts
        for stars, word in WORDS.items()
        for noun in NOUNS
    ]
    random.Random(0).shuffle(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return path


def configuration(folder: Path, task="regression", **fit) -> TrainingConfig:
    return configs.parse(
        {
            **SETTINGS,
            "data": {
                "task": task,
                "train": [{"path": str(folder / "train.csv")}],
                "validation": [{"path": str(folder / "dev.csv")}],
            },
            "fit": {**SETTINGS["fit"], **fit},
        },
        origin="test",
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Files of ratings from 10 to 50."""
    folder = tmp_path_factory.mktemp("regression")
    write(folder / "train.csv", STARTS[:3])
    write(folder / "dev.csv", STARTS[3:4])
    write(folder / "test.csv", STARTS[4:])
    return folder


@pytest.fixture(scope="module")
def model(folder) -> Path:
    from training.fit import fit

    return fit(configuration(folder), folder / "models" / "stars")


def test_it_learns_and_answers_in_the_units_of_the_rows(model):
    manifest = bundles.load(model).manifest
    assert manifest.task == "regression" and manifest.scale.mean == pytest.approx(30)
    assert manifest.scale.deviation == pytest.approx(10 * 2**0.5)
    low, high = Classifier.load(model).predict(["one awful meal", "one lovely meal"])
    assert isinstance(low, Estimate) and isinstance(high, Estimate)
    assert low.value < 20 and high.value > 40
    (figures,) = manifest.metrics["validation"].values()
    assert figures["mae"] < 4 and figures["spearman"] > 0.9
    epochs = manifest.metrics["epochs"]
    assert {"mse", "mae", "rmse", "spearman"} <= epochs[0].keys()
    assert figures["mse"] == pytest.approx(min(epoch["mse"] for epoch in epochs), rel=0.05)


@pytest.mark.parametrize("value", ["5", "0.1"])  # 19 times 0.1 has a mean that is not 0.1
def test_rows_that_are_left_with_one_value_are_refused(tmp_path, capsys, value):
    """The only other value has a text without a token."""
    rows = "".join(f"film number {number},{value}\n" for number in range(19))
    (tmp_path / "train.csv").write_text(f"text,label\n{rows}<b></b>,1\n", encoding="utf-8")
    (tmp_path / "dev.csv").write_text("text,label\na song,1\na meal,2\n", encoding="utf-8")
    told = ["--validation", str(tmp_path / "dev.csv"), "--output", str(tmp_path / "models")]
    assert main(["fit", "--task", "regression", "--train", str(tmp_path / "train.csv"), *told]) == 2
    said = capsys.readouterr().err
    assert f"train.csv: the 19 rows that are left to train on all have the value {value};" in said
    assert "two different numbers are needed" in said and not list(tmp_path.glob("models/[0-9]*"))


def test_the_card_and_the_plot_tell_of_values(model):
    card = (model / "model_card.md").read_text("utf-8")
    assert "It values text by a number." in card and "mean absolute error" in card
    assert "Temperature" not in card and "probability" not in card
    assert (model / "values.png").read_bytes().startswith(b"\x89PNG")


def test_it_is_served(model):
    from service import create_app
    from service.settings import Settings

    classifier = Classifier.load(model)
    client = create_app(Settings(model="stars"), classifier).test_client()
    answer = client.post("/v1/predict", json={"text": "one lovely meal"}).get_json()
    assert answer["documents"][0]["value"] > 40


def test_it_is_measured_and_replaced_by_what_goes_on_from_it(model, folder, capsys):
    from training.fit import fit

    figures = folder / "figures.json"
    assert main(["evaluate", str(model), str(folder / "test.csv"), "--json", str(figures)]) == 0
    assert json.loads(figures.read_text("utf-8"))["figures"]["spearman"] > 0.9
    better = fit(configuration(folder, epochs=3), folder / "models" / "next", base=model)
    card = (better / "model_card.md").read_text("utf-8")
    assert "| data | rows | mean absolute error before | after |" in card
    (base,) = bundles.load(better).manifest.metrics["base"]["replayed"].values()
    assert base["after"]["mae"] < 4
    command = ["promote", str(better), "--against", str(model.parent)]
    limits = ["--max-slowdown", "1000", "--max-error-rise", "1", "--significance", "0"]
    assert main([*command, "--on", str(folder / "test.csv"), *limits]) == 0
    assert "promoted:" in capsys.readouterr().out


def test_a_base_of_the_other_task_gets_a_new_head(model, folder, tmp_path):
    from training.fit import fit

    write(tmp_path / "train.csv", STARTS[:3], lambda stars: "bad" if stars < 3 else "good")
    write(tmp_path / "dev.csv", STARTS[3:4], lambda stars: "bad" if stars < 3 else "good")
    config = configuration(tmp_path, "classification", epochs=8)
    classes = fit(config, tmp_path / "models" / "classes", base=model)
    bad, good = Classifier.load(classes).predict(["one awful meal", "one lovely meal"])
    assert (bad.label, good.label) == ("bad", "good")
    again = fit(configuration(folder, epochs=1), tmp_path / "models" / "back", base=classes)
    manifest = bundles.load(again).manifest
    assert manifest.task == "regression" and "base" not in manifest.metrics


def test_folds_and_seeds_are_told_in_errors(folder, caplog):
    from training.fit import cross_validate, fit

    table = cross_validate(configuration(folder, epochs=1), 2)
    assert re.search(r"rows +mae +rmse +mse +spearman +bias", table)
    with caplog.at_level("INFO"):
        fit(configuration(folder, epochs=1), folder / "models" / "seeds", seeds=2)
    assert "standard deviation" in caplog.text and "spearman" in caplog.text


def test_a_search_looks_for_the_smallest_error(folder):
    from training.search.tune import BEST, tune

    config = configuration(folder, epochs=2).model_copy(
        update={"tune": {"fit.learning_rate": Range(choices=(0.0001, 0.03))}}
    )
    study = tune(config, folder / "search", minutes=60)  # it ends when nothing new is left
    values = [trial.value for trial in study.trials if trial.value is not None]
    assert study.best_value == min(values)
    assert "mean squared error" in (folder / "search" / BEST).read_text("utf-8")
