"""The tensor at every stage, by arithmetic alone: no network is built, no TensorFlow imported."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.config import NetworkConfig

# An axis is a number, or the letter of the shapes (docs/architecture.md) where it is not known yet.
Axis = int | str


@dataclass(frozen=True)
class Stage:
    """One step of the tensor.

    Args:
        shape: the axes after this step.
        meaning: the name of each axis.
        parameters: the weights of this step; None where an axis that they depend on is not known.
    """

    name: str
    shape: tuple[Axis, ...]
    meaning: tuple[str, ...]
    parameters: int | None = 0


def of_text(
    config: NetworkConfig,
    *,
    samples: Axis = "n",
    timesteps: Axis = "T",
    vocabulary: Axis = "V",
    features: Axis = "F",
    classes: Axis | None = "C",
) -> list[Stage]:
    """The stages from n texts to their probabilities; without classes, to their values."""
    return [
        Stage("texts", (samples,), ("samples",)),
        Stage(
            f"tokens -> ids, ragged, at most {timesteps} a row",
            (samples, "…"),
            ("samples", "tokens"),
        ),
        Stage("cut and padded: ids, int32", (samples, timesteps), ("samples", "timesteps")),
        Stage(
            "embedding",
            (samples, timesteps, features),
            ("samples", "timesteps", "features"),
            _product(vocabulary, features),
        ),
        *of_tensor(
            config, samples=samples, timesteps=timesteps, features=features, classes=classes
        ),
    ]


def of_tensor(
    config: NetworkConfig,
    *,
    samples: Axis = "n",
    timesteps: Axis = "T",
    features: Axis = "F",
    classes: Axis | None = "C",
) -> list[Stage]:
    """The stages from a tensor (n, T, F), an embedding's or a user's own, to its answers."""
    directions = 2 if config.bidirectional else 1
    stages, width = [], features
    for number, units in enumerate(config.layers):
        # four gates, each with a kernel, a recurrent kernel and a bias
        weights = None if isinstance(width, str) else 4 * units * (width + units + 1) * directions
        width = directions * units
        each = f"2 x {units}, bidirectional" if config.bidirectional else f"{units}"
        stages.append(
            Stage(
                f"lstm_{number} ({each}), return_sequences=True",
                (samples, timesteps, width),
                ("samples", "timesteps", "units"),
                weights,
            )
        )
    pooled = directions * config.layers[-1] * len(config.pooling)
    return [
        *stages,
        Stage(
            f"pooling ({' and '.join(config.pooling)}) over the real timesteps",
            (samples, pooled),
            ("samples", "units"),
        ),
        *(_value(samples, pooled) if classes is None else _classes(samples, pooled, classes)),
    ]


def _classes(samples: Axis, pooled: int, classes: Axis) -> list[Stage]:
    columns = 1 if classes == 2 else classes
    last = "sigmoid" if classes == 2 else "softmax"
    return [
        Stage(
            "head: logits",
            (samples, columns),
            ("samples", "log odds of the second class" if classes == 2 else "classes"),
            None if isinstance(columns, str) else (pooled + 1) * columns,
        ),
        Stage(f"{last}: probabilities", (samples, classes), ("samples", "classes")),
    ]


def _value(samples: Axis, pooled: int) -> list[Stage]:
    return [
        Stage("head: deviations from the mean", (samples, 1), ("samples", "value"), pooled + 1),
        Stage("scaled: values", (samples, 1), ("samples", "value")),
    ]


def table(stages: Sequence[Stage]) -> str:
    """The stages as lines of text, and the sum of their parameters."""
    rows = [("stage", "shape", "axes", "parameters")]
    rows += [
        (stage.name, _bracket(stage.shape), _bracket(stage.meaning), _count(stage.parameters))
        for stage in stages
    ]
    known = [stage.parameters for stage in stages]
    total = None if None in known else sum(count for count in known if count)
    rows.append(("in all", "", "", _count(total)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        f"{name:{widths[0]}}  {shape:{widths[1]}}  {axes:{widths[2]}}  {count:>{widths[3]}}"
        for name, shape, axes, count in rows
    )


def _product(first: Axis, second: Axis) -> int | None:
    return None if isinstance(first, str) or isinstance(second, str) else first * second


def _bracket(axes: Sequence[Axis]) -> str:
    return f"({', '.join(map(str, axes))}{',' if len(axes) == 1 else ''})"


def _count(parameters: int | None) -> str:
    return "not known yet" if parameters is None else f"{parameters:,}" if parameters else "-"
