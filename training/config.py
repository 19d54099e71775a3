"""One typed configuration: TOML in, validated, saved with the bundle."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    ValidationError,
    field_validator,
    model_validator,
)

from sentiment.errors import SentimentError
from sentiment.pipeline import PipelineConfig
from sentiment.prediction import TaskName
from training.search.ranges import Range, check

Pooling = Literal["last", "max", "mean"]
ExtraFeature = Literal["casing", "elongation", "punctuation"]

# Of a run, and not of its model: no section holds it.
CHECKPOINT_MINUTES = 10.0

# Epochs, where nobody says how many: many rows have taught what they can in a few, and the schedule
# of the learning rate wants to know the end.
_LEAST_EPOCHS, _MOST_EPOCHS, _READ_IN_ALL = 2, 10, 50_000
# Of vectors: from few texts their words are learned only if these are read over and over.
_LEAST_PASSES, _MOST_PASSES, _TOKENS_IN_ALL = 5, 50, 90_000_000
# What a network knows already is lost at the rate that a new one learns best at. From few rows
# it learns too little at the lower rate and in few steps: an epoch should have `_STEPS`.
_RATE, _RATE_GOING_ON, _RATE_OF_FEW = 3e-3, 1e-3, 2e-3
_LEAST_BATCH, _MOST_BATCH, _STEPS = 16, 128, 64
# Fewer rows than this change a network's head more for the better than the whole of it.
_ROWS_FOR_ALL = 500


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
    label_smoothing: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="share of what a row's label says that all labels get alike, where labels are "
        "less sure than they look",
    )


# What files are named for that heed a setting of a file.
_HEEDED_BY: Mapping[str, tuple[str, ...]] = {
    "weight": ("train", "unlabelled", "taught"),
    "holdout": ("train",),
    "label_smoothing": ("train",),
}


class DataConfig(_Section):
    """Where the rows are, and how a file is read."""

    train: tuple[Source, ...] = ()
    validation: tuple[Source, ...] = ()
    test: tuple[Source, ...] = Field(
        default=(), description="read only to leave their texts out of all that is learned from"
    )
    unlabelled: tuple[Source, ...] = ()
    taught: tuple[Source, ...] = Field(
        default=(), description="texts with a column of probabilities for each label, by a teacher"
    )
    text_column: str = "text"
    label_column: str = "label"
    task: TaskName = Field(
        default="classification", description="whether labels are names, or numbers to estimate"
    )
    encoding: str = "utf-8"
    aliases: dict[str, str] = Field(default={}, description='label names, as "0" = "negative"')
    notes: str = Field(default="", description="origin and terms of the data, for the model card")
    holdout: float = Field(
        default=0.1, gt=0, lt=1, description="share of each training file, without a validation"
    )
    holdout_seed: int | None = Field(
        default=None, ge=0, description="of which rows are held out; else the fit's seed"
    )

    @model_validator(mode="after")
    def _files_have_settings_of_their_use(self) -> Self:
        for use in ("validation", "test", "unlabelled", "taught"):
            for source in getattr(self, use):
                told = source.model_dump(exclude_defaults=True, exclude={"path"})
                for name, value in told.items():
                    if use not in _HEEDED_BY[name]:
                        raise ValueError(
                            f"{use} names {source.path} with {name} = {value}, which is for files "
                            f"of {' and '.join(_HEEDED_BY[name])}; leave it out"
                        )
        return self


class PipelineSection(PipelineConfig):
    """What shapes the tensor, with T as it is or by the lengths of the training rows."""

    timesteps_quantile: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="the share of the training rows that T holds whole: T is this quantile of "
        "their lengths, and `timesteps` its limit",
    )


class TokenizerConfig(_Section):
    """The vocabulary of V rows."""

    vocabulary_size: int = Field(
        default=20_000, ge=2_000, description="V at most, about 1,400 of them emoji"
    )
    min_frequency: int = Field(default=2, ge=1)
    lowercase: bool | None = Field(
        default=None, description='"Good" is "good"; if not told, unless casing is a feature'
    )
    elongation: Literal[2, 3] | None = Field(
        default=None,
        description='letters that "soooo" keeps; if not told, 3 where elongation is a feature, '
        "else 2",
    )


class VectorsConfig(_Section):
    """What each token's vector starts from."""

    method: Literal["word2vec", "fasttext", "file", "random"] = "word2vec"
    features: int = Field(default=128, ge=1, description="of those trained; a file has its own")
    path: str | None = Field(
        default=None,
        description="of a word2vec, GloVe or fastText file; its features are appended to those "
        "that are trained",
    )
    epochs: int | None = Field(
        default=None,
        ge=1,
        description="if not told, as many as read 90 million tokens, from 5 to 50",
    )
    window: int = Field(default=5, ge=1)
    skip_gram: bool = False
    rank: int | None = Field(
        default=None,
        ge=1,
        description="features of the saved embedding, where they are fewer than those that learn: "
        "the product with the first LSTM's input weights is brought to this rank",
    )
    storage: Literal["float32", "float16"] = Field(
        default="float16", description="how network.onnx holds the vectors"
    )

    def passes(self, tokens: int) -> int:
        """Return how often vectors are trained on so many running tokens."""
        return self.epochs or _parts(_TOKENS_IN_ALL, tokens, _LEAST_PASSES, _MOST_PASSES)


