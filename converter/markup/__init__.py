"""HTML that others wrote, in text cells and outputs: read, closed, kept to its own place on the page."""
