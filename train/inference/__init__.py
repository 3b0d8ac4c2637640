"""From a trained network and photos to category maps."""
