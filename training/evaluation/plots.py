"""Plots of the model card and of an evaluation."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from training.evaluation.measures import share_interval

# Stand-ins in a drawing for colours that the page decides; no other part has them.
_TEXT = "#010203"
_ACCENT = "#040506"


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


def plot_joint(metrics: dict[str, dict[str, Any]]) -> bytes:
    """Draw how often which values stand beside which labels, for each data set: a PNG file."""
    figure = Figure(figsize=(3.6 * len(metrics), 3.6), layout="constrained")
    for axes, (name, values) in zip(
        np.atleast_1d(figure.subplots(1, len(metrics))), metrics.items(), strict=True
    ):
        _draw_joint(axes, values["joint"])
        axes.set_title(f"{name} ({values['rows']} rows)", fontsize=9)
    return _png(figure)


def _draw_joint(axes: Axes, joint: Mapping[str, Any]) -> None:
    """Colour a cell by its share of the labels of its column; a right value is on the line."""
    shares = np.array(joint["counts"], float)  # (label, value)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    low, high = joint["edges"][0], joint["edges"][-1]
    axes.imshow(
        shares.T, cmap="Blues", vmin=0, vmax=1, origin="lower", extent=(low, high, low, high)
    )
    axes.plot([low, high], [low, high], color="grey", linewidth=1, linestyle=(0, (4, 4)))
    axes.set(xlabel="label", ylabel="answered")


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    return buffer.getvalue()


def plot_calibration(curve: Sequence[Mapping[str, float]]) -> str:
    """Draw how often answers were right by how sure they were: SVG, in the colours of its page.

    Args:
        curve: the bins, each with rows, confidence and accuracy.
    Returns:
        An `<svg>` element. Its lines take the text's colour (`currentColor`), the curve that of
        the property `--accent`.
    """
    figure = Figure(figsize=(5.2, 4.2), layout="constrained")
    axes = figure.subplots()
    confidence = np.array([one["confidence"] for one in curve])
    accuracy = np.array([one["accuracy"] for one in curve])
    low, high = share_interval(accuracy, [one["rows"] for one in curve])
    axes.plot([0, 1], [0, 1], color=_TEXT, linewidth=1, linestyle=(0, (4, 4)), alpha=0.6)
    axes.errorbar(
        confidence,
        accuracy,
        yerr=np.maximum([accuracy - low, high - accuracy], 0),
        color=_ACCENT,
        marker="o",
        markersize=4,
        linewidth=1.5,
        elinewidth=1,
    )
    start = max(0.0, min(confidence.min(), low.min()) - 0.03)
    axes.set(xlim=(start, 1.01), ylim=(start, 1.01), xlabel="confidence", ylabel="share right")
    return _in_colours_of_the_page(figure)


def svg_of_joint(joint: Mapping[str, Any]) -> str:
    """Draw how often which values stand beside which labels: as `plot_calibration`.

    Args:
        joint: of `value_measures.measure`.
    """
    figure = Figure(figsize=(5.2, 4.6), layout="constrained")
    axes = figure.subplots()
    edges = np.array(joint["edges"])
    shares = np.array(joint["counts"], float)  # (label, value)
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    width = edges[1] - edges[0]
    for label, value in zip(*np.nonzero(shares), strict=True):
        field = (edges[label], edges[value]), width, width
        axes.add_patch(Rectangle(*field, color=_ACCENT, alpha=shares[label, value], linewidth=0))
    ends = edges[0], edges[-1]
    axes.plot(ends, ends, color=_TEXT, linewidth=1, linestyle=(0, (4, 4)), alpha=0.6)
    axes.set(xlim=ends, ylim=ends, xlabel="label", ylabel="answer")
    return _in_colours_of_the_page(figure)


def _in_colours_of_the_page(figure: Figure) -> str:
    (axes,) = figure.axes
    axes.set_facecolor("none")
    axes.tick_params(colors=_TEXT)
    for part in (axes.xaxis.label, axes.yaxis.label):
        part.set_color(_TEXT)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(_TEXT)
    figure.patch.set_visible(False)
    return _svg(figure).replace(_TEXT, "currentColor").replace(_ACCENT, "var(--accent)")


def _svg(figure: Figure) -> str:
    """The element alone: no XML prolog, no metadata, the same for the same figure."""
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "sentiment"}):
        FigureCanvasSVG(figure).print_svg(buffer, metadata=nothing)
    written = buffer.getvalue()
    return written[written.index("<svg") :]
