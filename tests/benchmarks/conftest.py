"""The sample sentences, for peers to learn from."""

import csv
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "training" / "samples" / "train.csv"


@pytest.fixture(scope="session")
def sample_rows() -> tuple[list[str], list[str]]:
    """Texts and labels."""
    with SAMPLES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["label"] for row in rows]
