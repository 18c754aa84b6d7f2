"""SQL as text: reading, splitting, directives, positions. postgast is only here."""
