"""The search: what is tried, kept, given up and passed over, and when it ends."""

import json
from pathlib import Path
from types import SimpleNamespace

import optuna
import pytest
from optuna.trial import TrialState

from training import config as configs
from training.config import ConfigError, TrainingConfig
from training.rows.decoding import DataError

pytestmark = pytest.mark.slow

EPOCH = 4  # seconds, by the tests' clock
TRIAL = 3 * EPOCH
GOOD = "text,label\n" + "".join(
    f"{word} {noun},{label}\n"
    for label, words in (("negative", ("awful", "poor")), ("positive", ("lovely", "great")))
    for word in words
    for noun in ("film", "room", "day", "song", "meal")
)
SETTINGS = {
    "data": {"train": [{"path": "good.csv", "holdout": 0.3}]},
    "fit": {"epochs": 3, "learning_rate": 0.01},
    "tune": {
        "fit.learning_rate": {"low": 1e-3, "high": 1e-1, "log": True},
        "pipeline.timesteps": {"low": 100, "high": 500, "step": 100},
        "network.layers": {"choices": [[4], [64], [4, 4]]},
    },
}


def parse(**sections) -> TrainingConfig:
    return configs.parse({**SETTINGS, **sections}, origin="test")


class Runner:
    """Stands in for the training of a network: says of each trial what it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.data = []
        self.tried: list[TrainingConfig] = []
        self.epochs_run: list[int] = []
        self.script = lambda number: [0.5 + number / 100] * 3

    def __call__(self, config, data, *, after_epoch):
        self.data.append(data)
        self.tried.append(config)
        self.epochs_run.append(0)
        history = []
        recalls = self.script(len(self.tried) - 1)
        for epoch, recall in enumerate(recalls):
            self.now += EPOCH
            self.epochs_run[-1] += 1
            history.append({"loss": recall * 2, "macro_recall": recall})
            after_epoch(epoch, history[-1])
        return history

    def values(self) -> list[tuple]:
        return [(c.fit.learning_rate, c.pipeline.timesteps, c.network.layers) for c in self.tried]


@pytest.fixture
def runner(tmp_path, monkeypatch) -> Runner:
    from training.search import tune

    (tmp_path / "good.csv").write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runner = Runner()
    monkeypatch.setattr(tune, "try_out", runner)
    monkeypatch.setattr(tune, "time", SimpleNamespace(monotonic=lambda: runner.now))
    return runner


def search(config: TrainingConfig, trials: float, folder: str = "out") -> optuna.Study:
    from training.search.tune import tune

    return tune(config, Path(folder), minutes=(trials * TRIAL + 1) / 60)


def test_the_best_is_written_as_a_configuration(runner):
    runner.script = lambda number: [0.6, 0.9, 0.7] if number == 2 else [0.8, 0.85, 0.8]
    study = search(parse(), trials=4)
    assert len(runner.tried) == 4
    assert study.best_value == 0.9
    written = configs.read(Path("out/best.toml"))
    assert written == runner.tried[2].model_copy(update={"tune": {}})
    assert written.data == parse().data
    assert "# Trial 2 of 4: macro recall 0.9000" in Path("out/best.toml").read_text("utf-8")


def test_values_lie_in_their_ranges_and_the_first_are_the_configuration_s_own(runner):
    search(parse(), trials=8)
    assert runner.values()[0] == (0.01, 400, (64,))
    for rate, timesteps, layers in runner.values():
        assert 1e-3 <= rate <= 1e-1
        assert timesteps in (100, 200, 300, 400, 500)
        assert layers in ((4,), (64,), (4, 4))
    assert len(set(runner.values())) == 8
    assert all(data is runner.data[0] for data in runner.data)


def test_values_outside_their_ranges_are_not_the_first(runner):
    search(parse(network={"layers": [7]}), trials=1)
    assert runner.values()[0][2] != (7,)


def test_going_on_is_as_if_it_had_not_stopped(runner):
    search(parse(), trials=6)
    at_one_go, runner.tried = runner.values(), []
    search(parse(), trials=2, folder="parts")
    search(parse(), trials=4, folder="parts")
    assert runner.values() == at_one_go
    runner.tried = []
    search(parse(fit={**SETTINGS["fit"], "seed": 50}), trials=6, folder="seed")
    assert runner.values()[0] == at_one_go[0]
    assert set(runner.values()[1:]).isdisjoint(at_one_go)


@pytest.mark.parametrize(
    ("sections", "change"),
    [
        ({"fit": {"epochs": 4, "learning_rate": 0.01}}, "fit.epochs was 3 and is 4"),
        ({"tune": {"fit.epochs": {"low": 1, "high": 3}}}, "tune."),
    ],
)
def test_another_configuration_needs_another_folder(runner, sections, change):
    search(parse(), trials=1)
    with pytest.raises(ConfigError, match="--output out: holds the trials of another") as caught:
        search(parse(**sections), trials=1)
    assert change in str(caught.value)
    assert len(runner.tried) == 1


def test_other_data_need_another_folder(runner):
    search(parse(), trials=1)
    with Path("good.csv").open("a", encoding="utf-8") as file:
        file.write("a good one,positive\n")
    with pytest.raises(ConfigError, match=r"file\.0 \(good\.csv\)\.\w+ was"):
        search(parse(), trials=1)


def test_what_fails_is_recorded_and_passed_over(runner, caplog):
    failures = {
        1: DataError("no such vectors"),
        2: MemoryError(),
        3: [0.5, float("nan"), 0.9],
    }

    def script(number):
        values = failures.get(number, [0.6] * 3)
        if isinstance(values, Exception):
            runner.now += TRIAL
            raise values
        return values

    runner.script = script
    with caplog.at_level("INFO"):
        study = search(parse(), trials=5)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", *["FAIL"] * 3, "COMPLETE"]
    for message in ("no such vectors", "out of memory", "the loss of epoch 2 is nan"):
        assert f"failed: {message}" in caplog.text
    assert study.best_value == 0.6


def test_tensorflow_out_of_memory(runner):
    import tensorflow as tf

    def script(number):
        if number == 0:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")
        return [0.6] * 3

    runner.script = script
    study = search(parse(), trials=1)
    assert [trial.user_attrs["note"] for trial in study.trials] == ["out of memory", ""]


def test_an_error_of_the_program_is_not_hidden(runner):
    runner.script = lambda number: 1 / 0
    with pytest.raises(ZeroDivisionError):
        search(parse(), trials=1)


def test_without_any_result_it_says_why(runner):
    from training.search.tune import TuneError

    def script(number):
        raise DataError("no such vectors")

    runner.script = script
    with pytest.raises(TuneError, match="no trial came to its end. .*failed: no such vectors"):
        search(parse(), trials=1)
    assert len(runner.tried) == 10
    assert not Path("out/best.toml").exists()


def test_values_that_do_not_go_together_are_passed_over(runner, caplog):
    ranges = {"pipeline.timesteps": {"choices": [40, 60]}}
    with caplog.at_level("INFO"):
        search(parse(tune=ranges), trials=3)
    assert {config.pipeline.timesteps for config in runner.tried} == {60}
    assert "overlap is 50, which must be less than timesteps (40)" in caplog.text


def test_what_was_tried_is_not_tried_again(runner):
    study = search(parse(tune={"network.layers": {"choices": [[4], [8]]}}), trials=1000)
    assert sorted(config.network.layers for config in runner.tried) == [(4,), (8,)]
    assert "the same values as in trial" in study.trials[-1].user_attrs["note"]


def test_a_trial_worse_than_the_median_is_given_up(runner):
    from training.search.trials import WORSE_THAN_MEDIAN

    runner.script = lambda number: [0.1, 0.2, 0.9] if number == 5 else [0.5, 0.6, 0.7]
    study = search(parse(), trials=6)
    assert runner.epochs_run[:6] == [3, 3, 3, 3, 3, 2]
    assert study.trials[5].state is TrialState.PRUNED
    assert study.trials[5].user_attrs["note"] == WORSE_THAN_MEDIAN


def test_at_the_end_a_trial_is_stopped_after_its_epoch(runner):
    from training.search.trials import TIME_WAS_UP

    runner.script = lambda number: [0.5] if number == 0 else [0.5] * 3
    study = search(parse(), trials=(EPOCH + 1.5 * EPOCH) / TRIAL)
    assert runner.epochs_run == [1, 2]
    assert study.trials[1].state is TrialState.PRUNED
    assert study.trials[1].user_attrs["note"] == TIME_WAS_UP


def test_a_trial_that_ends_with_the_time_counts(runner):
    study = search(parse(), trials=0.9)
    assert study.trials[0].state is TrialState.COMPLETE


def test_a_trial_that_would_not_end_in_time_is_not_begun(runner):
    search(parse(), trials=1.5)
    assert runner.epochs_run == [3]


def test_ctrl_c_ends_the_search_and_keeps_what_it_has(runner):
    def script(number):
        if number == 2:
            raise KeyboardInterrupt
        return [0.6 + number / 10]

    runner.script = script
    study = search(parse(), trials=9)
    assert len(study.trials) == 3
    assert study.trials[2].user_attrs["note"] == "interrupted"
    written = configs.read(Path("out/best.toml"))
    assert written.fit.learning_rate == runner.tried[1].fit.learning_rate


def test_a_trial_whose_process_was_killed_is_closed(runner):
    from training.search.trials import table

    study = search(parse(), trials=1)
    study.ask()
    study = search(parse(), trials=1)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert "its process ended" in table(study)


def test_a_folder_that_cannot_be_used(runner):
    Path("file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="--output file: cannot keep trials there"):
        search(parse(), trials=1, folder="file")
    Path("damaged").mkdir()
    Path("damaged/trials.db").write_bytes(b"not a database, " * 100)
    with pytest.raises(ConfigError, match="--output damaged: .* file is not a database"):
        search(parse(), trials=1, folder="damaged")


SMALL = """
[data]
train = [{ path = "good.csv", holdout = 0.3 }]
[pipeline]
timesteps = 12
overlap = 4
[tokenizer]
vocabulary_size = 2000
min_frequency = 1
[vectors]
method = "random"
features = 6
[network]
layers = [4]
[fit]
epochs = 2
[tune]
fit.learning_rate = { low = 1e-3, high = 1e-1, log = true }
network.layers = { choices = [[4], [5]] }
"""


def test_real_trials_go_on_and_their_best_is_fitted(runner, monkeypatch, capsys):
    from sentiment import bundle as bundles
    from training.__main__ import main
    from training.search import tune
    from training.train import try_out

    def timed(*arguments, **options):
        history = try_out(*arguments, **options)
        runner.now += TRIAL
        return history

    monkeypatch.setattr(tune, "try_out", timed)
    Path("small.toml").write_text(SMALL, encoding="utf-8")
    command = ["tune", "--config", "small.toml", "--output", "out"]
    assert main([*command, "--minutes", str(2 * TRIAL / 60)]) == 0
    first = capsys.readouterr().out.splitlines()
    assert main([*command, "--minutes", str(TRIAL / 60)]) == 0
    second = capsys.readouterr().out.splitlines()
    # a header, the trials, what was saved
    assert (len(first), len(second)) == (2 + 2, 2 + 3)
    assert second[-1].startswith("saved: out/best.toml, out/history.png")

    assert main(["fit", "--config", "out/best.toml", "--output", "model"]) == 0
    manifest = bundles.load(Path("model/1")).manifest
    assert json.loads(json.dumps(manifest.training)) == configs.read(
        Path("out/best.toml")
    ).model_dump(mode="json")
