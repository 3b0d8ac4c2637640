"""One training each: what a trial is, and how trials are trained side by side."""
