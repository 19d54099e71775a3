"""What a caller should know of an answer before trusting it: the warnings and their thresholds."""

from sentiment.prediction import Estimate, Prediction
from service.schemas import Note

# Above this share of unknown words a text is hardly in the model's language. The English test
# texts of the default model all stay below.
HIGH_UNKNOWN_RATE = 0.2

# Where the two highest probabilities are nearer than this, the default model is wrong about as
# often as right.
LOW_CONFIDENCE_MARGIN = 0.1

TRUNCATED: Note = {
    "code": "truncated",
    "message": "The text is longer than the model reads at once, and the rest of it was not read."
    ' With the option "overflow": "window" all of it is read.',
}


def notes(prediction: Prediction | Estimate) -> list[Note]:
    """The warnings that belong to an answer, mostly none."""
    found: list[Note] = []
    statistics = prediction.statistics
    if statistics.truncated:
        found.append(TRUNCATED)
    if statistics.unknown_tokens > HIGH_UNKNOWN_RATE * statistics.words:
        found.append(
            {
                "code": "high_unknown_rate",
                "message": f"{statistics.unknown_tokens} of the text's {statistics.words} words"
                " are unknown to the model. It may be in another language.",
            }
        )
    if isinstance(prediction, Prediction):
        second, first = sorted(prediction.probabilities.values())[-2:]
        if first - second < LOW_CONFIDENCE_MARGIN:
            found.append(
                {
                    "code": "low_confidence",
                    "message": f"The two highest probabilities are {first:.3f} and {second:.3f}:"
                    " the model hardly prefers one label.",
                }
            )
    if prediction.explanation and prediction.explanation.left_out:
        weighed, left_out = len(prediction.explanation.words), prediction.explanation.left_out
        found.append(
            {
                "code": "explanation_incomplete",
                "message": f"The first {weighed} words have weights, and {left_out} have none."
                " Send a shorter text to have all of its words weighed.",
            }
        )
    return found
