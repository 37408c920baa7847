"""Between hospital and cloud: the two parties, the wire, and what is recorded of it."""
