"""Checks of data before anything is trained on it, a module for each kind of finding."""
