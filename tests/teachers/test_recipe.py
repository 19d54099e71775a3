"""The teachers and those that learn from them hold out the same rows."""

from pathlib import Path

import pytest

from benchmarks import ablation
from training import config as configs
from training.rows.sources import holdout

ROOT = Path(configs.__file__).parents[1]


def held_out(config):
    beside = (*config.data.validation, *config.data.test)
    return holdout(config), [source.path for source in beside]


@pytest.mark.parametrize("learner", ["training/default.toml", "benchmarks/ablation.toml"])
def test_what_the_teachers_learned_is_held_out_from_nobody(learner):
    if learner.endswith("ablation.toml"):
        learns = ablation.read(ROOT / learner)["everything"]
    else:
        learns = configs.read(ROOT / learner)
    assert held_out(learns) == held_out(configs.read(ROOT / "teachers" / "minilm.toml"))
