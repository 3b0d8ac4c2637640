"""Formats of labelled images, and the reader and the writer of each."""
