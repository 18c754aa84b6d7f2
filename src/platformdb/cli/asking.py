"""Questions to the person at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from platformdb.errors import Refused


def confirmed(question: str) -> bool:
    """The answer; to give none is to interrupt."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:  # Ctrl-C, or no more input
        raise KeyboardInterrupt from None


def agreement(*, yes: bool) -> Callable[[str], bool]:
    """Whoever is to be asked: nobody where ``yes`` was said before; where nobody can be, what asks is refused."""

    def ask(question: str) -> bool:
        if not yes and not sys.stdin.isatty():
            raise Refused(question, help="say --yes where that is what you want")
        return yes or confirmed(question)

    return ask
