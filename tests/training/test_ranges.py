"""What may be searched: the ranges that are read, the answers to mistakes, the defaults."""

import pytest

from training import config as configs
from training.config import ConfigError, TrainingConfig
from training.search.ranges import DEFAULTS, Range, check, merge, number


def parse(tune) -> TrainingConfig:
    return configs.parse({"tune": tune}, origin="t.toml")


def error(tune) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(tune)
    return str(caught.value)


def read(folder, toml: str) -> TrainingConfig:
    path = folder / "t.toml"
    path.write_text(toml, encoding="utf-8")
    return configs.read(path)


def test_ranges_are_read_with_and_without_quotes(tmp_path):
    quoted = read(
        tmp_path,
        """
        [tune]
        "fit.learning_rate" = { low = 1e-4, high = 1e-2, log = true }
        "network.layers" = { choices = [[64], [128, 64]] }
        "pipeline.timesteps" = { low = 64, high = 256, step = 64 }
        """,
    )
    assert quoted.tune == {
        "fit.learning_rate": Range(low=1e-4, high=1e-2, log=True),
        "network.layers": Range(choices=([64], [128, 64])),
        "pipeline.timesteps": Range(low=64, high=256, step=64),
    }
    bare = read(
        tmp_path,
        """
        [tune]
        fit.learning_rate = { low = 1e-4, high = 1e-2, log = true }
        network.layers = { choices = [[64], [128, 64]] }
        pipeline.timesteps = { low = 64, high = 256, step = 64 }
        """,
    )
    assert bare == quoted


def test_where_a_search_looks_is_not_part_of_a_model():
    assert "tune" not in parse({"fit.epochs": {"low": 1, "high": 3}}).model_dump(mode="json")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (
            "fit.lerning_rate",
            '"fit.lerning_rate" is not a setting. Did you mean "fit.learning_rate"?',
        ),
        ("learning_rate", 'is not a setting. Did you mean "fit.learning_rate"?'),
        ("xyz", 'Its name has the section in it: "fit.dropout"'),
        ("data.holdout", '"data.holdout" decides the split'),
        ("fit.seed", '"fit.seed" decides the split'),
        ("tune.fit", '"tune.fit" is not a setting.'),
        ("network.layers", '"network.layers" is not a number: list what to try as choices'),
        ("fit.schedule", '"fit.schedule" is not a number'),
    ],
)
def test_what_cannot_be_searched_is_named(key, message):
    told = error({key: {"low": 1, "high": 2}})
    assert told.startswith("t.toml: tune: ")
    assert message in told


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("fit.dropot", 3, "t.toml: tune.fit.dropot: Input should be"),
        ("fit.epochs", {"low": 1}, "expected low and high, or choices"),
        ("fit.epochs", {}, "expected low and high, or choices"),
        ("fit.epochs", {"low": 1, "high": 2, "choices": [1]}, "expected low and high, or choices"),
        ("fit.epochs", {"choices": []}, "tune.fit.epochs.choices: Tuple should have at least 1"),
        ("fit.epochs", {"choices": [1, 2], "log": True}, "step and log belong to low and high"),
        ("fit.epochs", {"low": 3, "high": 2}, "low is 3, which is above high (2)"),
        ("fit.epochs", {"low": 1, "high": 2, "step": 0}, "greater than 0 (received 0)"),
        ("fit.epochs", {"low": 1, "high": 2, "step": 0.5}, "step must be an integer"),
        ("fit.epochs", {"low": 1.5, "high": 2}, '"fit.epochs" cannot be 1.5: Input should be'),
        ("fit.epochs", {"low": 0, "high": 2}, '"fit.epochs" cannot be 0: Input should be greater'),
        ("network.dropout", {"low": 0, "high": 1}, '"network.dropout" cannot be 1: '),
        ("network.layers", {"choices": [[8], [0]]}, '"network.layers" cannot be [0]: '),
        ("fit.learning_rate", {"low": 0, "high": 1, "log": True}, "log needs a low above 0"),
        ("fit.learning_rate", {"low": 1, "high": float("nan")}, "tune.fit.learning_rate.high"),
        (
            "fit.learning_rate",
            {"low": 1, "hihg": 2},
            '"tune.fit.learning_rate.hihg" is not a setting. Those here are choices, high, log',
        ),
    ],
)
def test_a_range_that_cannot_be_tried_is_refused(key, values, message):
    assert message in error({key: values})


def test_settings_that_depend_on_one_another_are_left_to_the_trial():
    """The overlap that is the default would not do with so few timesteps."""
    ranges = parse(
        {
            "pipeline.timesteps": {"low": 16, "high": 64},
            "pipeline.overlap": {"low": 4, "high": 12},
        }
    ).tune
    assert len(ranges) == 2


def test_a_section_that_is_no_table_is_refused():
    assert error([1]).startswith("t.toml: tune: Input should be a valid dictionary")


def test_the_defaults_are_ranges_that_the_default_configuration_lies_in():
    check(DEFAULTS, TrainingConfig)
    values = TrainingConfig().model_dump(mode="json")
    for key, allowed in DEFAULTS.items():
        section, name = key.split(".")
        assert allowed.holds(values[section][name]), key


def test_what_a_range_holds():
    assert Range(low=64, high=256, step=64).holds(192)
    assert not Range(low=64, high=256, step=64).holds(200)
    assert not Range(low=64, high=256, step=64).holds(320)
    assert Range(low=0.1, high=0.7, step=0.2).holds(0.1 + 0.2 + 0.2)
    assert Range(low=1e-4, high=1e-2, log=True).holds(1e-2)
    assert Range(choices=([64], [128])).holds([128])
    assert not Range(choices=([64], [128])).holds([64, 128])


def test_kinds_of_numbers():
    kinds = {
        key: number(TrainingConfig, key)
        for key in ("fit.epochs", "fit.dropout", "network.dropout", "network.bidirectional")
        if key != "fit.dropout"
    }
    assert kinds == {"fit.epochs": int, "network.dropout": float, "network.bidirectional": None}


def test_what_was_chosen_joins_what_the_file_says():
    values = {"fit": {"epochs": 3, "seed": 1}}
    merged = merge(values, {"fit.epochs": 5, "network.layers": [8]})
    assert merged == {"fit": {"epochs": 5, "seed": 1}, "network": {"layers": [8]}}
    assert values == {"fit": {"epochs": 3, "seed": 1}}
