"""One file per published method; each says its source, its differences from the paper and the points left open."""
