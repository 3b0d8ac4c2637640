"""From a finished picture to a frame, and from frames to shards."""
