"""The temperature: it undoes a scale, and every data set counts the same."""

import numpy as np
import pytest

from sentiment.task import activate
from training.evaluation.temperature import fit_temperature


def sampled(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn with just the probabilities that they give."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (rows, columns)).astype(np.float32)
    probabilities = activate(logits, temperature=1.0)
    drawn = random.random((rows, 1)) > probabilities.cumsum(axis=1)
    return logits, drawn.sum(axis=1).astype(np.int32)


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_the_temperature_undoes_a_scale(columns, scale):
    logits, labels = sampled(20_000, columns)
    found = fit_temperature(scale * logits, labels, np.zeros(len(labels), np.int32))
    assert found == pytest.approx(scale, rel=0.05)


def test_every_source_counts_the_same_for_the_temperature():
    logits, labels = sampled(4_000, 3)
    # 3,900 rows that are right as they are, and 100 that are twice as sure as they should be
    sources = (np.arange(4_000) >= 3_900).astype(np.int32)
    mixed = np.where(sources[:, None] == 1, 2 * logits, logits)
    many = fit_temperature(mixed, labels, np.zeros_like(sources))
    equal = fit_temperature(mixed, labels, sources)
    assert many == pytest.approx(1.0, abs=0.1)
    assert equal > many + 0.1


def test_a_source_that_lacks_a_class_has_a_temperature_too():
    logits, labels = sampled(4_000, 3)
    rows = labels != 1
    found = fit_temperature(2 * logits[rows], labels[rows], np.zeros(rows.sum(), np.int32))
    assert found == pytest.approx(2, rel=0.1)


def test_a_file_for_each_class_gives_the_temperature_of_one_file():
    logits, labels = sampled(20_000, 3)
    one = fit_temperature(2 * logits, labels, np.zeros_like(labels))
    by_class = fit_temperature(2 * logits, labels, labels)
    assert by_class == pytest.approx(one, rel=0.1)


def test_rows_of_one_class_say_nothing_of_the_temperature():
    logits = np.full((4, 3), 2, np.float32)
    assert fit_temperature(logits, np.ones(4, np.int32), np.zeros(4, np.int32)) == 1
