"""The small frozen types that travel from dataset to record."""
