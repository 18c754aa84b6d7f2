"""Questions to the person at the terminal."""

from __future__ import annotations

import typer


def confirmed(question: str) -> bool:
    """The answer; to give none is to interrupt."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:  # Ctrl-C, or no more input
        raise KeyboardInterrupt from None
