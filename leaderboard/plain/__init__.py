"""The tables of the page as Markdown, CSV and LaTeX: the same cells, so the same numbers."""
