"""MS-SSIM of all pairs in single precision: what depends on one image once, one fused pass a pair.

Two rooms, one for each kind of machine: `cpu` (machine code by numba) and `gpu` (a Triton kernel). Both walk through
the pairs in the order of `order`. `bench.metrics.pairwise_msssim` decides when an engine is worth its start, and is the
reference that both are held against.
"""

WINDOW = 7
"""The window that both are written for, the suite's own; others go the plain path."""
HALO = WINDOW - 1
"""How much smaller than the image the grid of local statistics is, along every axis."""
