"""A saved model on labelled rows: figures, calibration, slices, reports, the card."""
