"""Rules that label photos without a person, and one label of their votes."""
