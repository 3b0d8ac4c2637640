"""Which predicted objects may be taken without a person: draws, certificates, costs, drift."""
