"""The configuration: what it says by default, and how it answers a mistake."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from training import config
from training.config import ConfigError, TrainingConfig

TRAINING = Path(config.__file__).parent


def read(folder: Path, toml: str) -> TrainingConfig:
    path = folder / "fit.toml"
    path.write_text(toml, encoding="utf-8")
    return config.read(path)


def error(folder: Path, toml: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, toml)
    return str(caught.value)


def test_an_empty_file_is_the_default(tmp_path):
    assert read(tmp_path, "") == TrainingConfig()
    assert TrainingConfig().network.pooling == ("max", "mean")
    assert TrainingConfig().pipeline.timesteps == 400


def test_values_are_read(tmp_path):
    values = read(
        tmp_path,
        """
        [data]
        train = [{ path = "a.csv" }, { path = "b.csv", weight = 0.5, holdout = 0 }]
        aliases = { "0" = "negative", "1" = "positive" }
        [pipeline]
        timesteps = 64
        overlap = 8
        [network]
        layers = [64, 32]
        bidirectional = false
        pooling = ["last", "mean"]
        [fit]
        class_weight = { negative = 2.0 }
        """,
    )
    first, second = values.data.train
    assert (first.path, first.weight, first.holdout) == ("a.csv", 1.0, None)
    assert (second.path, second.weight, second.holdout) == ("b.csv", 0.5, 0.0)
    assert values.data.aliases == {"0": "negative", "1": "positive"}
    assert (values.pipeline.timesteps, values.pipeline.overlap) == (64, 8)
    assert values.network.layers == (64, 32)
    assert values.network.pooling == ("last", "mean")
    assert values.fit.class_weight == {"negative": 2.0}
    assert values.fit.batch_size == 128  # what is left out has its default


@pytest.mark.parametrize(
    ("rows", "epochs"), [(0, 10), (432, 10), (5_000, 10), (10_000, 5), (22_500, 2), (500_000, 2)]
)
def test_many_rows_are_read_in_fewer_epochs(rows, epochs):
    assert config.parse({}, origin="test").settled(rows).fit.epochs == epochs
    told = config.parse({"fit": {"epochs": 7}}, origin="test")
    assert told.settled(rows) == told


@pytest.mark.parametrize(
    ("tokens", "passes"), [(0, 50), (600_000, 50), (6_000_000, 15), (18_000_000, 5), (10**9, 5)]
)
def test_vectors_read_few_tokens_more_often(tokens, passes):
    assert config.parse({}, origin="test").vectors.passes(tokens) == passes
    assert config.parse({"vectors": {"epochs": 7}}, origin="test").vectors.passes(tokens) == 7


@pytest.mark.parametrize(
    ("rows", "batch_size", "learning_rate"),
    [(50, 16, 0.002), (1_000, 16, 0.002), (4_000, 62, 0.002), (20_000, 128, 0.001)],
)
def test_a_model_goes_on_at_a_lower_rate_and_with_few_rows_in_small_batches(
    rows, batch_size, learning_rate
):
    fresh = config.parse({}, origin="test")
    anew, on = fresh.settled(rows).fit, fresh.settled(rows, going_on=True).fit
    assert (anew.batch_size, anew.learning_rate) == (128, 0.003)
    assert (on.batch_size, on.learning_rate) == (batch_size, learning_rate)
    told = {"learning_rate": 0.003, "batch_size": 128}
    fixed = config.parse({"fit": told}, origin="test").settled(rows, going_on=True).fit
    assert (fixed.batch_size, fixed.learning_rate) == (128, 0.003)


@pytest.mark.parametrize(
    ("rows", "known", "trainable"),
    [(20, True, "head"), (499, True, "head"), (500, True, "all"), (20, False, "all")],
)
def test_of_few_rows_of_known_labels_the_head_learns_alone(rows, known, trainable):
    fresh = config.parse({}, origin="test")
    settled = fresh.settled(rows, going_on=True, known=known)
    assert settled.fit.trainable == trainable
    assert settled.settled(10**6, going_on=True).fit.trainable == trainable  # it is told by now
    assert fresh.settled(rows).fit.trainable is None


def test_a_head_of_values_is_not_learned_alone():
    with pytest.raises(ConfigError, match='fit.trainable = "head" is for classes'):
        config.parse({"data": {"task": "regression"}, "fit": {"trainable": "head"}}, origin="test")


@pytest.mark.parametrize("name", ["default.toml", "samples/config.toml"])
def test_the_committed_configurations_are_valid(name):
    values = config.read(TRAINING / name)
    assert values.data.train


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("[fit]\nepochs = 7\n", encoding="utf-8-sig")
    assert config.read(path).fit.epochs == 7


def test_a_configuration_survives_json():
    values = config.read(TRAINING / "default.toml")
    assert TrainingConfig.model_validate(values.model_dump(mode="json")) == values


@pytest.mark.parametrize(
    ("toml", "key", "known"),
    [
        ("netwrok = {}", "netwrok", "fit, network, pipeline, tokenizer, tune, vectors"),
        ("[network]\nlayer = [8]", "network.layer", "bidirectional, dropout"),
        (
            "[pipeline]\ntimestep = 9",
            "pipeline.timestep",
            "overlap, timesteps, timesteps_quantile, truncating",
        ),
        ("[vectors]\nsize = 9", "vectors.size", "epochs, features, method"),
        ("[tokenizer]\nsize = 9", "tokenizer.size", "min_frequency, vocabulary_size"),
        ("[fit]\nepoch = 9", "fit.epoch", "batch_size, batch_tokens"),
        ("[data]\ntrian = []", "data.trian", "aliases, encoding"),
        (
            '[[data.train]]\npath = "a.csv"\nwieght = 2',
            "data.train.0.wieght",
            "holdout, label_smoothing, path, weight",
        ),
    ],
)
def test_an_unknown_key_is_named_with_the_known_ones(tmp_path, toml, key, known):
    message = error(tmp_path, toml)
    assert message.startswith(f'{tmp_path / "fit.toml"}: "{key}" is not a setting. Those here are ')
    assert known in message


@pytest.mark.parametrize(
    ("toml", "key", "received"),
    [
        ('[pipeline]\ntimesteps = "many"', "pipeline.timesteps", "'many'"),
        ("[pipeline]\ntimesteps = 0", "pipeline.timesteps", "0"),
        ("[pipeline]\ntimesteps = 2.5", "pipeline.timesteps", "2.5"),
        ('[pipeline]\ntruncating = "left"', "pipeline.truncating", "'left'"),
        ("[tokenizer]\nvocabulary_size = 3", "tokenizer.vocabulary_size", "3"),
        ('[vectors]\nmethod = "bert"', "vectors.method", "'bert'"),
        ("[network]\nlayers = []", "network.layers", "[]"),
        ("[network]\nlayers = 128", "network.layers", "128"),
        ("[network]\nlayers = [64, 0]", "network.layers", "[64, 0]"),
        ('[network]\npooling = ["max", "max"]', "network.pooling", "['max', 'max']"),
        ('[network]\npooling = ["sum"]', "network.pooling.0", "'sum'"),
        ("[network]\ndropout = 1.0", "network.dropout", "1.0"),
        ("[fit]\nlearning_rate = inf", "fit.learning_rate", "inf"),
        ("[fit]\nlearning_rate = nan", "fit.learning_rate", "nan"),
        ('[fit]\nclass_weight = "even"', "fit.class_weight", "'even'"),
        ("[fit]\nclass_weight = { negative = -1 }", "fit.class_weight", "-1"),
        ("fit = 3", "fit", "3"),
        ("[[data.train]]\nweight = 2", "data.train.0.path", "{'weight': 2}"),
        ('[[data.train]]\npath = "a.csv"\nweight = 0', "data.train.0.weight", "0"),
        ('[[data.train]]\npath = "a.csv"\nweight = inf', "data.train.0.weight", "inf"),
        ('[[data.train]]\npath = "a.csv"\nholdout = 1', "data.train.0.holdout", "1"),
        ("[data]\nholdout = 0", "data.holdout", "0"),
    ],
)
def test_a_wrong_value_is_shown(tmp_path, toml, key, received):
    message = error(tmp_path, toml)
    assert message.startswith(f"{tmp_path / 'fit.toml'}: {key}")
    assert f"(received {received})" in message


@pytest.mark.parametrize(
    ("use", "setting", "message"),
    [
        ("validation", "weight = 2", "weight = 2.0, which is for files of train and unlabelled"),
        ("test", "holdout = 0", "holdout = 0.0, which is for files of train; leave it out"),
        ("taught", "label_smoothing = 0.1", "label_smoothing = 0.1, which is for files of train;"),
    ],
)
def test_a_setting_that_a_file_of_this_use_would_not_heed_is_refused(
    tmp_path, use, setting, message
):
    toml = f'[[data.train]]\npath = "a.csv"\n[[data.{use}]]\npath = "b.csv"\n{setting}'
    assert f"{use} names b.csv with {message}" in error(tmp_path, toml)


def test_a_file_that_teachers_label_has_a_weight(tmp_path):
    settings = read(tmp_path, '[[data.unlabelled]]\npath = "a.csv"\nweight = 2')
    assert settings.data.unlabelled[0].weight == 2


def test_windows_must_advance(tmp_path):
    message = error(tmp_path, "[pipeline]\ntimesteps = 50\noverlap = 50")
    assert "overlap is 50, which must be less than timesteps (50)" in message


def test_all_mistakes_are_told_at_once(tmp_path):
    message = error(tmp_path, "[fit]\nepochs = 0\nepoch = 3")
    assert len(message.splitlines()) == 2


def test_broken_toml(tmp_path):
    message = error(tmp_path, "[fit\nepochs = 3")
    assert message.startswith(f"{tmp_path / 'fit.toml'}: cannot be read as TOML: ")
    assert "line 1" in message


def test_a_file_that_is_not_there_or_not_utf8(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read as TOML"):
        config.read(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'[data]\ntext_column = "Stra\xdfe"\n')
    with pytest.raises(ConfigError, match=r"latin\.toml: cannot be read as TOML"):
        config.read(tmp_path / "latin.toml")


def test_a_configuration_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        TrainingConfig().fit.epochs = 3
