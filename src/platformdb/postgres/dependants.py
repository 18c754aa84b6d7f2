"""Replaces what PostgreSQL will not replace while other objects stand on it, and puts those back as they were.

``CREATE OR REPLACE`` cannot take a view's column away or change what a function returns, and nothing is dropped while
something depends on it. A file of present state that stumbles over this is rehearsed in a transaction that is rolled
back: whatever stands in a statement's way is dropped just before it, one by one and never by CASCADE, and made again
from the catalog's own definition just after it, with owner, privileges, comments and all that hangs on it. What went
well there is the step to run. Tables, and what belongs to them, are never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from platformdb.errors import Place
from platformdb.postgres.connect import Connection
from platformdb.postgres.definitions import Address, Definition, Hopeless, Part, exists, read_definitions
from platformdb.postgres.queries import query
from platformdb.report.model import Statement, Step

# What a statement's text makes, as "relation s.v" or "function f".
Defines = Callable[[str], Collection[str]]

CANNOT_DROP = "2BP01"  # other objects depend on it
CANNOT_REPLACE_FUNCTION = "42P13"
CANNOT_REPLACE_VIEW = "42P16"
EXISTS_ALREADY = "42P07"  # there is no CREATE OR REPLACE MATERIALIZED VIEW
CURABLE = frozenset({CANNOT_DROP, CANNOT_REPLACE_FUNCTION, CANNOT_REPLACE_VIEW, EXISTS_ALREADY})

# The hint that names the function that is in the way; SQL is not translated.
_SIGNATURE = re.compile(r"DROP (?:FUNCTION|PROCEDURE) (.+\))")
# What may fail where a file made the object: the column is no more, or the file made the index itself.
_TOLERATED = {"column": {"42703"}, "extra": {"42P07", "42710"}}


@dataclass(frozen=True, slots=True)
class Remade:
    """The origin of a statement that no file holds: the object that it makes again."""

    shown: str

    def place(self, offset: int) -> Place:
        """The object, wherever in the statement."""
        return Place(self.shown)


def recreate(
    connection: Connection,
    step: Step,
    error: psycopg.Error,
    *,
    defines: Defines,
    pending: Iterable[Step] = (),
    role: str | None = None,
    lock_timeout: str = "5s",
) -> Step | None:
    """The step that gets past ``error``, or None where that stands; then a note of the error says why, if we tried.

    ``connection`` is in no transaction. ``defines`` tells what a statement makes. Where a dependant cannot be made as
    it was, a statement of a ``pending`` step that makes it is taken instead: its file changed too. ``role`` and
    ``lock_timeout`` are those that the step will run with. The file's own statements stay as they are, in order.
    """
    rows = any(statement.data for statement in step.statements)
    if step.kind != "repeatable" or not step.transactional or rows or error.sqlstate not in CURABLE:
        return None
    rehearsal = Rehearsal(connection, defines, tuple(each for each in pending if each.kind == step.kind))
    try:
        with connection.transaction(force_rollback=True):
            _prepare(connection, step, role, step.lock_timeout or lock_timeout)
            statements, dropped = rehearsal.run(step.statements)
    except Hopeless as hopeless:
        error.add_note(str(hopeless))
    except psycopg.Error as another:
        if _said(another) != _said(error):
            error.add_note(f"with what stands in its way dropped, the file fails too: {_said(another)}")
    else:
        return replace(step, statements=statements, reason=f"{step.reason}, {_reason(dropped)}")
    return None


def _prepare(connection: Connection, step: Step, role: str | None, lock_timeout: str) -> None:
    """As the step will find its transaction; its warnings are for the real run to say."""
    settings = {"lock_timeout": lock_timeout, "role": role or "none", "client_min_messages": "error"}
    for setting in settings.items():
        connection.execute("SELECT set_config(%s, %s, true)", setting)
    for statement in step.settings:
        _send(connection, statement)


def _reason(dropped: Sequence[Definition]) -> str:
    shown = dict.fromkeys(each.shown for each in dropped if not each.target)
    if not shown:
        return "drops the old " + ", ".join(each.shown for each in dropped)
    return f"re-creates {len(shown)} dependant{'s' if len(shown) > 1 else ''}: {', '.join(shown)}"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A transaction in which a file is tried."""

    connection: Connection
    defines: Defines
    pending: tuple[Step, ...]

    def run(self, statements: Sequence[Statement]) -> tuple[tuple[Statement, ...], list[Definition]]:
        """Runs a file with what it takes around it; what was run, and what was dropped for it.

        Raises:
            Hopeless: something cannot be dropped, or not be made again.
            psycopg.Error: the file fails nevertheless.
        """
        sent: list[Statement] = []
        missing: list[Definition] = []
        dropped: list[Definition] = []
        replaced: list[Definition] = []
        made = [frozenset(self.defines(statement.sql)) for statement in statements]
        for number, statement in enumerate(statements):
            if failure := _attempt(self.connection, statement):
                found = self._in_the_way(failure, made[number], frozenset().union(*made[number + 1 :]))
                sent += self._drop(found, failure)
                missing[:0] = found  # what is missing already may stand on these, never they on it
                dropped += found
                _send(self.connection, statement)
            sent.append(statement)
            # What the file makes itself further down is left to it, and what comes after that may stand on it.
            while missing and not any(missing[0].is_called(name) for names in made[number + 1 :] for name in names):
                sent += self._put_back(missing.pop(0), replaced)
        for each in replaced:
            sent += self._remake(each, {"extra"})
        return tuple(sent), dropped

    def _in_the_way(self, failure: psycopg.Error, made: Collection[str], later: Collection[str]) -> list[Definition]:
        """What a statement fails to replace, or to drop where the file makes it again, with all that stands on it."""
        said, hint = _said(failure), failure.diag.message_hint or ""
        signature = match[1] if (match := _SIGNATURE.search(hint)) else None
        names = {CANNOT_REPLACE_FUNCTION: (), CANNOT_DROP: later}.get(failure.sqlstate or "", made)
        parameters = {
            "relations": [name.removeprefix("relation ") for name in names if name.startswith("relation ")],
            "functions": [name.removeprefix("function ") for name in names if name.startswith("function ")],
            "signature": signature,
        }
        rows = self.connection.execute(query("dependants_named"), parameters).fetchall()
        if failure.sqlstate not in CURABLE or not rows:
            raise failure
        # Of one object the message has the name; of several it says nothing.
        named: list[Address] = [(catalog, number) for catalog, number, shown in rows if shown in said]
        return read_definitions(self.connection, named or [(catalog, number) for catalog, number, _ in rows])

    def _drop(self, found: Sequence[Definition], failure: psycopg.Error) -> Iterator[Statement]:
        """Drops from the top down; a target stays where the file drops it itself."""
        for each in reversed(found):
            if each.target and failure.sqlstate == CANNOT_DROP:
                continue
            statement = Statement(f"DROP {each.kind} {each.identity}", origin=Remade(each.shown))
            if problem := _attempt(self.connection, statement):
                raise Hopeless(f"{each.shown} stands in the way and cannot be dropped: {_said(problem)}")
            yield statement

    def _put_back(self, each: Definition, replaced: list[Definition]) -> Iterator[Statement]:
        """An object as it was; where the file made it, only what is not the file's to say."""
        if exists(self.connection, each):
            replaced.append(each)  # its indexes and the like come last, for the file may make them too
            yield from self._remake(each, {"own", "column"})
        elif not each.target:  # else it is gone for good: the file dropped it, and makes another of its name
            yield from self._remake(each, {"make", "own", "fill", "column", "extra"})

    def _remake(self, each: Definition, wanted: Collection[str]) -> Iterator[Statement]:
        """Makes some parts of an object again.

        Raises:
            Hopeless: one cannot be made.
        """
        for part in each.parts:
            if part.part not in wanted:
                continue
            statements = [Statement(text, origin=Remade(each.shown)) for text in _lending(self.connection, part)]
            # Filling takes long, and is left to the real run.
            problem = None if part.part == "fill" else _attempt(self.connection, *statements)
            if problem and part.part == "make":
                statements = [self._written_anew(each, problem)]
            elif problem and problem.sqlstate in _TOLERATED.get(part.part, ()):
                continue
            elif problem:
                raise _not_remade(each, problem)
            yield from statements

    def _written_anew(self, each: Definition, problem: psycopg.Error) -> Statement:
        """What another file now makes of a dependant that cannot be made as it was."""
        for statement in (statement for step in self.pending for statement in step.statements):
            makes_it = any(each.is_called(name) for name in self.defines(statement.sql))
            if makes_it and _attempt(self.connection, statement) is None and exists(self.connection, each):
                return statement
        raise _not_remade(each, problem)


def _not_remade(each: Definition, problem: psycopg.Error) -> Hopeless:
    return Hopeless(f"{each.shown} cannot be re-created: {_said(problem)}; everything was rolled back")


def _lending(connection: Connection, part: Part) -> tuple[str, ...]:
    """A part's statement; a setting that it wants is only lent, for the file may have set it too."""
    if part.setting is None:
        return (part.sql,)
    name, value = (sql.Literal(text).as_string(connection) for text in (part.setting, part.value))
    lent = f"SELECT set_config('platformdb.lent', current_setting({name}), true), set_config({name}, {value}, true)"
    return lent, part.sql, f"SELECT set_config({name}, current_setting('platformdb.lent'), true)"


def _attempt(connection: Connection, *statements: Statement) -> psycopg.Error | None:
    """Runs them; if one fails, it is as if none had run."""
    try:
        with connection.transaction():
            for statement in statements:
                _send(connection, statement)
    except psycopg.Error as error:
        return error
    return None


def _send(connection: Connection, statement: Statement) -> None:
    connection.execute(statement.sql.encode(), statement.parameters)


def _said(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error).strip()
