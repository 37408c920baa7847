"""The picture above a group's tables: what each defense keeps of utility, and what leaks of it."""
