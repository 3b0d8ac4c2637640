"""The page with the answer: words, charts and pictures."""
