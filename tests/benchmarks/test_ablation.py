"""The rows of an ablation: each a configuration that a fit takes."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import ablation
from sentiment import bundle as bundles
from training.config import ConfigError, parse

CONFIG = Path(ablation.__file__).with_name("ablation.toml")
SAMPLES = CONFIG.parents[1] / "training" / "samples"


def test_each_row_is_a_configuration_of_its_own() -> None:
    rows = ablation.read(CONFIG)
    assert len(rows) > 12
    everything = rows.pop("everything")
    assert all(config != everything for config in rows.values())
    assert len({ablation.slug(name) for name in rows}) == len(rows)
    assert rows["word2vec alone"].vectors.path is None
    assert rows["two layers"].network.layers == (64, 64)
    assert not rows["no text labelled by the teachers"].data.taught


def test_the_rows_read_no_test_data() -> None:
    for config in ablation.read(CONFIG).values():
        for source in (*config.data.train, *config.data.validation, *config.data.unlabelled):
            assert "-test" not in source.path and "kitchen" not in source.path


def test_a_setting_is_changed_added_or_left_out() -> None:
    base = {"fit": {"epochs": 2, "seed": 1}}
    made = ablation.changed(base, {"fit.epochs": 3, "fit.seed": "", "network.layers": [8]})
    assert made == {"fit": {"epochs": 3}, "network": {"layers": [8]}}
    assert base == {"fit": {"epochs": 2, "seed": 1}}


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[base]\n", "there is no table 'rows'"),
        ("[base.fit]\nepohcs = 1\n[rows]\n'a' = {}\n", '"a": "fit.epohcs" is not a setting'),
        ("base = [", "cannot be read as TOML"),
    ],
)
def test_a_file_that_will_not_do(tmp_path, toml, said) -> None:
    path = tmp_path / "ablation.toml"
    path.write_text(toml)
    with pytest.raises(ConfigError, match=said):
        ablation.read(path)


def test_a_row_that_there_is_not(capsys) -> None:
    assert ablation.main(["--data", "x", "--rows", "no sleep"]) == 2
    assert '"no sleep" is not one of everything, ' in capsys.readouterr().err


@pytest.mark.slow
def test_rows_that_prepare_alike_share_what_was_prepared(tmp_path) -> None:
    settings = {
        "data": {"train": [{"path": "train.csv"}]},
        "tokenizer": {"vocabulary_size": 2000},
        "vectors": {"features": 8, "epochs": 1},
        "network": {"layers": [4]},
        "fit": {"epochs": 1},
    }
    marked = {"vocabulary": 0.25, "tokens": 0.5}
    coverages = []
    for name, changes in {"everything": {}, "no dropout": {"network.dropout": 0.0}}.items():
        config = parse(ablation.changed(settings, changes), origin=name)
        made_from = ablation._made_from(config, [SAMPLES])
        ablation._train(config, tmp_path / name, [SAMPLES], made_from)
        model = bundles.load(bundles.current(tmp_path / name))
        coverages.append(model.manifest.metrics["coverage"])
        (prepared,) = tmp_path.glob("prepared-*.npz")
        np.savez(prepared, **{**np.load(prepared), "coverage": json.dumps(marked)})
    assert ablation._is_of(tmp_path / "no dropout", made_from)
    assert not ablation._is_of(tmp_path / "everything", made_from)
    assert coverages[0] != marked
    assert coverages[1] == marked
    assert not list(tmp_path.glob("*/checkpoint.npz"))
