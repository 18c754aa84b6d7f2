"""The server's error as ours: what happened, where in the file, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

import psycopg

from platformdb.errors import ApplyFailed, Place
from platformdb.report.model import Statement, Step

Mask = Callable[[str], str]
# Where COPY was, in the words of the server's error context; in another language of lc_messages it stays unknown.
ROW = re.compile(r"^COPY .*?, line (\d+)", re.MULTILINE)
# What to do about errors whose cause is not in the file, by SQLSTATE.
CAUSES: Mapping[str, str] = {
    "25006": "connect to the primary, or put -c default_transaction_read_only=off into PGOPTIONS,",
    "3F000": "name the schema in the file, make it before, or let the database's search_path name one that is there,",
    "42501": "connect as a role that may do this, or name one with --role,",
}


@runtime_checkable
class RowsOrigin(Protocol):
    """An origin that knows where the rows below a COPY stand, too."""

    def row(self, length: int, number: int) -> Place:
        """The place of a 1-based line of the rows, below a statement of ``length`` characters."""


def explain_failure(
    error: psycopg.Error, step: Step, statement_index: int | None = None, mask: Mask = str
) -> ApplyFailed:
    """First what happened, then SQLSTATE, detail, hint and context, and the place of the statement that failed.

    ``statement_index`` counts the step's statements from 0; None, or one that is not there, where it was none of them.
    """
    diagnostic = error.diag
    notes = getattr(error, "__notes__", ())
    parts = (
        *(("note", note) for note in notes),
        ("SQLSTATE", diagnostic.sqlstate),
        ("detail", diagnostic.message_detail),
        ("hint", diagnostic.message_hint),
        ("context", diagnostic.context),
    )
    return ApplyFailed(
        mask(f"{step.subject}: {_message(error)}"),
        detail=mask("\n".join(f"{name}: {value}" for name, value in parts if value)),
        place=_place(step, statement_index, error),
        help=_advice(error, step),
    )


def failure_text(error: psycopg.Error, step: Step, statement_index: int | None = None, mask: Mask = str) -> str:
    """One line for the history: which statement failed, where, and SQLSTATE with message."""
    said = " ".join(part for part in (error.sqlstate, _message(error)) if part)
    if statement_index is None or not 0 <= statement_index < len(step.statements):
        return mask(said)
    place = _place(step, statement_index, error)
    number = f"statement {statement_index + 1} of {len(step.statements)}"
    return mask(f"{number} at {place}: {said}" if place else f"{number}: {said}")


def not_proven(step: Step, statement: Statement, detail: str) -> ApplyFailed:
    """The server reported no error for a statement, and yet the catalog does not show what it should have done."""
    return ApplyFailed(
        f"{step.subject}: the server reported no error, but the catalog does not show what the statement was to do",
        detail=detail,
        place=statement.origin.place(0) if statement.origin else step.source,
        help="look at the object in the database, another session may have changed it; then run the command again",
    )


def is_busy(error: psycopg.Error) -> bool:
    """Whether it failed only because others were at the same tables: the same again may go well."""
    return isinstance(error, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected)


def _message(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error).strip()


def _place(step: Step, statement_index: int | None, error: psycopg.Error) -> Place | None:
    """The server counts characters of the statement from 1, and rows; without either its first character has to do."""
    if statement_index is None or not 0 <= statement_index < len(step.statements):
        return step.source
    statement = step.statements[statement_index]
    origin, position = statement.origin, error.diag.statement_position
    row = ROW.search(error.diag.context or "") if statement.data else None
    if row and isinstance(origin, RowsOrigin):
        return origin.row(len(statement.sql), int(row[1]))
    return origin.place(int(position) - 1 if position else 0) if origin else step.source


def _advice(error: psycopg.Error, step: Step) -> str:
    if not step.transactional and any(statement.probe for statement in step.statements):
        return "correct the cause and run the command again: what this step left behind it finds and clears away"
    if not step.transactional:
        return (
            "this step runs outside a transaction: check what it left behind, "
            "correct the cause and run the command again"
        )
    if _lost_connection(error):
        return (
            "the connection was lost before the server confirmed this step; run the command again, it sees what holds"
        )
    cause = CAUSES.get(error.sqlstate or "", "correct the cause")
    return f"this step was rolled back whole; {cause} and run the command again"


def _lost_connection(error: psycopg.Error) -> bool:
    """Then nobody knows whether a COMMIT under way still arrived. 57P…: the server is being shut down, or crashed."""
    return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "57P").startswith("57P")
