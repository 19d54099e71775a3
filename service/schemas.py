"""The shapes of a prediction request and of its answer. The request's are checked on arrival."""

from functools import cached_property
from typing import Any, NotRequired

from pydantic import BaseModel, ConfigDict, Field, ValidationError

# pydantic, which can make JSON schemas of these, wants this one before Python 3.12.
from typing_extensions import TypedDict

from sentiment.pipeline import Overflow
from sentiment.prediction import Statistics
from service.errors import InvalidRequest, TooManyDocuments
from service.settings import Settings, variable
from service.wording import explain

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True)
FORMS = ("text", "texts", "documents")

LONGEST_ID = 256


class Document(BaseModel):
    """One text with the caller's own name for it.

    A text has no constraint but its type: any other would refuse a lone surrogate here, and the
    whole batch with it, where the classifier refuses that one text.
    """

    model_config = STRICT
    id: str | None = Field(default=None, max_length=LONGEST_ID)
    text: str


class Options(BaseModel):
    """How a request wants its texts handled."""

    model_config = STRICT
    sentences: bool = Field(default=False, description="classify each sentence too")
    explain: bool = Field(default=False, description="give each word its weight")
    overflow: Overflow = Field(
        default="window",
        description="a text of more tokens than the model reads at once is read in overlapping"
        " windows, truncated, or refused",
    )


def _exactly_one_form(schema: dict[str, Any]) -> None:
    """Say in a JSON schema what `read_request` checks."""
    schema["oneOf"] = [{"required": [form]} for form in FORMS]
    del schema["properties"]["text"]["default"]


class PredictRequest(BaseModel):
    """A request to `/v1/predict`; exactly one of the three forms is given."""

    model_config = STRICT | ConfigDict(json_schema_extra=_exactly_one_form)
    text: str = ""
    texts: list[str] = Field(default_factory=list, min_length=1)
    documents: list[Document] = Field(default_factory=list, min_length=1)
    options: Options = Options()

    @cached_property
    def form(self) -> str:
        """Which of `text`, `texts` and `documents` the caller sent."""
        return next(form for form in FORMS if form in self.model_fields_set)

    @cached_property
    def rows(self) -> list[tuple[str | None, str, str]]:
        """Each text with its id and the name of its place: n times (id, text, target)."""
        if self.form == "text":
            return [(None, self.text, "text")]
        if self.form == "texts":
            return [(None, text, f"texts[{i}]") for i, text in enumerate(self.texts)]
        return [
            (document.id, document.text, f"documents[{i}].text")
            for i, document in enumerate(self.documents)
        ]


class ModelAnswer(TypedDict):
    """The model that answered."""

    name: str
    version: str


class Note(TypedDict):
    """Something the caller should know about a text that was classified."""

    code: str
    message: str


class SentenceAnswer(TypedDict):
    """One sentence, classified by itself; `offset` and `length` are code points."""

    offset: int
    length: int
    text: str
    label: str
    probabilities: dict[str, float]
    score: float | None


class ValueSentenceAnswer(TypedDict):
    """One sentence, as a regression reads it by itself; `offset` and `length` are code points."""

    offset: int
    length: int
    text: str
    value: float


class TokenAnswer(TypedDict):
    """One word and its weight; `offset` and `length` are code points."""

    offset: int
    length: int
    text: str
    weight: float
    unknown: bool


class Part(TypedDict):
    """A part of a text; `offset` and `length` are code points."""

    offset: int
    length: int


class ExplanationAnswer(TypedDict):
    """What each word does for the log odds of the target, a label, or for the value."""

    target: str
    tokens: list[TokenAnswer]


class LabelAnswer(TypedDict):
    """One text, classified. `sentences` and `explanation` are there where they were asked for.

    `read` is there where only a part of the text was read.
    """

    id: str | None
    index: int
    sentiment: str
    label: str
    probabilities: dict[str, float]
    score: float | None
    mixed: bool | None
    statistics: Statistics
    warnings: list[Note]
    sentences: NotRequired[list[SentenceAnswer]]
    explanation: NotRequired[ExplanationAnswer]
    read: NotRequired[Part]


class ValueAnswer(TypedDict):
    """One text, valued by a regression: no label, and no probabilities."""

    id: str | None
    index: int
    value: float
    statistics: Statistics
    warnings: list[Note]
    sentences: NotRequired[list[ValueSentenceAnswer]]
    explanation: NotRequired[ExplanationAnswer]
    read: NotRequired[Part]


DocumentAnswer = LabelAnswer | ValueAnswer


class ItemError(TypedDict):
    """Why one text could not be classified."""

    code: str
    message: str
    target: str


class DocumentError(TypedDict):
    """One text that could not be classified."""

    id: str | None
    index: int
    error: ItemError


class PredictAnswer(TypedDict):
    """The answer of `/v1/predict`: each text of the request is in one of the two lists."""

    model: ModelAnswer
    documents: list[DocumentAnswer]
    errors: list[DocumentError]


def read_request(value: Any, settings: Settings) -> PredictRequest:
    """Check a JSON value as a prediction request.

    Raises:
        InvalidRequest: it has another shape; `target` names the place.
        TooManyDocuments: it holds more texts than the settings allow.
    """
    try:
        request = PredictRequest.model_validate(value)
    except ValidationError as error:
        raise explain(error, PredictRequest) from None
    given = [form for form in FORMS if form in request.model_fields_set]
    if len(given) != 1:
        received = " and ".join(f'"{form}"' for form in given) or "none of them"
        raise InvalidRequest(
            f'Send exactly one of "text", "texts" and "documents"; received {received}.'
        )
    count = max(len(request.texts), len(request.documents))
    check_count(count, request.form, settings, explain=request.options.explain)
    return request


def check_count(count: int, place: str, settings: Settings, *, explain: bool = False) -> None:
    """Check how many texts a request holds.

    Args:
        place: the part of the request that holds them.
        explain: whether it asks for the words' weights too.
    Raises:
        TooManyDocuments: they are more than the settings allow.
    """
    if count > settings.max_documents:
        limit, kind = "max_documents", "a request"
    elif explain and count > settings.max_explained:
        limit, kind = "max_explained", "a request that explains"
    else:
        return
    raise TooManyDocuments(
        f"{place} holds {count} texts, and {kind} takes {getattr(settings, limit)}. Send them in"
        f" several requests, or raise {variable(limit)}.",
        target=place,
    )
