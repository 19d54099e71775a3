"""What a promotion compares of each task's answers."""

from training.promotion import labels, values

PARTS = {"classification": labels, "regression": values}
