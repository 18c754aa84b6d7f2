"""Whether a database is fit to be judged, and what makes it so."""
