"""What a search has found: a line a trial, a table of all, plots."""

import logging
import warnings
from pathlib import Path

import matplotlib
import optuna
from matplotlib import pyplot
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from optuna.visualization import matplotlib as plots

logger = logging.getLogger(__name__)

TRIALS = "trials.db"
FIGURE = "figure"  # what a study judges by, in words
_DEFAULT_FIGURE = "macro recall"  # of studies of older releases
# What a trial is marked with beside its values.
SECONDS = "seconds"
NOTE = "note"  # why it has no value, or was given up
# Why it was given up; worse is lower for what is the better the higher it is, else higher.
WORSE_THAN_MEDIAN = "worse than the median"
TIME_WAS_UP = "the time was up"


def summary(study: optuna.Study, trial: FrozenTrial) -> str:
    """Say in a line how a trial ended, and which is the best so far."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    best = min(complete, key=lambda trial: _rank(study, trial.value), default=None)
    line = f"trial {trial.number} {_ending(trial)}"
    if trial.intermediate_values:
        line += f", {figure(study)} {_reached(study, trial):.4f}"
    return line if best is None else f"{line} (best: {best.value:.4f}, trial {best.number})"


def table(study: optuna.Study) -> str:
    """Return all trials that have ended, the best first, in columns."""
    trials = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
    trials.sort(
        key=lambda trial: (
            trial.state is not TrialState.COMPLETE,
            not trial.intermediate_values,
            _rank(study, _reached(study, trial)),
        )
    )
    settings = list(dict.fromkeys(key for trial in trials for key in trial.params))
    rows = [["trial", figure(study), "epochs", "seconds", *settings, ""]]
    for trial in trials:
        rows.append(
            [
                str(trial.number),
                f"{_reached(study, trial):.4f}" if trial.intermediate_values else "",
                str(len(trial.intermediate_values)),
                f"{trial.user_attrs.get(SECONDS, 0):.0f}",
                *(_cell(trial.params.get(key, "")) for key in settings),
                _ending(trial),
            ]
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)


def plot(study: optuna.Study, folder: Path) -> list[Path]:
    """Draw the course of the search, and how much each setting mattered where that can be told.

    Returns:
        The PNG files written.
    """
    matplotlib.use("agg")  # no window
    written = []
    for name, draw in (
        ("history.png", plots.plot_optimization_history),
        ("importances.png", plots.plot_param_importances),
    ):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                figure = draw(study).figure
        except (ValueError, RuntimeError) as error:
            logger.info("no %s: %s", name, error)  # too few trials, or all alike
        else:
            figure.savefig(folder / name, bbox_inches="tight")
            written.append(folder / name)
        finally:
            pyplot.close("all")
    return written


def figure(study: optuna.Study) -> str:
    """Name what a study judges by."""
    return study.user_attrs.get(FIGURE, _DEFAULT_FIGURE)


def _rank(study: optuna.Study, value: float) -> float:
    """What sorts values, the best first."""
    return -value if study.direction is StudyDirection.MAXIMIZE else value


def _reached(study: optuna.Study, trial: FrozenTrial) -> float:
    """Return the figure of the best epoch, 0 where none was measured."""
    values = trial.intermediate_values.values()
    return min(values, key=lambda value: _rank(study, value), default=0.0)


def _ending(trial: FrozenTrial) -> str:
    if trial.state is TrialState.COMPLETE:
        return "came to its end"
    note = trial.user_attrs.get(NOTE, "its process ended")
    return f"{'given up' if trial.state is TrialState.PRUNED else 'failed'}: {note}"


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