class FeaturesConfig(_Section):
    """What each token's features have beside its vector: fixed columns of the embedding."""

    extra: tuple[ExtraFeature, ...] = Field(default=(), description="what a token is seen to be")
    lexicon: str | None = Field(
        default=None,
        description='a CSV or TSV file with a column "word"; each other column is a feature',
    )

    @field_validator("extra")
    @classmethod
    def _features_are_named_once(cls, extra: tuple[ExtraFeature, ...]) -> tuple[ExtraFeature, ...]:
        if len(set(extra)) < len(extra):
            raise ValueError(f"each kind of feature once, received {list(extra)}")
        return extra


class NetworkConfig(_Section):
    """The LSTM."""

    layers: tuple[int, ...] = Field(default=(64,), min_length=1, description="H of each layer")
    bidirectional: bool = True
    pooling: tuple[Pooling, ...] = Field(default=("max", "mean"), min_length=1)
    embedding_dropout: float = Field(default=0.2, ge=0, lt=1)
    dropout: float = Field(default=0.3, ge=0, lt=1)

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
    epochs: int | None = Field(
        default=None,
        ge=1,
        description="at most; the best one is kept. If not told, 10, and fewer where they would "
        "read over 50,000 rows, but 2 at least",
    )
    trainable: Literal["all", "head"] | None = Field(
        default=None,
        description="all weights, or the head alone, which takes seconds and heeds `seed`, "
        "`batch_tokens`, `class_weight` and `oversample` alone. If not told, the head where a "
        "model goes on with under 500 rows of labels that it knows",
    )
    patience: int = Field(default=2, ge=1, description="epochs without a gain before it stops")
    batch_size: int = Field(
        default=_MOST_BATCH,
        ge=1,
        description="rows of a batch, at most. If not told, fewer where a model goes on from "
        "another with under 8,000 rows: 16 for 1,000",
    )
    batch_tokens: int = Field(
        default=10_000,
        ge=1,
        description="n x T of a batch, at most: fewer rows where they are long",
    )
    fixed_batch: int | None = Field(
        default=None,
        ge=1,
        description="rows of every training batch, instead of the two limits above",
    )
    padding: Literal["pre", "post"] = Field(
        default="post",
        description="the side of a training row that is padded. It is masked, so no answer "
        "depends on it; serving pads after the text",
    )
    learning_rate: float = Field(
        default=_RATE,
        gt=0,
        description="if not told, 1e-3 where a model goes on from another, and 2e-3 where it does "
        "so with under 8,000 rows",
    )
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup: float = Field(default=0.05, ge=0, lt=1, description="share of the steps")
    clip_norm: float = Field(default=1.0, gt=0)
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
        description="momentum of the weights' moving average, which is then kept instead of the "
        "last weights: 0.999 averages over about a thousand steps",
    )

    def settled(self, rows: float, *, going_on: bool = False, known: bool = False) -> "FitConfig":
        """Fill in what depends on the data and on where the weights come from.

        Args:
            rows: that an epoch reads.
            going_on: whether the weights are those of another model.
            known: whether that one tells the rows' labels apart already.
        Raises:
            ConfigError: there is no head that could be learned alone.
        """
        values: dict[str, Any] = {}
        if self.epochs is None:
            values["epochs"] = _parts(_READ_IN_ALL, rows, _LEAST_EPOCHS, _MOST_EPOCHS)
        if self.trainable == "head" and not going_on:
            raise ConfigError(
                'fit.trainable is "head", and a new network has all to learn. Name a model to go '
                "on from with --from, or leave the setting out."
            )
        if going_on:
            if self.trainable is None:
                values["trainable"] = "head" if known and rows < _ROWS_FOR_ALL else "all"
            batch = _parts(rows, _STEPS, _LEAST_BATCH, _MOST_BATCH)
            rate = _RATE_GOING_ON if batch == _MOST_BATCH else _RATE_OF_FEW
            fitting = {"batch_size": batch, "learning_rate": rate}
            values |= {k: v for k, v in fitting.items() if k not in self.model_fields_set}
        return self.model_copy(update=values)


