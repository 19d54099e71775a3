"""Deployment settings: the `SENTIMENT_*` environment variables, validated."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sentiment.errors import SentimentError

PREFIX = "SENTIMENT_"
CHECKOUT = Path(__file__).resolve().parent.parent

# What Kubernetes puts into every pod when a Service is called "sentiment".
SERVICE_LINK_HINT = (
    " It looks like a Kubernetes service link: set `enableServiceLinks: false` in the pod,"
    ' or give the Service another name than "sentiment".'
)


class SettingsError(SentimentError):
    """An environment variable is unknown, or its value will not do."""

    code = "bad_setting"


def available_cores() -> int:
    """Cores this process may run on (all of them where the system does not say)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Settings(BaseModel):
    """Everything a deployment may choose; nothing here can change a tensor.

    Each description completes the sentence "SENTIMENT_X takes ...".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(
        default="127.0.0.1",
        pattern=r"^[^\s/\[\]]+$",
        description="a host name or an IP address to listen on",
    )
    port: int = Field(
        default=8000, ge=1, le=65535, description="a whole number from 1 to 65535, the TCP port"
    )
    models: Path = Field(
        default=CHECKOUT / "models", description="the directory that holds the models"
    )
    model: str = Field(
        default="default",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="the name of a model: a directory in SENTIMENT_MODELS",
    )
    workers: int = Field(
        default_factory=available_cores,
        ge=1,
        description="a whole number of worker processes, 1 or more",
    )
    # One thread works while the other waits for a slow client; more of them only compete
    # for the interpreter lock.
    threads: int = Field(
        default=2, ge=1, description="a whole number of threads for each worker, 1 or more"
    )
    max_body_bytes: int = Field(
        default=1024 * 1024, ge=1, description="the largest request body in bytes, 1 or more"
    )
    max_documents: int = Field(
        default=1000, ge=1, description="the most texts in one request, 1 or more"
    )
    max_characters: int = Field(
        default=100_000, ge=1, description="the most characters in one text, 1 or more"
    )
    graceful_seconds: int = Field(
        default=30, ge=0, description="the seconds that requests get to finish when stopping"
    )
    log_level: Literal["debug", "info", "warning", "error", "critical"] = Field(
        default="info", description="one of debug, info, warning, error and critical"
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower_case(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @property
    def bind(self) -> str:
        """The address in the form gunicorn takes, IPv6 in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings from environment variables.

        Raises:
            SettingsError: a `SENTIMENT_*` variable is unknown or its value will not do. The
                message names each one, with what was received and what would do.
        """
        given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
        known = {PREFIX + field.upper(): field for field in cls.model_fields}
        problems = [_unknown(name, known) for name in sorted(given.keys() - known.keys())]
        values = {known[name]: value for name, value in given.items() if name in known}
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            problems += [_unfit(str(found["loc"][0]), values) for found in error.errors()]
        if problems:
            raise SettingsError("\n".join(problems))
        return settings


def variable(field: str) -> str:
    """The environment variable of a settings field."""
    return PREFIX + field.upper()


def _unknown(name: str, known: Mapping[str, str]) -> str:
    if "_SERVICE_" in name or name.endswith("_TCP") or "_TCP_" in name:
        return f"{name} is not a setting.{SERVICE_LINK_HINT}"
    near = get_close_matches(name, known, n=1)
    would_do = f"Did you mean {near[0]}?" if near else f"The settings are {', '.join(known)}."
    return f"{name} is not a setting. {would_do}"


def _unfit(field: str, values: Mapping[str, str]) -> str:
    takes = Settings.model_fields[field].description
    hint = SERVICE_LINK_HINT if "://" in values[field] else ""
    return f'{variable(field)}: received "{values[field]}"; it takes {takes}.{hint}'
