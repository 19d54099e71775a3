"""The peers, by the names that the command line takes."""

from collections.abc import Collection, Sequence

from benchmarks.embeddings import SentenceEmbeddings
from benchmarks.lexicons import TextBlob, Vader
from benchmarks.ngrams import FastText, NaiveBayes, Tfidf
from training.config import ConfigError

Peer = Vader | TextBlob | FastText | Tfidf | NaiveBayes | SentenceEmbeddings

PEERS: dict[str, type[Peer]] = {
    "vader": Vader,
    "textblob": TextBlob,
    "fasttext": FastText,
    "tfidf": Tfidf,
    "nbsvm": NaiveBayes,
    "minilm": SentenceEmbeddings,
}
LEARNERS = ("fasttext", "tfidf", "nbsvm", "minilm")


def named(names: str, *, among: Collection[str] = PEERS) -> list[str]:
    """Cut a list like "vader,tfidf".

    Raises:
        ConfigError: a name is not `among` those that will do.
    """
    peers = [name for name in names.split(",") if name]
    for name in peers:
        if name not in among:
            raise ConfigError(f'--peers: "{name}" is not one of {", ".join(among)}.')
    return peers


def installed(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return those of these peers that can be made here, and a note on each that cannot."""
    there, notes = [], []
    for name in names:
        missing = SentenceEmbeddings.missing() if PEERS[name] is SentenceEmbeddings else []
        if missing:
            notes.append(
                f"{PEERS[name].name} was left out: {', '.join(missing)} not installed. "
                "`.venv/bin/python -m pip install -r requirements-teachers.txt` brings what it "
                "needs."
            )
        else:
            there.append(name)
    return there, notes
