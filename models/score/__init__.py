"""Score networks and denoisers: what a generative prior knows of an image at each noise level."""
