"""From files, or a seed, to scans on one grid, split into roles and cut into patches."""
