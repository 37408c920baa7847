"""Unveil: what privacy-preserving medical image segmentation really hides."""

__version__ = "0.1.0"
