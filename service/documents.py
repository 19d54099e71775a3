"""Predictions -> the documents of an answer; those of a regression hold a value and no label."""

from collections.abc import Mapping

from sentiment.errors import TextError
from sentiment.prediction import DECIMALS, Estimate, Explanation, Prediction, Sentence
from service.answers import printable
from service.notes import notes
from service.schemas import (
    DocumentAnswer,
    DocumentError,
    ExplanationAnswer,
    LabelAnswer,
    SentenceAnswer,
    ValueAnswer,
)


def write_document(
    index: int, name: str | None, prediction: Prediction | Estimate
) -> DocumentAnswer:
    """The answer for one text."""
    document = (
        _valued(index, name, prediction)
        if isinstance(prediction, Estimate)
        else _labelled(index, name, prediction)
    )
    if prediction.explanation is not None:
        document["explanation"] = _explanation(prediction.explanation)
    if prediction.read is not None:
        start, end = prediction.read
        document["read"] = {"offset": start, "length": end - start}
    return document


def write_error(index: int, name: str | None, error: TextError, target: str) -> DocumentError:
    """The answer for one text that could not be classified."""
    message = printable(str(error))
    return {
        "id": name,
        "index": index,
        "error": {"code": error.code, "message": message, "target": target},
    }


def _labelled(index: int, name: str | None, prediction: Prediction) -> LabelAnswer:
    mixed = prediction.mixed
    document: LabelAnswer = {
        "id": name,
        "index": index,
        "sentiment": "mixed" if mixed else prediction.label,
        "label": prediction.label,
        "probabilities": _rounded(prediction.probabilities),
        "score": _round(prediction.score),
        "mixed": mixed,
        "statistics": prediction.statistics,
        "warnings": notes(prediction),
    }
    if prediction.sentences is not None:
        document["sentences"] = [_sentence(sentence) for sentence in prediction.sentences]
    return document


def _valued(index: int, name: str | None, estimate: Estimate) -> ValueAnswer:
    document: ValueAnswer = {
        "id": name,
        "index": index,
        "value": round(estimate.value, DECIMALS),
        "statistics": estimate.statistics,
        "warnings": notes(estimate),
    }
    if estimate.sentences is not None:
        document["sentences"] = [
            {
                "offset": sentence.offset,
                "length": sentence.length,
                "text": sentence.text,
                "value": round(sentence.value, DECIMALS),
            }
            for sentence in estimate.sentences
        ]
    return document


def _sentence(sentence: Sentence) -> SentenceAnswer:
    return {
        "offset": sentence.offset,
        "length": sentence.length,
        "text": sentence.text,
        "label": sentence.label,
        "probabilities": _rounded(sentence.probabilities),
        "score": _round(sentence.score),
    }


def _explanation(explanation: Explanation) -> ExplanationAnswer:
    return {
        "target": explanation.target,
        "tokens": [
            {
                "offset": word.offset,
                "length": word.length,
                "text": word.text,
                "weight": round(word.weight, DECIMALS),
                "unknown": word.unknown,
            }
            for word in explanation.words
        ],
    }


def _rounded(probabilities: Mapping[str, float]) -> dict[str, float]:
    return {label: round(value, DECIMALS) for label, value in probabilities.items()}


def _round(score: float | None) -> float | None:
    return None if score is None else round(score, DECIMALS)
