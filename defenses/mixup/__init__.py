"""Mixup-Privacy (Kim, Dolz, Jodoin, Desrosiers 2023): key, equations, training, variants."""
