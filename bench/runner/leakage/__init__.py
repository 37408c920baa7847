"""What an attack's claim is worth."""
