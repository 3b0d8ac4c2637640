"""From pools of samples to a trained network."""
