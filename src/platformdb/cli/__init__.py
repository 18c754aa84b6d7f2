"""The command line: options → run → render → exit. Typer is only here."""