class DistilConfig(_Section):
    """Who labels the unlabelled rows, for the network to learn from them too."""

    teachers: tuple[str, ...] = Field(
        default=(), description='"linear", trained on the labelled rows, or models, as models/NAME'
    )


class TrainingConfig(_Section):
    """All of it."""

    data: DataConfig = DataConfig()
    pipeline: PipelineSection = PipelineSection()
    tokenizer: TokenizerConfig = TokenizerConfig()
    vectors: VectorsConfig = VectorsConfig()
    features: FeaturesConfig = FeaturesConfig()
    network: NetworkConfig = NetworkConfig()
    fit: FitConfig = FitConfig()
    distil: DistilConfig = DistilConfig()
    tune: dict[str, Range] = Field(
        default={},
        exclude=True,  # where a search looked is no part of a model
        description='what `tune` may change, as "fit.learning_rate" = { low = 1e-4, high = 1e-2 }',
    )

    def settled(
        self, rows: float, *, going_on: bool = False, known: bool = False
    ) -> "TrainingConfig":
        """Fill in what depends on the data and the base (see `FitConfig.settled`)."""
        fit = self.fit.settled(rows, going_on=going_on, known=known)
        return self.model_copy(update={"fit": fit})

    @model_validator(mode="after")
    def _a_regression_has_no_classes(self) -> "TrainingConfig":
        if self.data.task == "regression":
            of_classes = {
                "data.taught": self.data.taught,
                "fit.class_weight": self.fit.class_weight,
                "fit.oversample": self.fit.oversample,
                'fit.trainable = "head"': self.fit.trainable == "head",
                "label_smoothing": any(source.label_smoothing for source in self.data.train),
                "distil.teachers": self.distil.teachers,
            }
            for name, value in of_classes.items():
                if value:
                    raise ValueError(f'{name} is for classes, not for task = "regression"')
        return self

    @field_validator("tune", mode="before")
    @classmethod
    def _sections_are_part_of_names(cls, tune: Any) -> Any:
        """Read `fit.dropout = …` as `"fit.dropout" = …`: unquoted, TOML makes a table of it."""
        if not isinstance(tune, dict):
            return tune
        named: dict[str, Any] = {}
        for key, value in tune.items():
            if key in cls.model_fields and isinstance(value, dict):
                named |= {f"{key}.{name}": inner for name, inner in value.items()}
            else:
                named[key] = value
        return named

    @field_validator("tune")
    @classmethod
    def _ranges_are_of_settings(cls, tune: dict[str, Range]) -> dict[str, Range]:
        check(tune, cls)
        return tune


def _parts(whole: float, part: float, least: int, most: int) -> int:
    """Return how many times a part goes into the whole, about, within limits."""
    return min(most, max(least, round(whole / max(part, 1))))


def read(path: Path) -> TrainingConfig:
    """Read a TOML file.

    Raises:
        ConfigError: it cannot be read, or a key or value in it is not known.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
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


def of_data(saved: dict[str, Any], *, origin: str) -> TrainingConfig:
    """Read what a bundle's configuration says of its data, and of the rows that are held out.

    Its other sections stay unread: they may name settings that another release had.
    """
    seed = saved.get("fit", {}).get("seed", FitConfig().seed)
    return parse({"data": saved.get("data", {}), "fit": {"seed": seed}}, origin=origin)


def _explain(problem: Any, origin: str) -> str:
    key = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        known = _known_keys(problem["loc"][:-1])
        return f'{origin}: "{key}" is not a setting. Those here are {", ".join(known)}.'
    return f"{origin}: {key}: {problem['msg']} (received {problem['input']!r})"


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    section: Any = TrainingConfig
    for name in location:
        if hasattr(section, "model_fields"):
            section = section.model_fields[name].annotation
        else:  # the items of a tuple, or the values of a dictionary
            section = next(kind for kind in get_args(section) if hasattr(kind, "model_fields"))
    return sorted(section.model_fields)
