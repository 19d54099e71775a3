"""What a search may change: ranges of values, by the settings' names."""

import math
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from training.rows.formats import did_you_mean

Ranges = Mapping[str, "Range"]


class Range(BaseModel):
    """The numbers from `low` to `high`, both included, or a list of values to choose from."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: int | float | None = None
    high: int | float | None = None
    step: int | float | None = Field(default=None, gt=0, description="from low, in these steps")
    log: bool = Field(default=False, description="as many values below a factor as above it")
    choices: tuple[Any, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.low is None) != (self.high is None) or (self.low is None) == (
            self.choices is None
        ):
            raise ValueError("expected low and high, or choices")
        if self.choices is not None and (self.step is not None or self.log):
            raise ValueError("step and log belong to low and high, not to choices")
        if self.low is not None and self.high is not None:
            if self.low > self.high:
                raise ValueError(f"low is {self.low}, which is above high ({self.high})")
            if self.log and (self.low <= 0 or self.step is not None):
                raise ValueError("log needs a low above 0 and no step")
        return self

    def ends(self) -> tuple[Any, ...]:
        """Return the values that must be valid for all others between them to be so."""
        return self.choices if self.choices is not None else (self.low, self.high)

    def holds(self, value: Any) -> bool:
        """Tell whether a value is one of these."""
        if self.choices is not None:
            return value in self.choices
        if value is None or not self.low <= value <= self.high:
            return False
        return self.step is None or math.isclose(
            (value - self.low) / self.step, round((value - self.low) / self.step), abs_tol=1e-8
        )


# Tried where a configuration names none: what is known to matter most, and no more, since half an
# hour holds few trials. The learning rate, then the units, explain most of how LSTMs differ (Greff
# et al. 2017, "LSTM: A Search Space Odyssey", who drew rates by the logarithm, and 20 to 200
# units); this rate is around Adam's own 1e-3 (Kingma and Ba 2015). Small batches generalise better
# (Masters and Luschi 2018). Dropout: up to a half of the units, less of the inputs (Srivastava et
# al. 2014).
DEFAULTS: dict[str, Range] = {
    "network.layers": Range(choices=([32], [64], [128])),
    "network.embedding_dropout": Range(low=0.0, high=0.4),
    "network.dropout": Range(low=0.0, high=0.6),
    "fit.batch_size": Range(choices=(16, 32, 64, 128)),
    "fit.learning_rate": Range(low=3e-4, high=1e-2, log=True),
}


def check(ranges: Ranges, configuration: type[BaseModel]) -> None:
    """Refuse a range of what is no setting, or with a value that the setting cannot have.

    What several settings must be together is seen when a trial puts them together.

    Raises:
        ValueError: the message names the range, and what would do.
    """
    settings = _settings(configuration)
    for key, values in ranges.items():
        if key not in settings:
            hint = did_you_mean(key, settings) or ' Its name has the section in it: "fit.dropout".'
            raise ValueError(f'"{key}" is not a setting.{hint}')
        if key.startswith("data.") or key == "fit.seed":
            raise ValueError(f'"{key}" decides the split, which is the same for all trials')
        if values.choices is None and (kind := number(configuration, key)) is None:
            raise ValueError(f'"{key}" is not a number: list what to try as choices')
        if values.step is not None and kind is int and values.step % 1:
            raise ValueError(f'"{key}": step must be an integer as the setting is')
        for value in values.ends():
            _check_value(key, settings[key], value)


def number(configuration: type[BaseModel], key: str) -> type | None:
    """Return whether a setting is an int or a float, if it is told; None where it is neither."""
    section = _settings(configuration)[key]
    kind = section.model_fields[key.partition(".")[2]].annotation
    return {int: int, int | None: int, float: float, float | None: float}.get(kind)


def merge(values: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Put the values chosen, by `section.name`, into the nested values of a configuration."""
    merged = {section: dict(settings) for section, settings in values.items()}
    for key, value in chosen.items():
        section, _, name = key.partition(".")
        merged.setdefault(section, {})[name] = value
    return merged


def _settings(configuration: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Return the section of each `section.name`."""
    return {
        f"{name}.{setting}": field.annotation
        for name, field in configuration.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        for setting in field.annotation.model_fields
    }


def _check_value(key: str, section: type[BaseModel], value: Any) -> None:
    try:
        section.model_validate({key.partition(".")[2]: value})
    except ValidationError as error:
        for problem in error.errors():
            if problem["loc"]:  # else it is about this value beside the defaults of others
                raise ValueError(f'"{key}" cannot be {value!r}: {problem["msg"]}') from None
