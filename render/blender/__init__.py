"""What runs in the Blender process: from a scene to a picture and its labels. GPL-3.0 code is imported here alone."""
