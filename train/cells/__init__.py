"""One training each: what a cell is, and how cells are trained side by side."""
