"""Public sentiment data sets: what is published where, fetched, and made into files to train on."""
