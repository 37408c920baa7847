"""The engine on CUDA devices.

`kernel` holds the arithmetic of a pair, `prepared` what is computed once an image (by torch, on the device), `matrix`
puts them together.
"""
