"""How big is the frame, and when is it ready? One table of encoders."""
