"""The console script `admix`: what people type."""
