"""JSON <-> domain objects: the shape of a prediction request, and of its answer."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypedDict

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sentiment.classifier import Prediction, Statistics
from sentiment.errors import TextError
from sentiment.pipeline import Overflow
from service.answers import excerpt
from service.errors import InvalidRequest, TooManyDocuments, item
from service.settings import variable

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True)
FORMS = ("text", "texts", "documents")

LONGEST_ID = 256

# Past this many the arithmetic of the processor shows, and nothing of the model.
DECIMALS = 6


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
    overflow: Overflow = "window"


class PredictRequest(BaseModel):
    """A request to `/v1/predict`; exactly one of the three forms is given."""

    model_config = STRICT
    text: str = ""
    texts: list[str] = Field(default_factory=list, min_length=1)
    documents: list[Document] = Field(default_factory=list, min_length=1)
    options: Options = Options()

    @property
    def form(self) -> str:
        """Which of `text`, `texts` and `documents` the caller sent."""
        return next(form for form in FORMS if form in self.model_fields_set)

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


class Note(TypedDict):
    """Something the caller should know about a text that was classified."""

    code: str
    message: str


class DocumentAnswer(TypedDict):
    """One classified text."""

    id: str | None
    index: int
    sentiment: str
    label: str
    probabilities: dict[str, float]
    score: float | None
    statistics: Statistics
    warnings: list[Note]


class DocumentError(TypedDict):
    """One text that could not be classified."""

    id: str | None
    index: int
    error: dict[str, Any]


TRUNCATED: Note = {
    "code": "truncated",
    "message": "The text is longer than the model reads at once, and the rest of it was not read."
    ' With the option "overflow": "window" all of it is read.',
}


def read_request(value: Any, *, max_documents: int) -> PredictRequest:
    """Check a JSON value as a prediction request.

    Raises:
        InvalidRequest: it has another shape; `target` names the place.
        TooManyDocuments: it holds more than `max_documents` texts.
    """
    try:
        request = PredictRequest.model_validate(value)
    except ValidationError as error:
        raise _explain(error) from None
    given = [form for form in FORMS if form in request.model_fields_set]
    if len(given) != 1:
        received = " and ".join(f'"{form}"' for form in given) or "none of them"
        raise InvalidRequest(
            f'Send exactly one of "text", "texts" and "documents"; received {received}.'
        )
    count = max(len(request.texts), len(request.documents))
    if count > max_documents:
        raise TooManyDocuments(
            f"{request.form} holds {count} texts, and a request takes {max_documents}. Send them"
            f" in several requests, or raise {variable('max_documents')}.",
            target=request.form,
        )
    return request


def write_document(index: int, name: str | None, prediction: Prediction) -> DocumentAnswer:
    """The answer for one classified text."""
    return {
        "id": name,
        "index": index,
        "sentiment": prediction.label,
        "label": prediction.label,
        "probabilities": {k: round(p, DECIMALS) for k, p in prediction.probabilities.items()},
        "score": None if prediction.score is None else round(prediction.score, DECIMALS),
        "statistics": prediction.statistics,
        "warnings": [TRUNCATED] if prediction.statistics.truncated else [],
    }


def write_error(index: int, name: str | None, error: TextError, target: str) -> DocumentError:
    """The answer for one text that could not be classified."""
    return {"id": name, "index": index, "error": item(error, target)}


def _explain(error: ValidationError) -> InvalidRequest:
    """The first thing wrong with a request, in words."""
    found = error.errors(include_url=False)[0]
    where = found["loc"]
    target = excerpt("".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in where)[1:])
    more = error.error_count() - 1
    rest = f" ({more} more like this in the request.)" if more else ""
    message = _wording(found["type"], target, where, found["input"], found.get("ctx", {}))
    return InvalidRequest(message + rest, target=target or None)


def _wording(
    kind: str, target: str, where: tuple[int | str, ...], received: Any, context: Mapping[str, Any]
) -> str:
    match kind:
        case "missing":
            return f"{target} is missing."
        case "extra_forbidden":
            return f"{target} is not a known key.{_did_you_mean(str(where[-1]), _keys(where))}"
        case "string_too_long":
            return f"{target} has {len(received)} characters; it takes {LONGEST_ID} at most."
        case "too_short":
            return f"{target} is empty; it takes at least one text."
        case "literal_error" if isinstance(received, str):
            near = _did_you_mean(received, ("window", "truncate", "error"))
            return f'{target} is "{excerpt(received)}"; it takes {context["expected"]}.{near}'
        case "string_unicode" | "invalid_key":
            return f"{target or 'A key'} is not valid Unicode (it holds a lone surrogate)."
    needed = {"list_type": "a list", "model_type": "an object"}.get(kind, "a string")
    return f"{target or 'The body'} is {_json_type(received)}; it must be {needed}."


def _keys(where: tuple[int | str, ...]) -> list[str]:
    """The keys that are known at the place of an unknown one."""
    models: dict[int, type[BaseModel]] = {1: PredictRequest, 2: Options}
    model = models.get(len(where), Document)
    return list(model.model_fields)


def _did_you_mean(received: str, known: list[str] | tuple[str, ...]) -> str:
    near = get_close_matches(received.lower(), known, n=1)
    return f' Did you mean "{near[0]}"?' if near else f" Known here: {', '.join(known)}."


def _json_type(value: Any) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string"}
    names |= {list: "a list", dict: "an object", type(None): "null"}
    return names.get(type(value), "of another type")
