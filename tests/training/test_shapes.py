"""The stages of the tensor: the arithmetic, what the command prints, and what Keras says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from training.__main__ import main
from training.config import NetworkConfig
from training.tensor import shapes

ROOT = Path(__file__).parents[2]
ROWS = "text,label\n" + "".join(
    f"{word} {noun} {'indeed ' * (index % 4)},{label}\n"
    for label, words in (("bad", ("awful", "poor", "dull")), ("good", ("lovely", "great", "fine")))
    for word in words
    for index, noun in enumerate(("film", "room", "day", "song", "meal"))
)
STACKED = """
[data]
train = [{ path = "rows.csv", holdout = 0.2 }]
[pipeline]
timesteps_quantile = 0.9
[vectors]
method = "random"
features = 6
[network]
layers = [64, 32]
"""


def shapes_of(stages: list[shapes.Stage]) -> list[tuple]:
    return [stage.shape for stage in stages]


def test_two_stacked_layers_keep_the_timesteps():
    config = NetworkConfig(layers=(64, 32), pooling=("max", "mean"))
    stages = shapes.of_text(config, timesteps=40, vocabulary=1000, features=12, classes=3)
    assert shapes_of(stages) == [
        ("n",),
        ("n", "…"),
        ("n", 40),
        ("n", 40, 12),
        ("n", 40, 128),
        ("n", 40, 64),
        ("n", 128),
        ("n", 3),
        ("n", 3),
    ]
    assert all(len(stage.shape) == len(stage.meaning) for stage in stages)
    assert stages[3].parameters == 12_000
    assert stages[4].parameters == 2 * 4 * (12 + 64 + 1) * 64


def test_two_classes_have_one_logit():
    config = NetworkConfig(layers=(8,), bidirectional=False, pooling=("last",))
    assert shapes_of(shapes.of_tensor(config, timesteps=5, features=2, classes=2)) == [
        ("n", 5, 8),
        ("n", 8),
        ("n", 1),
        ("n", 2),
    ]


def test_what_is_not_known_stays_a_letter_and_is_not_counted():
    page = shapes.table(shapes.of_text(NetworkConfig(layers=(8,))))
    assert "(n, T, F)" in page and "(n, C)" in page
    assert page.splitlines()[-1].endswith("not known yet")


@pytest.mark.slow
def test_the_command_reads_the_data_for_the_numbers(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text(ROWS, encoding="utf-8")
    Path("run.toml").write_text(STACKED, encoding="utf-8")
    assert main(["shapes", "--config", "run.toml", "--data", "."]) == 0
    page = capsys.readouterr().out
    assert "T = 5: 0.0% of 24 training rows" in page
    assert "C = 2: bad, good" in page
    assert "lstm_0 (2 x 64, bidirectional), return_sequences=True" in page
    assert "(n, 5, 6)" in page and "(n, 5, 128)" in page and "(n, 5, 64)" in page
    assert "(samples, timesteps, features)" in page
    Path("elsewhere").mkdir()
    assert main(["shapes", "--config", "run.toml", "--data", "elsewhere"]) == 2
    assert "elsewhere" in capsys.readouterr().err


def test_without_data_the_command_needs_neither_tensorflow_nor_gensim(tmp_path):
    (tmp_path / "run.toml").write_text(STACKED, encoding="utf-8")
    program = (
        "import sys; from training.__main__ import main\n"
        f"status = main(['shapes', '--config', {str(tmp_path / 'run.toml')!r}])\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
        "sys.exit(status)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "(n, T, 6)" in run.stdout
    assert "the 0.9 quantile of the training rows' lengths, at most 400" in run.stdout
    assert {"tensorflow", "keras", "gensim"}.isdisjoint(run.stdout.splitlines()[-1].split())


FEATURES = """
[vectors]
method = "random"
features = 6
[features]
extra = ["casing", "elongation"]
"""


def test_extra_features_are_counted_and_named(tmp_path, capsys):
    (tmp_path / "run.toml").write_text(FEATURES, encoding="utf-8")
    assert main(["shapes", "--config", str(tmp_path / "run.toml")]) == 0
    page = capsys.readouterr().out
    assert "F: 6 random, and extra features of the token: casing.upper, casing.title, elong" in page
    assert "(n, 400, 9)" in page
    (tmp_path / "run.toml").write_text(FEATURES + 'lexicon = "words.csv"\n', encoding="utf-8")
    assert main(["shapes", "--config", str(tmp_path / "run.toml")]) == 0
    page = capsys.readouterr().out
    assert "elongation, those of words.csv" in page  # how many they are, its header says
    assert "(n, 400, F)" in page


@pytest.mark.slow
def test_with_data_the_lexicon_s_columns_are_counted_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text(ROWS, encoding="utf-8")
    Path("words.csv").write_text("word,valence\nawful,-2\nsplendid,2\n", encoding="utf-8")
    data = '[data]\ntrain = [{ path = "rows.csv", holdout = 0.2 }]\n'
    Path("run.toml").write_text(f'{data}{FEATURES}lexicon = "words.csv"\n', encoding="utf-8")
    assert main(["shapes", "--config", "run.toml", "--data", "."]) == 0
    page = capsys.readouterr().out
    assert (
        "F = 10: 6 random, and extra features of the token: "
        "casing.upper, casing.title, elongation, lexicon.valence" in page
    )
    # "splendid" has a row although no text holds it
    assert "rows of the vocabulary that have it: " in page and "lexicon.valence 2\n" in page
    assert "(n, 400, 10)" in page
    assert "(samples, timesteps, features)" in page


def test_what_is_done_to_longer_and_shorter_rows_is_told(tmp_path, capsys):
    settings = '[pipeline]\ntruncating = "post"\n[fit]\npadding = "pre"\n'
    (tmp_path / "run.toml").write_text(settings, encoding="utf-8")
    for options, cut, padded in (
        ([], "beginning", "after"),
        (["--config", str(tmp_path / "run.toml")], "end", "before"),
    ):
        assert main(["shapes", *options]) == 0
        page = capsys.readouterr().out
        assert f"a longer training row loses its {cut}" in page
        assert f"shorter rows are padded {padded} their text" in page


def page_of(folder: Path, settings: str, capsys, *options: str) -> str:
    """What `shapes` prints of a configuration."""
    (folder / "run.toml").write_text(settings, encoding="utf-8")
    assert main(["shapes", "--config", str(folder / "run.toml"), *options]) == 0
    return capsys.readouterr().out


def test_a_fixed_batch_is_the_samples_axis_of_training(tmp_path, capsys):
    page = page_of(tmp_path, "[fit]\nfixed_batch = 32\n", capsys)
    assert "n: a training batch has batch_shape = (32, T); shorter rows are padded" in page
    assert "32 on the samples axis is for training alone: export frees it" in page
    assert "(32, 400, 128)" in page and "(32, C)" in page and "(n, " not in page
    free = page_of(tmp_path, "", capsys)
    assert "(n, 400, 128)" in free and "export frees it" not in free


def test_what_becomes_of_longer_texts_at_prediction_is_told(tmp_path, capsys):
    page = page_of(tmp_path, "[pipeline]\ntimesteps = 40\noverlap = 7\n", capsys)
    assert "windows of T timesteps that share 7, their answers averaged; or it is trunc" in page
    assert "a shorter one: padded, and the padding masked" in page
    assert "share 50, and at most half of T, their" in page_of(tmp_path, STACKED, capsys)


def test_a_regression_has_one_value_and_no_classes(tmp_path, capsys):
    page = page_of(tmp_path, '[data]\ntask = "regression"\n', capsys)
    assert "values: one of each text" in page and "C:" not in page and "softmax" not in page
    assert re.search(r"head: deviations from the mean +\(n, 1\) +\(samples, value\) +257", page)
    assert re.search(r"scaled: values +\(n, 1\)", page)


def test_features_of_a_file_are_not_known_before_it_is_read(tmp_path, capsys):
    settings = '[vectors]\nmethod = "random"\nfeatures = 6\npath = "words.txt"\n'
    page = page_of(tmp_path, settings, capsys)
    assert "F: those of words.txt, and 6 random" in page and "(n, 400, F)" in page
    page = page_of(tmp_path, '[vectors]\nmethod = "file"\npath = "words.txt"\n', capsys)
    assert "F: words.txt\n" in page


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # gensim's
@pytest.mark.filterwarnings("ignore:Exception ignored:pytest.PytestUnraisableExceptionWarning")
def test_with_data_values_and_the_features_of_a_file_are_counted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = ROWS.replace(",bad\n", ",1\n").replace(",good\n", ",4.5\n")
    Path("rows.csv").write_text(rows, encoding="utf-8")
    Path("words.txt").write_text("film 1 0 0 0\nroom 0 1 0 0\n", encoding="utf-8")
    settings = STACKED.replace("[data]", '[data]\ntask = "regression"')
    settings = settings.replace("features = 6", 'features = 6\npath = "words.txt"')
    fixed = f"{settings}[fit]\nfixed_batch = 8\n"
    page = page_of(tmp_path, fixed, capsys, "--data", ".")
    assert "n = 24 training rows in all; a training batch has batch_shape = (8, T)" in page
    assert "8 on the samples axis is for training alone" in page and "(8, 5, 10)" in page
    assert "F = 10: those of words.txt, and 6 random" in page
    assert "values: 1 to 4.5, 2.75 on average" in page and "share 2, their" in page
    assert re.search(r"scaled: values +\(8, 1\)", page)


@pytest.mark.slow
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("classes", [2, 4])
def test_keras_has_the_same_shapes_and_as_many_parameters(bidirectional, classes):
    from training import network

    config = NetworkConfig(
        layers=(64, 32), bidirectional=bidirectional, pooling=("last", "max", "mean")
    )
    model = network.build(config, vocabulary=50, features=7, columns=network.columns_of(classes))
    stages = shapes.of_text(
        config, samples=3, timesteps=9, vocabulary=50, features=7, classes=classes
    )
    kind = "bidirectional" if bidirectional else "lstm"
    names = ["embedding", f"{kind}_0", f"{kind}_1", "pooling", "head"]
    for name, stage in zip(names, stages[3:8], strict=True):
        layer = model.get_layer(name)
        free = tuple(
            axis if size is None else size
            for size, axis in zip(layer.output.shape, stage.shape, strict=True)
        )
        assert free == stage.shape
        assert layer.count_params() == stage.parameters
    assert model.count_params() == sum(stage.parameters for stage in stages)
