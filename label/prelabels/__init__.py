"""How predictions go out to labelling tools as proposals, and what is to be learned from what comes back."""
