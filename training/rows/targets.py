"""What stands in the label column, by the task: names of classes, or numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sentiment.prediction import TaskName
from training.rows import values
from training.rows.dataset import Examples, to_examples
from training.rows.readers import Rows


@dataclass(frozen=True)
class Target:
    """How labels are read, and rows become examples.

    Attributes:
        examples: joins files; with the labels that a model knows, where it has some.
        refusal: says why a label cannot be used, or None where it can.
    """

    examples: Callable[[Sequence[Rows], Sequence[str] | None], Examples]
    refusal: Callable[[str], str | None] | None = None


TARGETS: dict[TaskName, Target] = {
    "classification": Target(lambda rows, known: to_examples(rows, label_names=known)),
    "regression": Target(lambda rows, known: values.to_values(rows), values.refusal),
}
