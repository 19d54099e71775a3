"""A search for settings: trials of a configuration within a time, judged as early stopping does.

The values tried come from a tree-structured Parzen estimator (Bergstra et al. 2011, Optuna's
default): ten trials at random, then near what went well. A trial is given up where its best epoch
so far is worse than the median of what the others had reached by then (Golovin et al. 2017, "Google
Vizier"), once five trials have ended and the trial has had two epochs.
"""

import gc
import json
import logging
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import optuna
import tensorflow as tf
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from sentiment.errors import SentimentError
from training import config as configs
from training import files
from training.config import ConfigError, TrainingConfig
from training.differences import differences
from training.evaluation.figures import FIGURES
from training.rows import sources
from training.search import toml
from training.search.ranges import DEFAULTS, Range, Ranges, merge, number
from training.search.trials import (
    FIGURE,
    NOTE,
    SECONDS,
    TIME_WAS_UP,
    TRIALS,
    WORSE_THAN_MEDIAN,
    figure,
    summary,
)
from training.train import try_out

logger = logging.getLogger(__name__)

BEST = "best.toml"
_FRUITLESS = 10  # failed or repeated trials in a row, after which more would be no better


class TuneError(SentimentError):
    """The search has no result."""

    code = "no_result"


class _PassedOver(Exception):
    """The trial can give no value; the message says why."""


def tune(
    config: TrainingConfig,
    folder: Path,
    *,
    minutes: float,
    data_directories: Sequence[Path] = (),
) -> optuna.Study:
    """Try settings until the time is up, and write the best as a configuration for a fit.

    Every trial reads the same rows and the same split. The trials are kept in the folder, and a
    call with the same configuration goes on from them; Ctrl-C ends the search early. What is tried
    depends on the trials before and on the configuration's seed, not on whether they were run at
    one go.

    Args:
        config: its `tune` says what is searched; `ranges.DEFAULTS` where it is empty. Its own
            values are the first trial where the ranges hold them.
        minutes: in all, from now.
        data_directories: where the configuration's files are looked for.
    Raises:
        ConfigError, DataError: the configuration, the data or the folder cannot be used.
        TuneError: no trial came to its end.
    """
    deadline = time.monotonic() + 60 * minutes
    config, data = sources.load_settled(config, data_directories)
    study = _open(folder, config, data)
    search = _Search(study, config, data, deadline)
    fruitless = 0
    try:
        while fruitless < _FRUITLESS and search.has_time():
            fruitless = 0 if search.run_trial() else fruitless + 1
        logger.info(
            "%s",
            "too little time for another trial"
            if fruitless < _FRUITLESS
            else f"{fruitless} trials in a row told nothing new",
        )
    except KeyboardInterrupt:
        logger.info("interrupted: the trials that have ended are kept")
    if not study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
        raise TuneError(_no_result(study, folder))
    _write_best(study, config, folder / BEST)
    return study


class _Search:
    """Runs the trials of a study, one after another, each in a fresh state."""

    def __init__(
        self, study: optuna.Study, config: TrainingConfig, data: sources.Data, deadline: float
    ) -> None:
        self._study = study
        self._config = config
        self._data = data
        self._deadline = deadline

    def has_time(self) -> bool:
        """Tell whether a trial could end in time: the quickest that came to its end would."""
        ended = self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        quickest = min((trial.user_attrs[SECONDS] for trial in ended), default=0.0)
        return self._left() > 0 and self._left() >= quickest

    def run_trial(self) -> bool:
        """Run one trial and record it; return whether it measured anything."""
        number_of_trials = len(self._study.get_trials(deepcopy=False))
        # Anew for each trial: going on with one seed would draw the first values once more.
        self._study.sampler = optuna.samplers.TPESampler(
            seed=self._config.fit.seed + number_of_trials
        )
        start = time.monotonic()
        trial = self._study.ask()
        state, value, note = TrialState.FAIL, None, "interrupted"
        try:
            value = self._value(trial)
            state, note = TrialState.COMPLETE, ""
        except optuna.TrialPruned as stop:
            state, note = TrialState.PRUNED, str(stop)
        except (_PassedOver, SentimentError) as error:
            note = str(error)
        except (MemoryError, tf.errors.ResourceExhaustedError):
            note = "out of memory"
        finally:
            trial.set_user_attr(NOTE, note)
            trial.set_user_attr(SECONDS, time.monotonic() - start)
            ended = self._study.tell(trial, value, state=state)
            logger.info("%s; %.1f minutes left", summary(self._study, ended), self._left() / 60)
        return state is not TrialState.FAIL

    def _value(self, trial: Trial) -> float:
        ranges = _ranges(self._config)
        chosen = {key: _draw(trial, key, values) for key, values in ranges.items()}
        logger.info("trial %d: %s", trial.number, json.dumps(chosen))
        for other in self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            if other.params == trial.params:
                raise _PassedOver(f"the same values as in trial {other.number}")
        config = _with(self._config, chosen)
        judge = FIGURES[config.data.task]
        judged_by, better = judge.judged_by, max if judge.higher_is_better else min

        def after_epoch(epoch: int, values: dict[str, float]) -> None:
            if not math.isfinite(values["loss"]):
                raise _PassedOver(f"the loss of epoch {epoch + 1} is {values['loss']}")
            trial.report(values[judged_by], epoch)
            if epoch + 1 == config.fit.epochs:
                return
            if trial.should_prune():
                raise optuna.TrialPruned(WORSE_THAN_MEDIAN)
            if self._left() <= 0:
                raise optuna.TrialPruned(TIME_WAS_UP)

        keras.utils.clear_session()  # what the trials before have left in memory
        gc.collect()
        history = try_out(config, self._data, after_epoch=after_epoch)
        return better(values[judged_by] for values in history)

    def _left(self) -> float:
        """Return the seconds until the time is up."""
        return self._deadline - time.monotonic()


