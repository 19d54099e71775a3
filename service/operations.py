"""What each view takes and answers, said beside it: the material of the OpenAPI document."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from sentiment.errors import SentimentError

JSON = "application/json"
BYTES = "application/octet-stream"

View = TypeVar("View", bound=Callable[..., object])
_operations: dict[Callable[..., object], "Operation"] = {}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One view's contract, beside what holds for every route (`service/openapi.py` knows that).

    It decorates the view, and leaves it as it is.

    Args:
        takes: the shape of the JSON body; None where the body is not looked at.
        example: a body that is answered by 200.
        takes_as: the media types that the body may have.
        any_type: whether the Content-Type of the body is not looked at.
        answers: the shape of the JSON answer; None where it is not JSON.
        answers_as: the media types that the answer may have.
        statuses: those of an answer that is no error.
        headers: what its head has beside what every answer has.
        errors: what the view itself raises.
    """

    takes: type[BaseModel] | None = None
    example: Any = None
    takes_as: Sequence[str] = (JSON,)
    any_type: bool = False
    answers: Any = None
    answers_as: Sequence[str] = (JSON,)
    statuses: Sequence[int] = (200,)
    headers: Sequence[str] = ()
    errors: Sequence[type[SentimentError]] = ()

    def __call__(self, view: View) -> View:
        """Remember this as the view's contract."""
        _operations[view] = self
        return view


def operation_of(view: Callable[..., object]) -> Operation:
    """The contract of a view.

    Raises:
        KeyError: it has none.
    """
    return _operations[view]
