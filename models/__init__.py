"""Networks: plain modules with explicit arguments, built out of MONAI's blocks."""
