"""Labels of a few frames of a clip carried to the frames between: flow, masks, trust, key frames, the page."""
