"""Set-ups: what is laid over params.yaml for a set of photos."""
