"""From a command to a record: one cell of the benchmark at a time."""