def _ranges(config: TrainingConfig) -> Ranges:
    return config.tune or DEFAULTS


def _draw(trial: Trial, key: str, values: Range) -> Any:
    if values.choices is not None:
        # as JSON, for a database holds no lists
        return json.loads(trial.suggest_categorical(key, list(map(json.dumps, values.choices))))
    if number(TrainingConfig, key) is int:
        low, high, step = int(values.low), int(values.high), int(values.step or 1)
        return trial.suggest_int(key, low, high, step=step, log=values.log)
    return trial.suggest_float(key, values.low, values.high, step=values.step, log=values.log)


def _with(config: TrainingConfig, chosen: dict[str, Any]) -> TrainingConfig:
    return configs.parse(merge(_written(config), chosen), origin="these values together")


def _written(config: TrainingConfig) -> dict[str, Any]:
    """Return what the configuration's file says, without the defaults."""
    return config.model_dump(mode="json", exclude_unset=True)


def _open(folder: Path, config: TrainingConfig, data: sources.Data) -> optuna.Study:
    """Make the study, or take it up again where this configuration was searched before."""
    ranges = _ranges(config)
    setup = {
        **config.model_dump(mode="json"),
        "tune": {key: values.model_dump(mode="json") for key, values in ranges.items()},
        "file": {f"{index} ({file['name']})": file for index, file in enumerate(data.files)},
    }
    judge = FIGURES[config.data.task]
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        url = URL.create("sqlite", database=str(folder / TRIALS)).render_as_string()
        study = optuna.create_study(
            storage=optuna.storages.RDBStorage(url),
            study_name="tune",
            direction="maximize" if judge.higher_is_better else "minimize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=1),
            load_if_exists=True,
        )
    except (OSError, SQLAlchemyError) as error:
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"--output {folder}: cannot keep trials there: {reason}") from None
    if "setup" not in study.user_attrs:
        study.set_user_attr("setup", setup)
        study.set_user_attr(FIGURE, judge.title)
        _enqueue_own_values(study, config, ranges)
    for change in differences(study.user_attrs["setup"], json.loads(json.dumps(setup))):
        raise ConfigError(
            f"--output {folder}: holds the trials of another configuration: {change}. Name "
            "another folder, or go on with the configuration as it was."
        )
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)  # its process has ended
    return study


def _enqueue_own_values(study: optuna.Study, config: TrainingConfig, ranges: Ranges) -> None:
    """Let the first trial be the configuration as it is, so that the best is never worse."""
    values = config.model_dump(mode="json")
    own = {}
    for key, allowed in ranges.items():
        section, _, name = key.partition(".")
        value = values[section][name]
        if not allowed.holds(value):
            return
        own[key] = value
        if allowed.choices is not None:
            own[key] = json.dumps(allowed.choices[allowed.choices.index(value)])
    study.enqueue_trial(own)


def _no_result(study: optuna.Study, folder: Path) -> str:
    trials = study.get_trials(deepcopy=False)
    last = f" The last: {summary(study, trials[-1])}." if trials else ""
    return (
        f"no trial came to its end.{last} Give more --minutes, or a configuration whose epochs are "
        f"shorter; the {len(trials)} trials are kept in {folder / TRIALS}."
    )


def _write_best(study: optuna.Study, config: TrainingConfig, path: Path) -> None:
    best: FrozenTrial = study.best_trial
    chosen = {
        key: json.loads(value) if _ranges(config)[key].choices is not None else value
        for key, value in best.params.items()
    }
    values = merge(_written(config), chosen)
    trials = len(study.get_trials(deepcopy=False))
    files.write(
        path,
        f"# Trial {best.number} of {trials}: {figure(study)} {best.value:.4f} on the validation "
        f"rows, which chose it.\n{toml.dumps(values)}",
    )
