"""How an object of a label is held against a prediction and the picture, and what that says of the label."""
