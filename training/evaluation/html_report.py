"""An evaluation as one HTML page that loads nothing and runs nothing.

The template escapes whatever comes from the data, and its content security policy lets a browser
load nothing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from training.evaluation.plots import plot_calibration
from training.evaluation.text_report import MEASURES


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
    environment.filters["count"] = "{:,}".format
    return environment.get_template("report.html").render(
        **result,
        measures=MEASURES,
        plot=Markup(plot_calibration(result["calibration"])),
    )
