"""What rate next? One table of controllers; each is a few lines here or in C."""
