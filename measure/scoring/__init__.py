"""Scores on real photos and how sure they are."""
