"""Several seeds: the best is returned, and the figures are summed up."""

import logging
from types import SimpleNamespace

import pytest

from training.config import parse
from training.evaluation.figures import FIGURES
from training.evaluation.spread import table
from training.seeds import best_of

NAMES = tuple(FIGURES["classification"].titles)


def figures(recall: float, nll: float = 0.5) -> dict:
    return {"rows": 10, **dict.fromkeys(NAMES, 0.25), "macro_recall": recall, "nll": nll}


def test_the_best_by_validation_is_returned_and_all_hold_out_the_same_rows(caplog):
    config = parse({"fit": {"seed": 7}}, origin="test")
    seen = []
    by_seed = {7: figures(0.7), 8: figures(0.9, 0.4), 9: figures(0.9, 0.3), 10: figures(0.9, 0.3)}

    def make(one):
        seen.append((one.fit.seed, one.data.holdout_seed))
        metrics = {"validation": {"a.csv": by_seed[one.fit.seed]}}
        return SimpleNamespace(manifest=SimpleNamespace(metrics=metrics), seed=one.fit.seed)

    with caplog.at_level(logging.INFO):
        assert best_of(config, 4, make).seed == 9
    assert seen == [(7, 7), (8, 7), (9, 7), (10, 7)]
    assert "standard deviation" in caplog.text


def test_a_table_of_runs():
    runs = [{"a.csv": figures(0.5), "b.csv": figures(1.0)}, {"a.csv": figures(0.7)}]
    lines = table("fold", runs, NAMES).splitlines()
    assert lines[0].split() == ["a.csv", "rows", *NAMES]
    assert lines[1].split() == ["fold", "1", "10", "0.2500", "0.5000", "0.2500", "0.5000", "0.2500"]
    assert lines[3].split()[:3] == ["mean", "0.2500", "0.6000"]
    # of a sample of two: |0.5 - 0.7| / sqrt(2)
    assert float(lines[4].split()[3]) == pytest.approx(0.1414)
    assert lines[6].split()[0] == "b.csv"
    assert lines[-1].split()[:4] == ["standard", "deviation", "0.0000", "0.0000"]
    assert len({len(line) for line in lines if line}) == 1
