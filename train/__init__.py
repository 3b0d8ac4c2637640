"""From a mix to a score on real photos."""
