"""From assets to rendered samples."""
