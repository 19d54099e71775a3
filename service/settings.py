"""Deployment settings: the `SENTIMENT_*` environment variables, validated."""

import ipaddress
import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sentiment.errors import SentimentError
from service.cores import available_cores

PREFIX = "SENTIMENT_"
ELSEWHERE = {"SENTIMENT_CACHE"}  # training reads it: an environment may serve both
BUILT_IN = Path(__file__).resolve().parent.parent / "models"  # what comes with the code

# What Kubernetes puts into every pod when a Service is called "sentiment".
SERVICE_LINK_HINT = (
    " It looks like a Kubernetes service link: set `enableServiceLinks: false` in the pod,"
    ' or give the Service another name than "sentiment".'
)


Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[^\s/,*]+)$")]

# A key that was put where its hash belongs must not get into a log.
SECRET = {"api_keys", "admin_key"}


class SettingsError(SentimentError):
    """An environment variable is unknown, or its value will not do."""

    code = "bad_setting"


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
        default=BUILT_IN,
        description="the directory that holds the models; while it has none of that name, the one"
        " that comes with the service is taken",
    )
    model: str = Field(
        default="default",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="the name of a model: a directory in SENTIMENT_MODELS",
    )
    reload_seconds: float = Field(
        default=1.0,
        ge=0.1,
        le=3600,
        description="the seconds between two looks at the model's CURRENT, from 0.1 to 3600",
    )
    auth: Literal["auto", "off"] = Field(
        default="auto",
        description="auto (keys are asked for where there are any, and an address beyond loopback"
        " needs some) or off (none are asked for, on any address)",
    )
    api_keys: tuple[Hash, ...] = Field(
        default=(),
        description="the SHA-256 of each API key, 64 hexadecimal digits, separated by commas"
        " (`python -m service key` makes a key and its hash)",
    )
    admin_key: Hash | None = Field(
        default=None,
        description="the SHA-256 of the key for /v1/admin, 64 hexadecimal digits"
        " (`python -m service key` makes a key and its hash)",
    )
    cors_origins: tuple[Origin, ...] = Field(
        default=(),
        description="the origins whose pages may call the service, as https://example.org,"
        " separated by commas, or * for all",
    )
    playground: Literal["on", "off"] = Field(
        default="on", description="on (browsers that open / get a page to try the service) or off"
    )
    workers: int = Field(
        default_factory=available_cores,
        ge=1,
        description="a whole number of worker processes, 1 or more",
    )
    # So many requests can share a run of the network; more threads only compete for the
    # interpreter lock.
    threads: int = Field(
        default=4, ge=1, description="a whole number of threads for each worker, 1 or more"
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
    max_sentences: int = Field(
        default=10_000,
        ge=1,
        description="the most sentences in one request that asks for them, 1 or more",
    )
    max_explained: int = Field(
        default=16, ge=1, description="the most texts in one request that explains, 1 or more"
    )
    max_concurrent_requests: int = Field(
        default=128,
        ge=1,
        description="the most prediction requests that a worker holds at once, waiting ones"
        " included, 1 or more",
    )
    graceful_seconds: int = Field(
        default=30, ge=0, description="the seconds that requests get to finish when stopping"
    )
    drain_file: Path | None = Field(
        default=None,
        description="a file; while it exists /readyz answers 503, and connections are closed after"
        " their answer",
    )
    log_level: Literal["debug", "info", "warning", "error", "critical"] = Field(
        default="info", description="one of debug, info, warning, error and critical"
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower_case(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("api_keys", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("drain_file")
    @classmethod
    def _no_directory(cls, value: Path | None) -> Path | None:
        if value and os.path.isdir(value):  # as the "." is that an empty value becomes
            raise ValueError("a directory")
        return value

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def model_directories(self) -> tuple[Path, ...]:
        """Where the model's versions may be. The first that holds any counts."""
        return tuple(dict.fromkeys(folder / self.model for folder in (self.models, BUILT_IN)))

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
        given = {
            name: value
            for name, value in environ.items()
            if name.startswith(PREFIX) and name not in ELSEWHERE
        }
        known = {PREFIX + field.upper(): field for field in cls.model_fields}
        problems = [_unknown(name, known) for name in sorted(given.keys() - known.keys())]
        values = {known[name]: value for name, value in given.items() if name in known}
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            fields = dict.fromkeys(str(found["loc"][0]) for found in error.errors())
            problems += [_unfit(field, values) for field in fields]
        else:
            problems += _contradictions(settings)
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
    hint = SERVICE_LINK_HINT if values[field].startswith(("tcp://", "udp://")) else ""
    received = "something else" if field in SECRET else f'"{values[field]}"'
    return f"{variable(field)}: received {received}; it takes {takes}.{hint}"


def _contradictions(settings: Settings) -> list[str]:
    """What is wrong between settings that are right one by one."""
    problems = []
    if settings.auth == "off" and settings.api_keys:
        problems.append(
            "SENTIMENT_AUTH is off, and SENTIMENT_API_KEYS names keys; leave one of them out."
        )
    if settings.auth != "off" and not settings.api_keys and not settings.loopback:
        problems.append(
            f'SENTIMENT_HOST is "{settings.host}", which other machines may reach, and there is no'
            " API key. Make one with `python -m service key` and put its hash into"
            " SENTIMENT_API_KEYS; or set SENTIMENT_AUTH=off, and whoever reaches it may use it."
        )
    if settings.admin_key in settings.api_keys:
        problems.append("SENTIMENT_ADMIN_KEY is one of SENTIMENT_API_KEYS; it must be another key.")
    return problems
