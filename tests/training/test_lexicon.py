"""A user's lexicon: what is read, and what is refused with its file, line and content."""

import numpy as np
import pytest

from training.config import DataConfig
from training.rows import lexicon, sources
from training.rows.decoding import DataError


def read(folder, content: str, name: str = "my_words.csv", **options):
    (folder / name).write_text(content, encoding="utf-8")
    return lexicon.read(folder / name, **options)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("words.csv", "word,valence,arousal\ngreat,3.1,1\n\n mediocre ,-0.5,0\n"),
        ("words.csv", "\ufeffvalence;word;arousal\n3.1;great;1\n\n-0.5;mediocre;0\n"),
        ("words.tsv", "word\tvalence\tarousal\ngreat\t3.1\t1\n\nmediocre\t-5e-1\t0\n"),
    ],
)
def test_a_column_beside_the_words_is_a_feature(tmp_path, name, content):
    received = read(tmp_path, content, name)
    assert received.columns == ("valence", "arousal")
    assert received.words == ["great", "mediocre"]
    assert received.values.dtype == np.float32
    assert np.allclose(received.values, [[3.1, 1], [-0.5, 0]])
    assert received.lines == [2, 4]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "my_words.csv: the file is empty"),
        ("term,valence\ngood,1\n", 'my_words.csv, line 1 (the header): there is no column "word"'),
        ("word\ngood\n", 'line 1 (the header): received "word" alone'),
        ("word,\ngood,1\n", "line 1 (the header): received a column without a name"),
        ("word,a,a\ngood,1,2\n", '2 columns are named "a"'),
        ("word,a\n", "received a header alone"),
        ("word,a\ngood,1\nbad,high\n", "my_words.csv, line 3: \"a\" is 'high', not a number."),
        ("word,a\ngood,\n", "line 2: \"a\" is '', not a number. Every column but"),
        ("word,a\ngood,nan\n", "line 2: \"a\" is 'nan', not a number"),
        ("word,a\ngood,-inf\n", "line 2: \"a\" is '-inf', not a number"),
        ("word,a\ngood,1e39\n", "line 2: \"a\" is '1e39', not a number"),
        ("word,a\ngood,1,2\n", "line 2: the number of cells is 3"),
        ("word,a\n  ,1\n", "line 2: the word is empty"),
    ],
)
def test_what_cannot_be_used_is_refused_by_file_and_line(tmp_path, content, message):
    with pytest.raises(DataError) as caught:
        read(tmp_path, content)
    assert message in str(caught.value)


def test_another_kind_of_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r'received a "\.xlsx" file'):
        read(tmp_path, "word,a\ngood,1\n", "words.xlsx")
    with pytest.raises(DataError, match=r"none\.csv: cannot be read: No such file"):
        lexicon.read(tmp_path / "none.csv")


def test_it_is_read_with_the_data_and_described_among_the_files(tmp_path):
    rows = "".join(f"{word} film {n},{word}\n" for word in ("good", "bad") for n in range(5))
    (tmp_path / "rows.csv").write_text(f"text,label\n{rows}", encoding="utf-8")
    (tmp_path / "words.csv").write_text("word,valence\ngood,1\n", encoding="utf-8")
    config = DataConfig(train=({"path": "rows.csv"},), holdout=0.4)
    with pytest.raises(DataError, match="nothing"):
        sources.load(config, seed=0, directories=[tmp_path], lexicon="nothing.csv")
    data = sources.load(config, seed=0, directories=[tmp_path], lexicon="words.csv")
    assert data.lexicon.words == ["good"]
    assert data.files[-1].items() >= {"role": "lexicon", "name": "words.csv", "rows": 1}.items()
    assert len(data.files[-1]["sha256"]) == 64
