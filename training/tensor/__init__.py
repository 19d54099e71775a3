"""The tensor (samples, timesteps, features): described, chosen, and made of numbers."""
