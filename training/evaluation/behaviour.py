"""A behavioural suite: cases from templates and by hand, and a run that counts the failures.

After Ribeiro et al. 2020, "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList", with
its three kinds of tests:

- label (their minimum functionality test): one text, and the labels that a reader may give it;
  more than one where people would disagree.
- invariance: two texts that say the same. The second gets the first's label, and the probability
  of that label moves by no more than a tolerance (0.1 unless the group says otherwise; more for
  typos and capitals, which may well make an answer less sure). This is stricter than CheckList,
  which lets a label change that comes with a small enough change of probability.
- direction: two texts, and whether the score, P(positive) - P(negative), must be higher or lower
  for the second, by more than a margin (0.1 unless the group says otherwise). A negative margin
  says only that it may not go the other way by as much: for texts whose score is near its end.

A suite is a folder: `capabilities/*.json` hold the cases, `fillers.json` what stands in their
slots. That of this project is `tests/behaviour/`.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from sentiment.classifier import Classifier
from sentiment.errors import TextError
from training.config import ConfigError
from training.templates import LABELS, expand

TOLERANCE = 0.1
MARGIN = 0.1
_TAKE = 3  # sentences of a template, unless its group says otherwise
_ARROW = "\n=>\n"  # between the two texts of a pair, so that they share their fillers


class Answer(Protocol):
    """What is read of a prediction; `sentiment.classifier.Prediction` is one."""

    @property
    def label(self) -> str: ...
    @property
    def probabilities(self) -> Mapping[str, float]: ...


Predict = Callable[[list[str]], Sequence[Answer]]


@dataclass(frozen=True)
class Given:
    """An answer made by hand."""

    label: str
    probabilities: dict[str, float]


@dataclass(frozen=True)
class Case:
    """One test of one or two texts; `expected` is told by `test` (see the module)."""

    capability: str
    test: Literal["label", "invariance", "direction"]
    texts: tuple[str, ...]
    labels: tuple[str, ...] = ()
    score: Literal["higher", "lower"] | None = None
    allowed: float = 0.0  # the tolerance or the margin

    def failure(self, answers: Sequence[Answer]) -> str | None:
        """Say what is wrong with the answers to `texts`; None where nothing is."""
        first, last = answers[0], answers[-1]
        if self.test == "label":
            if first.label in self.labels:
                return None
            return f"{self.texts[0]!r}: {first.label}, expected {' or '.join(self.labels)}"
        pair = f"{self.texts[0]!r} => {self.texts[1]!r}"
        if self.test == "invariance":
            before, after = first.probabilities[first.label], last.probabilities[first.label]
            if first.label == last.label and abs(after - before) <= self.allowed:
                return None
            return f"{pair}: {first.label} {before:.2f}, then {last.label} ({after:.2f})"
        change = _score(last) - _score(first)
        if (change if self.score == "higher" else -change) > self.allowed:
            return None
        return f"{pair}: score {_score(first):+.2f}, then {_score(last):+.2f}, not {self.score}"


@dataclass
class Result:
    """The outcome for one capability."""

    cases: int = 0
    failures: int = 0
    examples: list[str] = field(default_factory=list)  # of failures, in the order of the cases

    @property
    def rate(self) -> float:
        """The share of cases that failed."""
        return self.failures / self.cases


def cases(folder: Path) -> list[Case]:
    """Read all cases, the same ones in the same order each time.

    Raises:
        ConfigError: the folder holds no suite.
        TemplateError: a template and the fillers do not fit.
    """
    groups = groups_by_capability(folder)
    fillers = _json(folder / "fillers.json")
    try:
        return [
            case
            for capability in groups
            for group in groups[capability]
            for case in _cases(capability, group, fillers)
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{folder}: a group of a capability is not as expected: {error!r}. Groups hold a "
            '"test" (label, invariance or direction) and "texts".'
        ) from None


def groups_by_capability(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Read the groups of templates as they are written.

    Raises:
        ConfigError: the folder holds no suite.
    """
    files = sorted((folder / "capabilities").glob("*.json"))
    if not files:
        raise ConfigError(
            f"{folder}: there is no capabilities/*.json in it; a suite is a folder as "
            "tests/behaviour is."
        )
    return {file.stem.replace("_", " "): _json(file)["groups"] for file in files}


def predictor(classifier: Classifier) -> Predict:
    """Let a model answer; a text that it cannot classify gets the same for every class.

    Raises:
        ConfigError: its labels are not negative, neutral and positive.
    """
    if set(classifier.labels) != set(LABELS):
        raise ConfigError(
            f"{classifier.name}/{classifier.version}: the model answers "
            f"{', '.join(classifier.labels) or 'a value'}, and the suite asks for "
            f"{', '.join(LABELS)}. Name a model of these labels."
        )

    def predict(texts: list[str]) -> list[Answer]:
        unsure = Given("neutral", dict.fromkeys(LABELS, 1 / len(LABELS)))
        return [unsure if isinstance(one, TextError) else one for one in classifier.predict(texts)]

    return predict


def run(predict: Predict, folder: Path, *, examples: int = 3) -> dict[str, Result]:
    """Ask a model everything, and count by capability.

    Args:
        predict: n texts to n answers.
        folder: of the suite.
        examples: the most failures of a capability to tell.
    Raises:
        as `cases`.
    """
    asked = cases(folder)
    texts = list(dict.fromkeys(text for case in asked for text in case.texts))
    answers = dict(zip(texts, predict(texts), strict=True))
    results: dict[str, Result] = {}
    for case in asked:
        result = results.setdefault(case.capability, Result())
        result.cases += 1
        failure = case.failure([answers[text] for text in case.texts])
        if failure:
            result.failures += 1
            if len(result.examples) < examples:
                result.examples.append(failure)
    return results


def mean_rate(results: Mapping[str, Result]) -> float:
    """The mean over the capabilities, each counting the same, of the share that failed."""
    return sum(result.rate for result in results.values()) / len(results)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read as JSON: {error}") from None


def _cases(capability: str, group: Mapping[str, Any], fillers: Any) -> Iterator[Case]:
    test = group["test"]
    default = {"label": 0.0, "invariance": TOLERANCE, "direction": MARGIN}[test]
    for template in group["texts"]:
        joined = template if isinstance(template, str) else _ARROW.join(template)
        for text in expand(joined, fillers, limit=group.get("take", _TAKE)):
            yield Case(
                capability,
                test,
                texts=tuple(text.split(_ARROW)),
                labels=tuple(group.get("expect", ())),
                score=group.get("score"),
                allowed=group.get("tolerance", group.get("margin", default)),
            )


def _score(answer: Answer) -> float:
    return answer.probabilities["positive"] - answer.probabilities["negative"]
