"""Encoders: they decide how big each frame is and when it is ready. Python drives the camera of the C core."""
