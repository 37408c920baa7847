"""Running an attack, and holding it to its card."""
