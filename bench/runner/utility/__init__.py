"""What the hospital gets back."""
