"""The histories that are known: one value for each tool."""
