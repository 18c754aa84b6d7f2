"""The command line: options → run → render → exit. Typer is only here."""

from platformdb.cli.app import main

__all__ = ["main"]
