"""A configuration survives being written as TOML."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training import config as configs
from training.search import toml

TRAINING = Path(configs.__file__).parent


@pytest.mark.parametrize("name", ["default.toml", "samples/config.toml"])
@pytest.mark.parametrize("only_what_was_set", [True, False])
def test_the_committed_configurations_survive(name, only_what_was_set):
    config = configs.read(TRAINING / name)
    written = toml.dumps(config.model_dump(mode="json", exclude_unset=only_what_was_set))
    assert configs.parse(tomllib.loads(written), origin="written") == config


TEXT = st.text(st.characters(exclude_categories=["Cs"]))  # TOML holds no lone surrogates
VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(TEXT, values, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(TEXT, st.dictionaries(TEXT, VALUES, max_size=4), max_size=3))
def test_any_values_survive(sections):
    assert tomllib.loads(toml.dumps(sections)) == sections


def test_it_is_written_for_people_to_read():
    values = {
        "data": {"train": [{"path": "a b.csv", "holdout": None}], "notes": 'one "two"\n\x7f'},
        "fit": {"learning_rate": 1e-05, "epochs": 3, "class_weight": None},
    }
    assert toml.dumps(values) == (
        '[data]\ntrain = [{ path = "a b.csv" }]\nnotes = "one \\"two\\"\\n\\u007f"\n'
        "\n[fit]\nlearning_rate = 1e-05\nepochs = 3\n"
    )


def test_what_toml_cannot_hold_is_refused():
    with pytest.raises(TypeError, match="cannot be written as TOML"):
        toml.dumps({"fit": {"epochs": object()}})
