"""The embedded set-up: photos of calibration boards that packages carry, and the labels of their corners."""
