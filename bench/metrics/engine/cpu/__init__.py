"""The engine on CPUs.

`passes` holds the compiled arithmetic, `prepared` what is computed once an image, `matrix` puts them together.
"""
