"""Mathematics shared by attacks that correlate what distinguishes people."""
