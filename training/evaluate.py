"""How good a model is: metrics by data set, calibration, plots, the model card."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.optimize import minimize_scalar

from sentiment.classifier import activate

CALIBRATION_BINS = 15


def measure(
    probabilities: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int32],
    label_names: Sequence[str],
) -> dict[str, Any]:
    """Measure one data set.

    A set need not hold every class (film reviews have no neutral ones): the answer is then the
    most probable of the classes that it does hold, with the probabilities made to add up to 1
    over them.

    Args:
        probabilities: (n, C).
        labels: int (n,), indices into `label_names`.
    Returns:
        rows, accuracy, macro_recall, macro_f1, nll, calibration_error, classes and their
        confusion (rows are the true class).
    """
    classes = np.unique(labels)
    probabilities = restrict(probabilities, classes)
    truths, answers = np.searchsorted(classes, labels), probabilities.argmax(axis=1)
    confusion = np.zeros((len(classes), len(classes)), int)
    np.add.at(confusion, (truths, answers), 1)
    hits = confusion.diagonal()
    recall = hits / confusion.sum(axis=1)
    f1 = 2 * hits / np.maximum(confusion.sum(axis=0) + confusion.sum(axis=1), 1)
    truth = probabilities[np.arange(len(labels)), truths]
    return {
        "rows": len(labels),
        "accuracy": round(float(hits.sum() / len(labels)), 4),
        "macro_recall": round(float(recall.mean()), 4),
        "macro_f1": round(float(f1.mean()), 4),
        "nll": round(float(-np.log(np.maximum(truth, 1e-12)).mean()), 4),
        "calibration_error": round(
            calibration_error(probabilities.max(axis=1), answers == truths), 4
        ),
        "classes": [label_names[index] for index in classes],
        "confusion": confusion.tolist(),
    }


def restrict(
    probabilities: npt.NDArray[np.float64], classes: npt.NDArray[np.int_]
) -> npt.NDArray[np.float64]:
    """Keep some classes' probabilities, made to add up to 1 again: (n, C) -> (n, len(classes))."""
    kept = probabilities[:, classes]
    return kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-12)


def calibration_error(confidence: npt.NDArray[np.float64], correct: npt.NDArray[np.bool_]) -> float:
    """Return the expected calibration error, over 15 bins of equal mass.

    The mean distance between how sure the answers were and how often they were right (Guo et al.
    2017; bins of equal mass as in Nguyen and O'Connor 2015).
    """
    bins = np.array_split(np.argsort(confidence, kind="stable"), CALIBRATION_BINS)
    gaps = [len(b) * abs(confidence[b].mean() - correct[b].mean()) for b in bins if len(b)]
    return float(sum(gaps) / len(confidence))


def fit_temperature(
    logits: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int32],
    sources: npt.NDArray[np.int32],
) -> float:
    """Find the one temperature that makes the validation rows most likely (Guo et al. 2017).

    Every source counts the same, however many rows it has.

    Args:
        logits: (n, C) or (n, 1).
        labels: int (n,).
        sources: int (n,), the data set each row is from.
    """

    def loss(log_temperature: float) -> float:
        probabilities = activate(logits, temperature=float(np.exp(log_temperature)))
        losses = []
        for source in np.unique(sources):
            rows = sources == source
            classes = np.unique(labels[rows])
            kept = restrict(probabilities[rows], classes)
            truth = kept[np.arange(len(kept)), np.searchsorted(classes, labels[rows])]
            losses.append(-np.log(np.maximum(truth, 1e-12)).mean())
        return float(np.mean(losses))

    found = minimize_scalar(loss, bounds=(np.log(0.25), np.log(8)), method="bounded")
    return float(np.exp(found.x))


def plot_confusion(metrics: dict[str, dict[str, Any]]) -> bytes:
    """Draw the confusion matrix of each data set, side by side: a PNG file."""
    figure = Figure(figsize=(3.2 * len(metrics), 3.4), layout="constrained")
    for axes, (name, values) in zip(
        np.atleast_1d(figure.subplots(1, len(metrics))), metrics.items(), strict=True
    ):
        shares = np.array(values["confusion"], float)
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        ticks = range(len(values["classes"]))
        axes.set_xticks(ticks, values["classes"], rotation=30)
        axes.set_yticks(ticks, values["classes"])
        axes.set_title(f"{name} ({values['rows']} rows)", fontsize=9)
        axes.set_xlabel("answered")
        for row, column in np.ndindex(shares.shape):
            axes.text(
                column,
                row,
                f"{shares[row, column]:.2f}",
                ha="center",
                va="center",
                color="white" if shares[row, column] > 0.5 else "black",
            )
    return _png(figure)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    return buffer.getvalue()


def model_card(manifest: dict[str, Any], *, plots: Sequence[str]) -> str:
    """Write the model card, in Markdown, from what the manifest says."""
    metrics, network, pipeline = manifest["metrics"], manifest["network"], manifest["pipeline"]
    lines = [
        "# Model card",
        "",
        f"A classifier of text into {', '.join(manifest['labels'])}, trained on "
        f"{manifest['created'][:10]}.",
        "",
        f"- Network: {'bidirectional ' if network['bidirectional'] else ''}LSTM, "
        f"{' + '.join(map(str, network['layers']))} units, {' + '.join(network['pooling'])} "
        f"pooling, {network['features']} features, {network['vocabulary']} tokens.",
        f"- It reads {pipeline['timesteps']} timesteps at once; longer texts in windows that "
        f"share {pipeline['overlap']}.",
        f"- Temperature: {manifest['temperature']:.3f}, fitted on validation rows.",
        f"- Vectors cover {metrics['coverage']['vocabulary']:.1%} of the vocabulary and "
        f"{metrics['coverage']['tokens']:.1%} of the training tokens.",
        "",
        "## Validation",
        "",
        "Rows that no weight was trained on; the epoch and the temperature were chosen on them, "
        "so figures on fresh rows will be a little lower.",
        "",
        "| data | rows | accuracy | macro recall | macro F1 | calibration error |",
        "|---|---|---|---|---|---|",
    ]
    for name, values in metrics["validation"].items():
        lines.append(
            f"| {name} | {values['rows']} | {values['accuracy']:.3f} | "
            f"{values['macro_recall']:.3f} | {values['macro_f1']:.3f} | "
            f"{values['calibration_error']:.3f} |"
        )
    lines += ["", *(f"![{plot}]({plot})" for plot in plots), "", "## Data", ""]
    lines += [
        f"- {entry['role']}: {entry['name']}, {entry['rows']} rows" for entry in manifest["data"]
    ]
    if notes := manifest["training"]["data"]["notes"].strip():
        lines += ["", notes]
    lines += [
        "",
        "The weights come from these files, and their terms hold for what is done with them.",
        "Short texts, other languages than the data's and other kinds of text are not measured",
        "here: try the model on your own rows first.",
        "",
    ]
    return "\n".join(lines)
