"""Segmentation of one object from clicks, a box and an earlier mask: how it is taught, and how it answers."""
