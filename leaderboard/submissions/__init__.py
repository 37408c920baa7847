"""Records that somebody else made: packed, checked without trusting them, run again and compared."""
