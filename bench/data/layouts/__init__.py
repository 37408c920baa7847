"""Readers of folder layouts: each says which files are one scan and whose, and nothing else."""
