"""Plots of the model card and of an evaluation."""

import io
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


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
