"""Where migrations lie, and what their files are called: platformdb's own way, and other tools'."""
