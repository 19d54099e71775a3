"""The public data sets: their addresses, checksums, terms, and the files made of them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Remote:
    """A published file.

    `size`, in bytes, and `sha256` are None where nobody has published them: the first checksum that
    is met, of a file with the rows that it should have, is then recorded and asked for later.
    """

    url: str
    size: int | None = None
    sha256: str | None = None

    @property
    def name(self) -> str:
        """The file's name, the last part of its address."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Corpus:
    """A data set.

    `files` are the names of the Parquet files made of it, without suffix, and how many rows its
    publishers say each has (None where they do not say).
    """

    name: str
    title: str
    remotes: tuple[Remote, ...]
    files: Mapping[str, int | None]
    terms: str
    citation: str


# What an address with a commit in it gives never changes.
_TWEETEVAL = (
    "https://raw.githubusercontent.com/cardiffnlp/tweeteval/"
    "4fbd22cd78421f05b1ecdb4fc5725bc7a7bd8f66/datasets/sentiment/"
)

# Checksums: imdb as in TensorFlow Datasets and Hugging Face Datasets, tweets as in the latter, sst2
# as in public code that fetches it. For amazon none was found.
CORPORA = {
    corpus.name: corpus
    for corpus in (
        Corpus(
            "imdb",
            "film reviews, positive or negative, with stars (Large Movie Review Dataset)",
            (
                Remote(
                    "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
                    84_125_825,
                    "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
                ),
            ),
            {"imdb-train": 25_000, "imdb-test": 25_000, "imdb-unlabelled": 50_000},
            "Published for research, without a licence; the reviews belong to who wrote them on "
            "IMDb. Its authors ask that the paper be cited.",
            'Maas, Daly, Pham, Huang, Ng and Potts (2011), "Learning Word Vectors for Sentiment '
            'Analysis", ACL 2011, pages 142 to 150',
        ),
        Corpus(
            "sst2",
            "sentences and phrases of film reviews (Stanford Sentiment Treebank)",
            (
                Remote(
                    "https://nlp.stanford.edu/sentiment/trainDevTestTrees_PTB.zip",
                    789_539,
                    "5c613a4f673fc74097d523a2c83f38e0cc462984d847b82c7aaf36b01cbbbfcc",
                ),
            ),
            {"sst-train": 8_544, "sst-train-phrases": None, "sst-dev": 1_101, "sst-test": 2_210},
            "Published for research, without a licence; the sentences are from reviews on Rotten "
            "Tomatoes, collected by Pang and Lee (2005).",
            "Socher, Perelygin, Wu, Chuang, Manning, Ng and Potts (2013), "
            '"Recursive Deep Models for Semantic Compositionality Over a Sentiment Treebank", '
            "EMNLP 2013, pages 1631 to 1642",
        ),
        Corpus(
            "tweets",
            "tweets, negative, neutral or positive (SemEval-2017 task 4 A, as in TweetEval)",
            (
                Remote(
                    _TWEETEVAL + "train_text.txt",
                    4_970_029,
                    "368f01052ea6fd8ffc408a2a2e6ac9669e31542581a0396ef16591ea26eb98a6",
                ),
                Remote(
                    _TWEETEVAL + "train_labels.txt",
                    91_230,
                    "122bfb1732fb6995b0e5c5f726c0ba457c469c3b6e60513007ce5037f23e65d4",
                ),
                Remote(
                    _TWEETEVAL + "val_text.txt",
                    219_137,
                    "e5b021e6fc45064c260b09814b803d8f56cada519c4d952d72f43d48a350a964",
                ),
                Remote(
                    _TWEETEVAL + "val_labels.txt",
                    4_000,
                    "b4566926c72e2e4e2916c864def94e76c4cdde52446af2c7ba4fc2006e057e51",
                ),
                Remote(
                    _TWEETEVAL + "test_text.txt",
                    1_156_877,
                    "09a93a55c63fd93f97485ef7302889d7edb4091cd49733aa37da094f0bfa0675",
                ),
                Remote(
                    _TWEETEVAL + "test_labels.txt",
                    24_568,
                    "6afb4afe9374d1f983bcf9a7c79b108d0f37fdf020a83f30488309bed215db9d",
                ),
            ),
            {"tweets-train": 47_615, "tweets-test": 12_284},
            "Creative Commons Attribution 3.0 Unported, says TweetEval's data card. TweetEval adds "
            "no restriction. The tweets are under the terms of Twitter, https://twitter.com/tos.",
            'Rosenthal, Farra and Nakov (2017), "SemEval-2017 Task 4: Sentiment Analysis in '
            'Twitter", SemEval-2017, pages 502 to 518; and Barbieri, Camacho-Collados, '
            'Espinosa-Anke and Neves (2020), "TweetEval: Unified Benchmark and Comparative '
            'Evaluation for Tweet Classification", Findings of EMNLP 2020',
        ),
        Corpus(
            "amazon",
            "product reviews of four domains, with stars (Multi-Domain Sentiment Dataset)",
            (
                Remote(
                    "https://www.cs.jhu.edu/~mdredze/datasets/sentiment/domain_sentiment_data.tar.gz"
                ),
            ),
            dict.fromkeys(
                ("amazon-books", "amazon-dvd", "amazon-electronics", "amazon-kitchen"), 2_000
            ),
            "Published for research, without a licence; the reviews belong to who wrote them on "
            "Amazon. Its authors ask that the paper be cited, and to be told of the use.",
            'Blitzer, Dredze and Pereira (2007), "Biographies, Bollywood, Boom-boxes and Blenders: '
            'Domain Adaptation for Sentiment Classification", ACL 2007, pages 440 to 447',
        ),
    )
}
