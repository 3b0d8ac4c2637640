"""Rendering against BlenderProc as its own examples use it."""
