"""An evaluation as one HTML page that loads nothing and runs nothing.

The template escapes whatever comes from the data, and its content security policy lets a browser
load nothing.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from training.evaluation import text_of_classes, text_of_values
from training.evaluation.plots import plot_calibration, svg_of_joint

# Of each task: its page, the figures at the top of it, and its plot.
_PARTS: dict[str, tuple[str, Mapping[str, str], Callable[[Mapping[str, Any]], str]]] = {
    "classification": (
        "page_of_classes.html",
        text_of_classes.MEASURES,
        lambda result: plot_calibration(result["calibration"]),
    ),
    "regression": (
        "page_of_values.html",
        text_of_values.MEASURES,
        lambda result: svg_of_joint(result["figures"]["joint"]),
    ),
}


def render(result: Mapping[str, Any]) -> str:
    """Write what `evaluate` found."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["of_one"] = "{:.3f}".format
    environment.filters["percent"] = "{:.1%}".format
    environment.filters["number"] = "{:.4g}".format
    environment.filters["count"] = "{:,}".format
    page, measures, plot = _PARTS[result["model"]["task"]]
    return environment.get_template(page).render(
        **result, measures=measures, plot=Markup(plot(result))
    )
