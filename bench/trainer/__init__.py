"""The shared training loop: every defense and every attacker's model goes through it."""
