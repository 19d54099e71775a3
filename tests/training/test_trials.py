"""The table and the plots of a search."""

import logging

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from training.search.trials import NOTE, SECONDS, WORSE_THAN_MEDIAN, plot, summary, table


@pytest.fixture
def study() -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(direction="maximize")


def add(study, rate, *recalls, layers="[8]", state=TrialState.COMPLETE, note="") -> None:
    study.add_trial(
        create_trial(
            state=state,
            value=max(recalls) if state is TrialState.COMPLETE else None,
            params={"fit.learning_rate": rate, "network.layers": layers},
            distributions={
                "fit.learning_rate": FloatDistribution(1e-4, 1e-1, log=True),
                "network.layers": CategoricalDistribution(["[8]", "[16]"]),
            },
            intermediate_values=dict(enumerate(recalls)),
            user_attrs={NOTE: note, SECONDS: 7.4},
        )
    )


def test_the_table_has_the_best_first_and_what_failed_last(study):
    add(study, 0.012345, 0.5, 0.7, 0.6)
    add(study, 0.05, state=TrialState.FAIL, note="out of memory")
    add(study, 0.002, 0.1, 0.95, state=TrialState.PRUNED, note=WORSE_THAN_MEDIAN)
    add(study, 0.001, 0.9, 0.8, layers="[16]")
    header, *rows = table(study).splitlines()
    assert header.split("  ")[0] == "trial"
    assert [row.split()[:4] for row in rows] == [
        ["3", "0.9000", "2", "7"],
        ["0", "0.7000", "3", "7"],
        ["2", "0.9500", "2", "7"],
        ["1", "0", "7", "0.05"],
    ]
    column = header.index("network.layers")
    assert [row[column:].split()[0] for row in rows] == ["[16]", "[8]", "[8]", "[8]"]
    assert "0.0123" in rows[1]
    assert rows[2].endswith("given up: worse than the median")
    assert rows[3].endswith("failed: out of memory")


def test_a_line_of_a_trial_says_which_is_the_best(study):
    add(study, 0.01, state=TrialState.FAIL, note="out of memory")
    assert summary(study, study.trials[0]) == "trial 0 failed: out of memory"
    add(study, 0.01, 0.8, 0.7)
    add(study, 0.02, 0.6)
    assert summary(study, study.trials[2]) == (
        "trial 2 came to its end, macro recall 0.6000 (best: 0.8000, trial 1)"
    )


def test_plots_of_enough_trials(study, tmp_path):
    for number in range(6):
        add(study, 0.001 * (number + 1), number / 10, layers=["[8]", "[16]"][number % 2])
    written = plot(study, tmp_path)
    assert [path.name for path in written] == ["history.png", "importances.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)


@pytest.mark.parametrize("recalls", [[0.5], [0.5, 0.5, 0.5]])
def test_importances_that_cannot_be_told_are_left_out(study, tmp_path, caplog, recalls):
    for number, recall in enumerate(recalls):
        add(study, 0.001 * (number + 1), recall)
    with caplog.at_level(logging.INFO):
        assert [path.name for path in plot(study, tmp_path)] == ["history.png"]
    assert "no importances.png: " in caplog.text
