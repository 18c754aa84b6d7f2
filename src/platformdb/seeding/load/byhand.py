"""Checks foreign keys by a query each, where the session did not check them."""

from __future__ import annotations

from collections.abc import Sequence

from platformdb.errors import ApplyFailed
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.report.model import Step
from platformdb.seeding.load.catalog import PACKAGE
from platformdb.seeding.model import TableFact


def check_keys(connection: Connection, facts: Sequence[TableFact], step: Step) -> None:
    """Looks for rows that refer to nothing.

    Raises:
        ApplyFailed: there are some; names the key.
    """
    names = [fact.quoted for fact in facts]
    for relation, name, question in connection.execute(query("key_questions", PACKAGE), (names,)).fetchall():
        row = connection.execute(question.encode()).fetchone()
        if row and row[0]:
            raise ApplyFailed(
                f'{step.subject}: rows of {relation} violate foreign key constraint "{name}"',
                detail="SQLSTATE: 23503",
                help="this step was rolled back whole; correct the seed, and run the command again",
            )
