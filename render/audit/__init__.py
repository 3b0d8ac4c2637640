"""What is wrong with an asset, in an artist's words, and what it looks like."""
