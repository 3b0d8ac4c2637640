"""How fast and how good each part is, held against what people would use instead; and the recorded grids."""
