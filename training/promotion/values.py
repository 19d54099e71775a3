"""Two regressions on the same rows: whose errors are larger, and what may be lost."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import wilcoxon

from training.evaluation.labelled import Labelled
from training.evaluation.score import Answers
from training.evaluation.value_measures import rounded
from training.promotion.limits import Limits
from training.promotion.listing import told

MEASURES = {
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "spearman": "Spearman correlation",
    "bias": "bias",
}


def signed_ranks(growth: npt.NDArray[np.float64]) -> float:
    """Return how likely changes this uneven are where errors are as likely to grow as to shrink.

    Wilcoxon's two-sided signed-rank test (1945); rows without a change are left out.

    Args:
        growth: float (n,), by how much each row's absolute error grew.
    """
    return float(wilcoxon(growth).pvalue) if growth.any() else 1.0


def differences(
    before: Answers, after: Answers, rows: Labelled, *, with_text: bool
) -> dict[str, Any]:
    """Compare the absolute errors, row by row."""
    labels = rows.examples.labels
    old, new = before.values[:, 0], after.values[:, 0]
    growth = np.abs(new - labels) - np.abs(old - labels)  # (n,)
    order = np.argsort(-growth, kind="stable")
    return {
        "wilcoxon": {
            "larger": int((growth > 0).sum()),
            "smaller": int((growth < 0).sum()),
            "mean": rounded(growth.mean()),
            "p": round(signed_ranks(growth), 6),
        },
        "flips": {
            "rows": int((growth != 0).sum()),
            "examples": [
                {
                    "place": rows.places[row],
                    "label": rounded(labels[row]),
                    "before": rounded(old[row]),
                    "after": rounded(new[row]),
                    **({"text": rows.excerpt(row)} if with_text else {}),
                }
                for row in order
                if growth[row] > 0
            ],
        },
    }


def regressions(compared: Mapping[str, Any], limits: Limits) -> Iterator[str]:
    """Say each way in which the candidate's values are worse than the limits let pass."""
    new, old = (compared[name]["figures"] for name in ("candidate", "current"))
    test = compared["wilcoxon"]
    if test["mean"] > 0 and test["p"] < limits.significance:
        yield (
            f"Its errors are larger: in {test['larger']} rows, and smaller in {test['smaller']} "
            f"(Wilcoxon's signed-rank test, p = {test['p']:.2g}, below {limits.significance:g})."
        )
    if new["mae"] > old["mae"] * (1 + limits.error):
        yield (
            f"The mean absolute error rises from {old['mae']:.4g} to {new['mae']:.4g}, by more "
            f"than {limits.error:.0%}."
        )
    if old["spearman"] - new["spearman"] > limits.drop:
        yield (
            f"Spearman's correlation falls from {old['spearman']:.3f} to {new['spearman']:.3f}, "
            f"by more than {limits.drop:g}."
        )


def lines(compared: Mapping[str, Any]) -> Iterator[str]:
    """Tell how the errors changed, those that grew most first."""
    test = compared["wilcoxon"]
    yield (
        f"errors: {test['smaller']:,} smaller, {test['larger']:,} larger, {test['mean']:+.4g} on "
        f"average; p = {test['p']:.3g} (Wilcoxon's signed-rank test)"
    )
    yield from told(
        compared["flips"]["examples"],
        lambda one: (
            f"{one['place']}: {one['label']:g}; was {one['before']:.4g}, now {one['after']:.4g}"
        ),
    )
