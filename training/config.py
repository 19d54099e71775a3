"""One typed configuration: TOML in, validated, saved with the bundle."""

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    ValidationError,
    field_validator,
)

from sentiment.errors import SentimentError
from sentiment.pipeline import PipelineConfig

Pooling = Literal["last", "max", "mean"]


class ConfigError(SentimentError):
    """The configuration cannot be used."""

    code = "bad_configuration"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Source(_Section):
    """A file of rows."""

    path: str = Field(description="looked for in the folders of --data")
    weight: float = Field(
        default=1.0, gt=0, description="how often an epoch reads each row: 0.5 reads half of them"
    )
    holdout: float | None = Field(
        default=None, ge=0, lt=1, description="share held out for validation; else the fit's"
    )


class DataConfig(_Section):
    """Where the rows are, and how a file is read."""

    train: tuple[Source, ...] = ()
    validation: tuple[Source, ...] = ()
    unlabelled: tuple[Source, ...] = ()
    taught: tuple[Source, ...] = Field(
        default=(), description="texts with a column of probabilities for each label, by a teacher"
    )
    text_column: str = "text"
    label_column: str = "label"
    encoding: str = "utf-8"
    aliases: dict[str, str] = Field(default={}, description='label names, as "0" = "negative"')
    notes: str = Field(default="", description="origin and terms of the data, for the model card")
    holdout: float = Field(
        default=0.1, gt=0, lt=1, description="share of each training file, without a validation"
    )
    holdout_seed: int | None = Field(
        default=None, ge=0, description="of which rows are held out; else the fit's seed"
    )


class TokenizerConfig(_Section):
    """The vocabulary of V rows."""

    vocabulary_size: int = Field(
        default=20_000, ge=2_000, description="V at most, about 1,400 of them emoji"
    )
    min_frequency: int = Field(default=2, ge=1)


class VectorsConfig(_Section):
    """What each token's vector starts from."""

    method: Literal["word2vec", "fasttext", "file", "random"] = "word2vec"
    features: int = Field(default=128, ge=1, description="of those trained; a file has its own")
    path: str | None = Field(
        default=None,
        description="of a word2vec, GloVe or fastText file; its features are appended to those "
        "that are trained",
    )
    epochs: int = Field(default=5, ge=1)
    window: int = Field(default=5, ge=1)
    skip_gram: bool = False
    storage: Literal["float32", "float16"] = Field(
        default="float16", description="how network.onnx holds the vectors"
    )


class NetworkConfig(_Section):
    """The LSTM."""

    layers: tuple[int, ...] = Field(default=(128,), min_length=1, description="H of each layer")
    bidirectional: bool = True
    pooling: tuple[Pooling, ...] = Field(default=("max",), min_length=1)
    embedding_dropout: float = Field(default=0.3, ge=0, lt=1)
    dropout: float = Field(default=0.5, ge=0, lt=1)

    @field_validator("layers")
    @classmethod
    def _units_are_positive(cls, layers: tuple[int, ...]) -> tuple[int, ...]:
        if min(layers) < 1:
            raise ValueError(f"every layer needs at least one unit, received {list(layers)}")
        return layers

    @field_validator("pooling")
    @classmethod
    def _pooling_is_named_once(cls, pooling: tuple[Pooling, ...]) -> tuple[Pooling, ...]:
        if len(set(pooling)) < len(pooling):
            raise ValueError(f"each kind of pooling once, received {list(pooling)}")
        return pooling


class FitConfig(_Section):
    """How the weights are learned."""

    seed: int = Field(default=0, ge=0)
    deterministic: bool = Field(
        default=False, description="the same bytes each time, on one machine; vectors take longer"
    )
    epochs: int = Field(default=10, ge=1, description="at most; the best one is kept")
    patience: int = Field(default=2, ge=1, description="epochs without a gain before it stops")
    batch_size: int = Field(default=128, ge=1, description="rows of a batch, at most")
    batch_tokens: int = Field(
        default=12_800,
        ge=1,
        description="n x T of a batch, at most: fewer rows where they are long",
    )
    learning_rate: float = Field(default=1e-3, gt=0)
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup: float = Field(default=0.05, ge=0, lt=1, description="share of the steps")
    clip_norm: float = Field(default=1.0, gt=0)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    class_weight: Literal["balanced", "balanced_by_source"] | dict[str, PositiveFloat] | None = None
    oversample: bool = Field(
        default=False, description="read the rows of rare classes more often, all classes alike"
    )
    word_dropout: float = Field(
        default=0.0, ge=0, lt=1, description="share of the tokens that each reading makes unknown"
    )
    weight_averaging: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="momentum of the weights' moving average, which is what is kept: 0.999 averages "
        "over some thousand steps; 0 keeps the last ones",
    )


class DistilConfig(_Section):
    """Who labels the unlabelled rows, for the network to learn from them too."""

    teachers: tuple[str, ...] = Field(
        default=(), description='"linear", trained on the labelled rows, or models, as models/NAME'
    )


class TrainingConfig(_Section):
    """All of it."""

    data: DataConfig = DataConfig()
    pipeline: PipelineConfig = PipelineConfig()
    tokenizer: TokenizerConfig = TokenizerConfig()
    vectors: VectorsConfig = VectorsConfig()
    network: NetworkConfig = NetworkConfig()
    fit: FitConfig = FitConfig()
    distil: DistilConfig = DistilConfig()


def read(path: Path) -> TrainingConfig:
    """Read a TOML file.

    Raises:
        ConfigError: it cannot be read, or a key or value in it is not known.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML: {error}") from None
    return parse(values, origin=str(path))


def parse(values: dict[str, Any], *, origin: str) -> TrainingConfig:
    """Validate a configuration; `origin` names where it came from in an error."""
    try:
        return TrainingConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(
            "\n".join(_explain(problem, origin) for problem in error.errors())
        ) from None


def _explain(problem: Any, origin: str) -> str:
    key = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        known = _known_keys(problem["loc"][:-1])
        return f'{origin}: "{key}" is not a setting. Those here are {", ".join(known)}.'
    return f"{origin}: {key}: {problem['msg']} (received {problem['input']!r})"


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    section: Any = TrainingConfig
    for name in location:
        if isinstance(name, str):
            section = section.model_fields[name].annotation
        else:
            section = Source
    return sorted(section.model_fields)
