"""Where the next hour of human labelling goes: it works on prediction files and manifests, never on a model."""
