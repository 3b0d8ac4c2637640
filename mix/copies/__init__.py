"""Copies of photos: finding one under another crop, light or turn, and planting some to see that they are found."""
