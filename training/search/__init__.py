"""A search for settings: ranges, trials, and the best as a configuration."""
