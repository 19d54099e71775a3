"""Start vectors: every kind of file read right, trained ones repeatable, the gaps filled."""

from pathlib import Path

import numpy as np
import pytest

from training.config import ConfigError, VectorsConfig

pytestmark = [
    pytest.mark.slow,
    # gensim leaves a file without a header open
    pytest.mark.filterwarnings(
        "ignore:unclosed file:ResourceWarning",
        "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning",
    ),
]

WORDS = ("film", "good", "bad", "the", "naïve", "👍")
FEATURES = 5


@pytest.fixture(scope="module")
def vectors():
    from training import vectors

    return vectors


@pytest.fixture(scope="module")
def known() -> np.ndarray:
    """A vector for each of WORDS, exact in six decimals: float32 (6, F)."""
    return np.random.default_rng(0).integers(-9999, 9999, (6, FEATURES)).astype(np.float32) / 1e4


def keyed(values):
    from gensim.models import KeyedVectors

    result = KeyedVectors(FEATURES)
    result.add_vectors(list(WORDS), values)
    return result


def lines(values) -> list[str]:
    return [
        " ".join([word, *(f"{x:.4f}" for x in row)])
        for word, row in zip(WORDS, values, strict=True)
    ]


def word2vec_text(path: Path, values) -> None:
    keyed(values).save_word2vec_format(str(path), binary=False)


def word2vec_binary(path: Path, values) -> None:
    keyed(values).save_word2vec_format(str(path), binary=True)


def glove(path: Path, values) -> None:
    path.write_text("\n".join(lines(values)) + "\n", encoding="utf-8")


def fasttext_vec(path: Path, values) -> None:
    """As fastText writes it: a header, and a space at the end of each line."""
    header = f"{len(WORDS)} {FEATURES}\n"
    path.write_text(header + "".join(f"{line} \n" for line in lines(values)), encoding="utf-8")


def windows_text(path: Path, values) -> None:
    header = f"{len(WORDS)} {FEATURES}\r\n"
    path.write_bytes((header + "".join(f"{line}\r\n" for line in lines(values))).encode())


@pytest.mark.parametrize(
    "write", [word2vec_text, word2vec_binary, glove, fasttext_vec, windows_text]
)
@pytest.mark.parametrize("name", ["vectors.txt", "vectors.bin"])  # the name says nothing
def test_a_file_is_read_as_what_it_is(vectors, known, tmp_path, write, name):
    write(tmp_path / name, known)
    received = vectors.read(tmp_path / name)
    assert received.vector_size == FEATURES
    assert set(received.key_to_index) == set(WORDS)
    for word, expected in zip(WORDS, known, strict=True):
        assert np.allclose(received[word], expected, atol=1e-6)


def test_a_binary_vector_may_begin_with_the_byte_of_a_line_feed(vectors, known, tmp_path):
    values = known.copy()
    values[0, 0] = np.frombuffer(b"\x0a\x00\x80\x3f", "<f4")[0]  # a little more than 1
    word2vec_binary(tmp_path / "v.bin", values)
    assert np.array_equal(vectors.read(tmp_path / "v.bin")[WORDS[0]], values[0])


@pytest.fixture(scope="module")
def fasttext_bin(tmp_path_factory):
    """A tiny model in fastText's own binary format, and the path of it."""
    from gensim.models import FastText
    from gensim.models.fasttext import save_facebook_model

    sentences = [["good", "film"], ["bad", "film"], ["the", "film"]] * 5
    model = FastText(sentences, vector_size=4, min_count=1, epochs=1, bucket=50, workers=1, seed=1)
    path = tmp_path_factory.mktemp("fasttext") / "model.bin"
    save_facebook_model(model, str(path))
    return model, path


def test_fasttext_binary(vectors, fasttext_bin):
    model, path = fasttext_bin
    received = vectors.read(path)
    assert set(received.key_to_index) == {"good", "bad", "the", "film"}
    for word in received.key_to_index:
        assert np.allclose(received[word], model.wv[word], atol=1e-6)


