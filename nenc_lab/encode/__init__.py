"""How big is the frame, and when is it ready? The C core's camera, driven from Python."""
