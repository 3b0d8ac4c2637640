"""The names that other files use of this package, in one place."""

from train.inference.judge import judge, predict_manifest
from train.inference.own_size import predict, probabilities
from train.inference.run import SETTINGS, WEIGHTS, Run, load_run
from train.loop.settings import STRIDE

__all__ = [
    "SETTINGS",
    "STRIDE",
    "WEIGHTS",
    "Run",
    "judge",
    "load_run",
    "predict",
    "predict_manifest",
    "probabilities",
]
