"""MS-SSIM of all pairs in single precision on CPUs: what depends on one image once, one fused pass a pair.

`passes` holds the compiled arithmetic, `prepared` what is computed once an image, `matrix` the order of the work.
`bench.metrics.pairwise_msssim` decides when the engine is worth its start and is the reference that it is held against.
"""

WINDOW = 7
"""The window that the passes are written for, the suite's own; others go the plain path."""
