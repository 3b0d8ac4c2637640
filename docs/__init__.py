"""Guides for people, and the scripts that make their pictures."""
