"""Masks for clicks, answered to Label Studio: what it asks, what it is told, and the server between them."""
