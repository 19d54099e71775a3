"""Two classifications on the same rows: who is right where, and what may be lost."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from scipy.stats import binomtest

from training.evaluation.labelled import Labelled
from training.evaluation.measures import restrict
from training.evaluation.score import Answers
from training.promotion.limits import Limits
from training.promotion.listing import told

MEASURES = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "macro_recall": "macro recall",
    "calibration_error": "calibration error",
}


def mcnemar(broken: int, mended: int) -> float:
    """Return how likely a split this uneven is where both models are equally often right.

    The exact two-sided test on the rows that only one of the two has right (McNemar 1947; the
    binomial form as in Dietterich 1998).
    """
    return float(binomtest(broken, broken + mended).pvalue) if broken + mended else 1.0


def differences(
    before: Answers, after: Answers, rows: Labelled, *, with_text: bool
) -> dict[str, Any]:
    """Compare the answers, restricted to the classes that there are (see `measure`)."""
    labels, names = rows.examples.labels, rows.examples.label_names
    classes = np.unique(labels)
    old, new = (restrict(one.values, classes) for one in (before, after))  # (n, classes)
    was, now = classes[old.argmax(axis=1)], classes[new.argmax(axis=1)]
    broken, mended = (was == labels) & (now != labels), (was != labels) & (now == labels)
    flipped = np.flatnonzero(was != now)
    # What broke comes first, the surest of the new answers at the top.
    order = sorted(flipped, key=lambda row: (~broken[row], mended[row], -new[row].max()))
    kinds = Counter((names[was[row]], names[now[row]]) for row in flipped)
    return {
        "mcnemar": {
            "broken": int(broken.sum()),
            "mended": int(mended.sum()),
            "p": round(mcnemar(int(broken.sum()), int(mended.sum())), 6),
        },
        "flips": {
            "rows": len(flipped),
            "kinds": [
                {"before": one, "after": other, "rows": count}
                for (one, other), count in kinds.most_common()
            ],
            "examples": [
                {
                    "place": rows.places[row],
                    "label": names[labels[row]],
                    "before": names[was[row]],
                    "after": names[now[row]],
                    "confidence": round(float(new[row].max()), 4),
                    **({"text": rows.excerpt(row)} if with_text else {}),
                }
                for row in order
            ],
        },
    }


def regressions(compared: Mapping[str, Any], limits: Limits) -> Iterator[str]:
    """Say each way in which the candidate's answers are worse than the limits let pass."""
    new, old = compared["candidate"], compared["current"]
    test = compared["mcnemar"]
    if test["broken"] > test["mended"] and test["p"] < limits.significance:
        yield (
            f"It is right less often: {test['broken']} rows broke and {test['mended']} were "
            f"mended (McNemar's exact test, p = {test['p']:.2g}, below {limits.significance:g})."
        )
    for name, title in (("accuracy", "Accuracy"), ("macro_f1", "Macro F1")):
        before, after = old["figures"][name], new["figures"][name]
        if before - after > limits.drop:
            yield (f"{title} falls from {before:.3f} to {after:.3f}, by more than {limits.drop:g}.")
    before, after = (one["figures"]["calibration_error"] for one in (old, new))
    if after - before > limits.calibration:
        yield (
            f"The calibration error rises from {before:.3f} to {after:.3f}, by more than "
            f"{limits.calibration:g}."
        )


def lines(compared: Mapping[str, Any]) -> Iterator[str]:
    """Tell which answers differ, those that broke first."""
    test, flips = compared["mcnemar"], compared["flips"]
    yield (
        f"{flips['rows']:,} answers differ: {test['mended']} mended, {test['broken']} broken, "
        f"the others wrong both times; p = {test['p']:.3g} (McNemar's exact test)"
    )
    yield from (f"  {one['before']} -> {one['after']}: {one['rows']}" for one in flips["kinds"])
    yield from told(
        flips["examples"],
        lambda one: (
            f"{one['place']}: {one['label']}; was {one['before']}, "
            f"now {one['after']} {one['confidence']:.3f}"
        ),
    )
