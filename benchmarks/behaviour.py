"""`python -m benchmarks.behaviour`: failure rates of the behavioural suite, by capability."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.lexicons import Vader
from sentiment import bundle as bundles
from sentiment.classifier import Classifier
from sentiment.errors import SentimentError
from training.evaluation import behaviour as suite
from training.rows.dataset import Examples
from training.templates import LABELS

SUITE = Path(__file__).parents[1] / "tests" / "behaviour"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return the exit status (2 for what the user can mend)."""
    options = _parser().parse_args(arguments)
    try:
        classifier = Classifier.load(bundles.current(options.model))
        name = f"ours ({classifier.name}/{classifier.version})"
        systems = {name: suite.predictor(classifier)}
        if options.peers:
            systems[Vader.name] = _vader()
        results = {
            name: suite.run(predict, SUITE, examples=options.examples)
            for name, predict in systems.items()
        }
    except SentimentError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(table(results))
    for capability, result in results[name].items():
        for example in result.examples:
            print(f"\n{capability}: {example}", end="")
    if options.examples:
        print()
    return 0


def table(results: Mapping[str, Mapping[str, suite.Result]]) -> str:
    """Render Markdown: a row for each capability, a column for each system, in percent."""
    first = next(iter(results.values()))
    rows = [
        [capability, str(result.cases)]
        + [f"{100 * of[capability].rate:.1f} %" for of in results.values()]
        for capability, result in first.items()
    ]
    total = ["**mean**", str(sum(result.cases for result in first.values()))]
    total += [f"**{100 * suite.mean_rate(of):.1f} %**" for of in results.values()]
    return report.table(["failures", "cases", *results], [*rows, total])


def _vader() -> suite.Predict:
    nothing = np.zeros(0, np.int32)
    vader = Vader(Examples([], nothing, nothing, LABELS, ()), seed=0)

    def predict(texts: list[str]) -> list[suite.Answer]:
        rows = vader.probabilities(texts)  # (n, 3)
        answers = [dict(zip(LABELS, row.tolist(), strict=True)) for row in rows]
        return [suite.Given(max(one, key=one.__getitem__), one) for one in answers]

    return predict


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.behaviour", description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument("--peers", action="store_true", help="measure VADER beside it")
    parser.add_argument(
        "--examples", type=int, default=0, metavar="N", help="print N failures of a capability"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
