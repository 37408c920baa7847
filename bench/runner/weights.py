"""Which weights a training ended with."""

import hashlib

import torch
from torch import nn

LETTERS = 16


def weights_hash(*networks: nn.Module) -> str:
    """SHA-256 of all parameters and buffers with their names and types, in 16 letters.

    The same settings and seed give the same weights on the same kind of processor with the same number of threads;
    elsewhere sums are rounded in another order, and training amplifies that.
    """
    told = hashlib.sha256()
    for network in networks:
        for name, values in sorted(network.state_dict().items()):
            told.update(f"{name} {values.dtype} {tuple(values.shape)}\n".encode())
            told.update(values.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
        told.update(b"end\n")
    return told.hexdigest()[:LETTERS]
