"""The page: everything that only HTML needs."""
