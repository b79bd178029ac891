"""Controllers: they decide the rate. One table lists them all; each is a few lines here or in C."""
