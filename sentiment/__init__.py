"""The shared kernel: all that training and serving must agree on."""
