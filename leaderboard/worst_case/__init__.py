"""The worst case of every defense: attacks alone and together, what recognises most, ranks, and how they are shown."""
