"""From trained and scored runs to the numbers that other tools read."""
