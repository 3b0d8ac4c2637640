"""Which renders help on real photos: groups of renders, a cheap estimate, and training without a group."""
