"""Measure a saved model on labelled rows."""

import argparse
import json
import sys
from pathlib import Path

from training.commands import bundle, columns
from training.config import DataConfig


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("bundle", type=Path, help="a model (its current version) or a bundle")
    parser.add_argument("data", type=Path, nargs="+", help="CSV, TSV, JSONL or Parquet")
    columns.add_options(parser)
    parser.add_argument(
        "--slice",
        action="append",
        default=[],
        metavar="COLUMN",
        help="a column whose values are measured each by itself; may be given several times",
    )
    parser.add_argument("--no-text", action="store_true", help="show no excerpt of a text")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report there")


def run(options: argparse.Namespace) -> None:
    """Do it."""
    from sentiment.classifier import Classifier
    from training import files
    from training.evaluation import html_report, labelled, text_report
    from training.evaluation.evaluate import evaluate

    classifier = Classifier.load(bundle(options.bundle))
    config = DataConfig(**columns.chosen(options), task=classifier.task.name)
    data = labelled.read(
        config, options.data, classifier.labels, others=list(dict.fromkeys(options.slice))
    )
    result = evaluate(classifier, data, with_text=not options.no_text)
    if options.json:
        files.write(options.json, json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    if options.html:
        files.write(options.html, html_report.render(result))
    sys.stdout.write(text_report.render(result))
