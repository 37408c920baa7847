"""Metrics: numbers with intervals from claims, label maps and repeated measurements."""
