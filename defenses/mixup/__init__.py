"""Mixup-Privacy (Kim, Dolz, Jodoin, Desrosiers 2023): the method, its key, its equations, its training, its variants."""
