"""T, as configured or by the lengths of the training rows."""

import logging

import pytest

from sentiment.pipeline import PipelineConfig
from training import config as configs
from training.config import ConfigError, PipelineSection, TrainingConfig
from training.tensor.timesteps import choose

LENGTHS = list(range(1, 101))


def section(**values) -> PipelineSection:
    return PipelineSection(**values)


def test_timesteps_stay_as_configured_and_the_log_says_what_is_cut(caplog):
    caplog.set_level(logging.INFO)
    chosen = choose(section(timesteps=60, truncating="pre", overlap=8), LENGTHS)
    assert chosen == PipelineConfig(timesteps=60, truncating="pre", overlap=8)
    assert "timesteps: 60" in caplog.text
    assert "40.0% of 100 training rows are longer and lose their beginning" in caplog.text


@pytest.mark.parametrize(("quantile", "timesteps"), [(0.5, 51), (0.9, 91), (1.0, 100)])
def test_a_quantile_chooses_them(quantile, timesteps, caplog):
    caplog.set_level(logging.INFO)
    chosen = choose(section(timesteps_quantile=quantile, overlap=10), LENGTHS)
    assert type(chosen) is PipelineConfig  # the bundle keeps the number, not how it was found
    assert (chosen.timesteps, chosen.overlap) == (timesteps, 10)
    assert f"the {quantile} quantile" in caplog.text
    assert sum(length <= timesteps for length in LENGTHS) >= quantile * len(LENGTHS)


def test_timesteps_limit_what_the_quantile_may_choose(caplog):
    caplog.set_level(logging.INFO)
    chosen = choose(section(timesteps=64, timesteps_quantile=0.9), LENGTHS)
    assert chosen.timesteps == 64
    assert "at most; the 0.9 quantile of the rows' lengths is 91" in caplog.text


def test_windows_of_few_timesteps_still_advance():
    chosen = choose(section(timesteps_quantile=1), [1, 7, 9])
    assert (chosen.timesteps, chosen.overlap) == (9, 4)
    assert choose(section(timesteps_quantile=1), [0, 1]).overlap == 0
    assert choose(section(timesteps_quantile=1), [0]).timesteps == 1


@pytest.mark.parametrize("quantile", [0, 1.01, "most"])
def test_a_quantile_is_a_share(quantile):
    with pytest.raises(ConfigError, match="pipeline.timesteps_quantile"):
        configs.parse({"pipeline": {"timesteps_quantile": quantile}}, origin="run.toml")


def test_the_configuration_survives_the_bundle():
    config = configs.parse({"pipeline": {"timesteps_quantile": 0.95}}, origin="run.toml")
    assert TrainingConfig.model_validate(config.model_dump(mode="json")) == config
