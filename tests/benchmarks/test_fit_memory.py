"""The memory benchmark: the peak of a fit in a process of its own."""

import pytest

import training
from benchmarks import memory
from training import config as configs


def test_a_missing_file_ends_with_2(tmp_path, capsys):
    assert memory.main(["--data", str(tmp_path)]) == 2
    assert "imdb-train.parquet: there is no such file to train on" in capsys.readouterr().err


def test_settings_stay_and_one_epoch_is_left():
    config = configs.TrainingConfig()
    one = memory._one_epoch(config, ["a.csv"])
    assert [source.path for source in one.data.train] == ["a.csv"]
    assert one.fit.epochs == 1
    assert (one.network, one.pipeline, one.fit.batch_size) == (
        config.network,
        config.pipeline,
        config.fit.batch_size,
    )


@pytest.mark.slow
def test_the_samples_take_less_than_the_floor(capsys):
    samples = memory.Path(training.__file__).with_name("samples")
    options = ["--train", "train.csv", "--config", str(samples / "config.toml"), "--check"]
    assert memory.main(["--data", str(samples), *options]) == 0
    assert "peak memory of a fit on train.csv: " in capsys.readouterr().out