def garbage(seed: int) -> bytes:
    return np.random.default_rng(seed).bytes(5000)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"hello",
        b"good 0.1 0.2 0.3\nbad 0.1 0.2\n",  # rows of different lengths
        b"good zero one\nbad one two\n",
        b"3 4\ngood 0.1 0.2 0.3 0.4\n",  # fewer rows than the header says
        b"2 4\ngood 0.1 0.2\nbad 0.3 0.4\n",
        b"2 4\ngood \x01\x02\x03",  # binary, and cut off
        b"{\n" + b'"json": 1}',
        b"\xba\x16\x4f\x2f",  # the first bytes of fastText's format, and no more
        *map(garbage, range(5)),
    ],
)
def test_garbage_is_refused(vectors, tmp_path, content):
    (tmp_path / "vectors.txt").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        vectors.read(tmp_path / "vectors.txt")
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'vectors.txt'}: cannot be read as word vectors (")
    assert "word2vec (text and binary), GloVe and fastText" in message


def test_a_fasttext_file_that_was_cut_off_is_refused(vectors, fasttext_bin, tmp_path):
    whole = fasttext_bin[1].read_bytes()
    # in the header, in the matrix (half of the file is the second matrix, which is not read);
    # cut within the words, gensim 4.4 would never end
    for size in (6, 30, len(whole) // 4):
        (tmp_path / "cut.bin").write_bytes(whole[:size])
        with pytest.raises(ConfigError, match="cannot be read as word vectors"):
            vectors.read(tmp_path / "cut.bin")


def test_a_fasttext_classifier_is_refused(vectors, fasttext_bin, tmp_path):
    data = bytearray(fasttext_bin[1].read_bytes())
    data[72:76] = (1).to_bytes(4, "little")  # the number of labels
    (tmp_path / "classifier.bin").write_bytes(data)
    with pytest.raises(ConfigError, match="Supervised fastText models are not supported"):
        vectors.read(tmp_path / "classifier.bin")


def test_a_missing_file_is_refused(vectors, tmp_path):
    with pytest.raises(ConfigError, match=r"none\.txt: cannot be read as word vectors .*No such"):
        vectors.read(tmp_path / "none.txt")


def test_method_file_needs_a_path(vectors):
    with pytest.raises(ConfigError, match=r"vectors\.path must name one"):
        start(vectors, ["[PAD]", "[UNK]"], [[1]], method="file")


def start(vectors, vocabulary, rows, *, seed=0, workers=1, **settings):
    ids = [np.array(row, np.int32) for row in rows]
    return vectors.start(ids, vocabulary, VectorsConfig(**settings), seed=seed, workers=workers)


def test_a_file_covers_what_it_holds(vectors, known, tmp_path):
    glove(tmp_path / "v.txt", known)
    vocabulary = ["[PAD]", "[UNK]", "good", "film", "##ly", "zebra"]
    received = start(
        vectors, vocabulary, [[2, 3, 3, 4], [5]], method="file", path=str(tmp_path / "v.txt")
    )
    assert received.values.shape == (6, FEATURES)  # the file's F, not the configuration's
    assert received.values.dtype == np.float32
    assert np.allclose(received.values[2], known[WORDS.index("good")], atol=1e-6)
    assert np.allclose(received.values[3], known[WORDS.index("film")], atol=1e-6)
    assert received.coverage == {"vocabulary": round(2 / 6, 4), "tokens": 3 / 5}


def test_a_word_starts_from_its_lower_case_unless_a_file_tells_them_apart(vectors, tmp_path):
    vocabulary = ["[PAD]", "[UNK]", "us", "US", "film", "FILM"]
    trained = start(vectors, vocabulary, [[2, 4, 3], [5, 2]], method="word2vec", features=4)
    assert np.array_equal(trained.values[2], trained.values[3])
    assert np.array_equal(trained.values[4], trained.values[5])
    assert trained.coverage["tokens"] == 1
    (tmp_path / "v.txt").write_text("us 1 2\nUS 3 4\nfilm 5 6\n", encoding="utf-8")
    path = str(tmp_path / "v.txt")
    of_file = start(vectors, vocabulary, [[2, 4, 3]], method="file", path=path)
    assert of_file.values[2:].tolist() == [[1, 2], [3, 4], [5, 6], [5, 6]]


def test_padding_starts_from_zero(vectors):
    for method in ("random", "word2vec"):
        received = start(
            vectors, ["[PAD]", "[UNK]", "a", "b"], [[2, 3, 2]], method=method, features=8
        )
        assert not received.values[0].any()
        assert received.values[1:].any(axis=1).all()


def test_what_a_file_lacks_starts_from_noise_as_wide(vectors, tmp_path):
    from gensim.models import KeyedVectors

    random = np.random.default_rng(1)
    file = KeyedVectors(50)
    file.add_vectors([f"w{n}" for n in range(200)], random.normal(0, 0.37, (200, 50)))
    file.save_word2vec_format(str(tmp_path / "v.txt"))
    vocabulary = ["[PAD]", "[UNK]", *(f"##{n}" for n in range(200)), "w0"]
    received = start(vectors, vocabulary, [[2, 3]], method="file", path=str(tmp_path / "v.txt"))
    noise = received.values[2:202]
    assert noise.std() == pytest.approx(0.37, rel=0.05)
    assert len(np.unique(noise[:, 0])) == 200


def test_random_vectors(vectors):
    vocabulary = ["[PAD]", "[UNK]", *map(str, range(300))]
    received = start(vectors, vocabulary, [[2]], method="random", features=30)
    assert received.values.shape == (302, 30)
    assert received.values[1:].std() == pytest.approx(0.1, rel=0.05)
    assert received.coverage == {"vocabulary": 0, "tokens": 0}


def test_an_emoji_starts_from_the_words_of_its_name(vectors):
    vocabulary = ["[PAD]", "[UNK]", "thumbs", "up", "👍", "film", "🎬"]
    received = start(vectors, vocabulary, [[2, 3, 5], [5, 2]], method="word2vec", features=8)
    words = [word for word in vectors._emoji_names()["👍"] if word in vocabulary]
    assert {"thumbs", "up"} <= set(words)
    expected = np.mean([received.values[vocabulary.index(word)] for word in words], axis=0)
    assert np.allclose(received.values[4], expected, atol=1e-6)


def test_an_emoji_that_was_seen_keeps_its_vector(vectors):
    vocabulary = ["thumbs", "up", "👍"]
    values = np.eye(3, dtype=np.float32)
    vectors.name_emoji(values, vocabulary, unseen=np.array([False, False, False]))
    assert np.array_equal(values, np.eye(3))
    vectors.name_emoji(values, vocabulary, unseen=np.array([True, True, True]))
    assert np.array_equal(values[:2], np.eye(3)[:2])  # words stay as they are
    assert not np.array_equal(values[2], np.eye(3)[2])


def test_an_emoji_of_whose_name_no_word_is_known_stays(vectors):
    values = np.eye(2, dtype=np.float32)
    vectors.name_emoji(values, ["film", "👍"], unseen=np.array([False, True]))
    assert np.array_equal(values, np.eye(2))


def test_the_alphabet_is_emoji_of_one_character(vectors):
    alphabet = vectors.emoji_alphabet()
    assert len(alphabet) > 1000
    assert len(alphabet) == len(set(alphabet))
    assert all(len(symbol) == 1 for symbol in alphabet)
    assert {"👍", "😡", "❤", "🎉"} <= set(alphabet)
    assert not set("0123456789#*©®") & set(alphabet)


VOCABULARY = ["[PAD]", "[UNK]", *"abcdefgh"]


def corpus() -> list[list[int]]:
    random = np.random.default_rng(0)
    return [random.integers(2, 10, random.integers(3, 9)).tolist() for _ in range(60)]


@pytest.mark.parametrize(
    ("method", "skip_gram"), [("word2vec", False), ("word2vec", True), ("fasttext", False)]
)
def test_trained_vectors_cover_what_was_seen_and_repeat(vectors, method, skip_gram):
    settings = {"method": method, "features": 6, "epochs": 2, "skip_gram": skip_gram}
    first, same = (start(vectors, VOCABULARY, corpus(), **settings) for _ in range(2))
    other = start(vectors, VOCABULARY, corpus(), seed=1, **settings)
    assert first.values.shape == (10, 6)
    assert np.array_equal(first.values, same.values)
    assert not np.array_equal(first.values, other.values)
    assert first.coverage == {"vocabulary": 0.8, "tokens": 1.0}


def test_a_file_s_features_stand_before_those_that_are_trained(vectors, known, tmp_path):
    word2vec_text(tmp_path / "v.txt", known)
    vocabulary = ["[PAD]", "[UNK]", "good", "film", "kettle"]
    received = start(
        vectors,
        vocabulary,
        [[2, 3, 4], [4, 3]],
        method="word2vec",
        features=8,
        path=str(tmp_path / "v.txt"),
    )
    assert received.values.shape == (5, FEATURES + 8)
    assert np.allclose(received.values[2, :FEATURES], known[WORDS.index("good")], atol=1e-6)
    assert received.values[2:, FEATURES:].any(axis=1).all()
    assert received.coverage == {"vocabulary": 3 / 5, "tokens": 1}
