"""Quality, speed and memory, ours and peers, measured side by side in one run."""
