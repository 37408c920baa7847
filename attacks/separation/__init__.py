"""Blind source separation with a generative prior."""
