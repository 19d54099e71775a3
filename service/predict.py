"""`POST /v1/predict`: texts in, labels and probabilities out, or values."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, Request

from sentiment.classifier import Classifier
from sentiment.errors import EmptyText, InvalidText, TextError, TextTooLong
from sentiment.prediction import Estimate, Prediction
from sentiment.sentences import split
from service.answers import Reply
from service.bodies import read_json
from service.direct import direct
from service.documents import write_document, write_error
from service.errors import NotReady, TooManyDocuments, TooManySentences, refusal
from service.health import check_model
from service.operations import Operation
from service.schemas import PredictAnswer, PredictRequest, read_request
from service.settings import Settings, variable
from service.together import SHARED_CHARACTERS

blueprint = Blueprint("predict", __name__)

# What a request for predictions may end with, on whichever route.
ERRORS = (EmptyText, InvalidText, TextTooLong, TooManyDocuments, TooManySentences, NotReady)


@blueprint.post("/v1/predict")
@direct
@Operation(
    takes=PredictRequest,
    example={"text": "Great food. Awful service 😡", "options": {"sentences": True}},
    answers=PredictAnswer,
    errors=ERRORS,
)
def predict(asked: Request, kept: Any, extensions: Mapping[str, Any]) -> Reply:
    """Classify the texts of a request.

    A text that cannot be classified fails alone, in `errors`; where it is the only one, sent as
    `text`, it is the answer to the request.
    """
    check_model(kept.classifier, extensions["registry"])
    settings: Settings = extensions["settings"]
    body = read_json(asked, max_bytes=settings.max_body_bytes)
    wanted = read_request(body, settings)
    outcomes = classify(wanted, kept, extensions)
    if wanted.form == "text" and isinstance(outcomes[0], TextError):
        return refusal(outcomes[0], asked, request_id=kept.request_id, target="text")

    documents, errors = [], []
    for index, ((name, _, target), outcome) in enumerate(zip(wanted.rows, outcomes, strict=True)):
        if isinstance(outcome, TextError):
            errors.append(write_error(index, name, outcome, target))
        else:
            documents.append(write_document(index, name, outcome))
    classifier: Classifier = kept.classifier
    answered: PredictAnswer = {
        "model": {"name": classifier.name, "version": classifier.version},
        "documents": documents,
        "errors": errors,
    }
    return Reply(answered)


def classify(
    wanted: PredictRequest, kept: Any, extensions: Mapping[str, Any]
) -> list[Prediction | Estimate | TextError]:
    """One outcome for each text of a request, in order, from the classifier that it holds.

    The classifier never sees the texts that are too long.

    Args:
        kept: what is remembered of the request.
        extensions: of the application.
    Raises:
        TooManySentences: its texts have too many sentences.
    """
    settings: Settings = extensions["settings"]
    options = wanted.options
    texts = [text for _, text, _ in wanted.rows]
    accepted = [text for text in texts if len(text) <= settings.max_characters]
    if sum(map(len, accepted)) > SHARED_CHARACTERS:
        extensions["together"].withdraw()
    sentences = _split(accepted, settings) if options.sentences else None
    outcomes = iter(
        kept.classifier.predict(
            accepted,
            overflow=options.overflow,
            sentences=sentences,
            explain=options.explain,
            timings=kept.timings,
            network=partial(
                extensions["together"].answers,
                kept.classifier,
                before_batch=kept.deadline.check,
            ),
        )
        if accepted
        else ()
    )
    classified = [
        next(outcomes) if len(text) <= settings.max_characters else too_long(text, settings)
        for text in texts
    ]
    extensions["metrics"].outcomes(classified)
    return classified


def _split(texts: Sequence[str], settings: Settings) -> list[list[tuple[int, int]]]:
    found = [split(text) for text in texts]
    count = sum(map(len, found))
    if count > settings.max_sentences:
        raise TooManySentences(
            f"The texts have {count} sentences, and a request takes {settings.max_sentences}."
            f" Send them in several requests, or raise {variable('max_sentences')}.",
            target="options.sentences",
        )
    return found


def too_long(text: str, settings: Settings) -> TextTooLong:
    """What is said of a text of more characters than are taken."""
    return TextTooLong(
        f"The text has {len(text)} characters, and the service takes"
        f" {settings.max_characters}. Split it, or raise {variable('max_characters')}."
    )
