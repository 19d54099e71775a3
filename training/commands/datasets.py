"""List public sentiment data sets, or fetch them into a cache as files to train on."""

import argparse
import os
import sys

from training.corpora.cache import Cache
from training.corpora.catalogue import CORPORA, Corpus


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    actions.add_parser("list", help="what there is, under which terms, and what is here already")
    fetch = actions.add_parser("fetch", help="download, check, and write Parquet files")
    fetch.add_argument("names", nargs="+", choices=CORPORA, metavar="NAME", help=", ".join(CORPORA))


def run(options: argparse.Namespace) -> None:
    """Do it."""
    kept = Cache.of(os.environ)
    if options.action == "list":
        for corpus in CORPORA.values():
            sys.stdout.write(f"{_entry(corpus, kept)}\n\n")
        sys.stdout.write(f"The files are kept in {kept.data}\n")
        return
    from training.corpora.fetch import fetch

    for corpus in [CORPORA[name] for name in dict.fromkeys(options.names)]:
        sys.stdout.write(f"{_about(corpus)}\n")
        sys.stdout.flush()
        if not kept.has(corpus):
            fetch(corpus, kept)
        for name in corpus.files:
            sys.stdout.write(f"here: {kept.parquet(name)}\n")
    sys.stdout.write(f"Train on them with --data {kept.data}\n")


def _entry(corpus: Corpus, kept: Cache) -> str:
    """What the list says of a data set."""
    came = kept.downloaded(corpus)
    sizes = [remote.size for remote in corpus.remotes if remote.size]
    size = f"{sum(sizes) / 1e6:.1f} MB" if sizes else "size not published"
    state = (
        "here" if kept.has(corpus) else f"{came / 1e6:.1f} MB came so far" if came else "not here"
    )
    rows = [f"{name} ({count:,})" if count else name for name, count in corpus.files.items()]
    return "\n".join(
        (
            _about(corpus),
            f"  files, with their rows: {', '.join(rows)}",
            f"  {size}; {state}",
            *(f"  {remote.url}" for remote in corpus.remotes),
        )
    )


def _about(corpus: Corpus) -> str:
    """The name, the terms, and whom to cite."""
    return "\n".join(
        (
            f"{corpus.name}: {corpus.title}",
            f"  terms: {corpus.terms}",
            f"  cite: {corpus.citation}",
        )
    )
