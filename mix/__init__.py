"""From real and rendered samples to training lists."""
