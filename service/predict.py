"""`POST /v1/predict`: texts in, labels and probabilities out."""

from collections.abc import Sequence

from flask import Blueprint, Response, current_app, g, request

from sentiment.classifier import Classifier, Prediction
from sentiment.errors import TextError, TextTooLong
from sentiment.pipeline import Overflow
from service.answers import answer
from service.bodies import read_json
from service.errors import refuse
from service.schemas import read_request, write_document, write_error
from service.settings import Settings, variable

blueprint = Blueprint("predict", __name__)


@blueprint.post("/v1/predict")
def predict() -> Response:
    """Classify the texts of a request.

    A text that cannot be classified fails alone, in `errors`; where it is the only one, sent as
    `text`, it is the answer to the request.
    """
    settings: Settings = current_app.extensions["settings"]
    classifier: Classifier = g.classifier
    body = read_json(request, max_bytes=settings.max_body_bytes)
    asked = read_request(body, max_documents=settings.max_documents)
    rows = asked.rows()
    outcomes = _classify(
        classifier,
        [text for _, text, _ in rows],
        overflow=asked.options.overflow,
        max_characters=settings.max_characters,
    )
    if asked.form == "text" and isinstance(outcomes[0], TextError):
        return refuse(outcomes[0], target="text")

    documents, errors = [], []
    for index, ((name, _, target), outcome) in enumerate(zip(rows, outcomes, strict=True)):
        if isinstance(outcome, TextError):
            errors.append(write_error(index, name, outcome, target))
        else:
            documents.append(write_document(index, name, outcome))
    model = {"name": classifier.name, "version": classifier.version}
    return answer({"model": model, "documents": documents, "errors": errors})


def _classify(
    classifier: Classifier, texts: Sequence[str], *, overflow: Overflow, max_characters: int
) -> list[Prediction | TextError]:
    """One outcome for each text, in order; the classifier never sees those that are too long."""
    accepted = [text for text in texts if len(text) <= max_characters]
    outcomes = iter(classifier.predict(accepted, overflow=overflow) if accepted else ())
    return [
        next(outcomes) if len(text) <= max_characters else _too_long(text, max_characters)
        for text in texts
    ]


def _too_long(text: str, max_characters: int) -> TextTooLong:
    return TextTooLong(
        f"The text has {len(text)} characters, and the service takes {max_characters}. Split it,"
        f" or raise {variable('max_characters')}."
    )
