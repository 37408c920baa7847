"""The record: one JSON file that holds everything a cell of the benchmark found."""
