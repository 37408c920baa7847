"""Drawings as inline SVG: colours come from the page's style sheet, so they follow light, dark and print."""
