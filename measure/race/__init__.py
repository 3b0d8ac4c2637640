"""Racing for the ratio: which training is worth its steps next, and which candidate is best."""
