"""Cuts a file's statements into segments: each one transaction, or one statement outside any. Pure.

A run of statements is one transaction, as if the file stood between BEGIN and COMMIT. It ends where a statement refuses
a transaction, where a value of an enum type is used that the run itself added (PostgreSQL: "New enum values must be
committed before they can be used"), and around blocks that the file opens and commits itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from platformdb.errors import Place, Refused
from platformdb.migrations.model import Segment
from platformdb.report.model import Statement
from platformdb.sqltext.checksums import tokens_digest
from platformdb.sqltext.classify import (
    Control,
    added_enum_value,
    copies_to_client,
    created_type,
    probe_of,
    refuses_transaction,
    sets_session,
    transaction_control,
    uses_value,
)
from platformdb.sqltext.statements import SqlStatement

ALONE_HELP = "put it before BEGIN or after COMMIT: it will run by itself"
WITHOUT_BEGIN_HELP = "remove it: what a file does not put between BEGIN and COMMIT is one transaction as it is"
WITHOUT_COMMIT_HELP = f"write COMMIT below its last statement, or {WITHOUT_BEGIN_HELP}"
# The words that name a command, for messages.
LEADING = re.compile(
    r"[a-z]+(\s+(unique|index|concurrently|table|tablespace|database|system|subscription|transaction|prepared)\b)*",
    re.IGNORECASE,
)
# Why a file may not control its transaction like this, and what to write instead.
REFUSED: Mapping[Control, tuple[str, str]] = {
    Control.ROLLBACK: ("would throw away what ran before it", "remove it and the statements that it takes back"),
    Control.PREPARED: ("is about a transaction that outlives the run", "end transactions with COMMIT"),
    Control.CHAIN: ("begins a transaction that the file does not show", "write COMMIT, and BEGIN for the next block"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A statement as the file has it. ``shown`` is its text without secrets, where that differs.

    ``alone``: it must not run in a transaction, whatever its kind, for a directive or a procedure wants to commit.
    """

    read: SqlStatement
    shown: str | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """Parts that become one segment."""

    parts: tuple[Part, ...]
    solo: bool = False
    begin: str = "BEGIN"


def segments(parts: Sequence[Part], place: Place, *, alone: bool = False, foreign: bool = False) -> tuple[Segment, ...]:
    """The segments of a file in order: every statement in exactly one, but for BEGIN and COMMIT, which are not sent.

    ``alone`` makes every statement outside the file's own BEGIN … COMMIT a segment of its own. In a ``foreign`` file a
    COMMIT without BEGIN ends a transaction, too: of it PostgreSQL only warns, so other tools run it. A file without
    statements has one empty segment, at ``place``: it is recorded like any other.

    Raises:
        Refused: a transaction that cannot be kept whole, or rows meant for a client; with the place.
    """
    found = tuple(_segment(cut) for cut in _cuts(parts, alone=alone, foreign=foreign))
    return found or (Segment((), solo=False, place=place, digest=tokens_digest(())),)


def _cuts(parts: Iterable[Part], *, alone: bool, foreign: bool) -> Iterator[Cut]:
    run: list[Part] = []
    rest = iter(parts)
    for part in rest:
        _nothing_for_clients(part)
        control = transaction_control(part.read)
        if control is Control.BEGIN:
            yield from _runs(run)
            run = []
            yield from _block(part, rest)
        elif control is Control.COMMIT and foreign:
            yield from _runs(run)
            run = []
        elif control is not None and control is not Control.SAVEPOINT:
            raise _misplaced(part, control)
        elif alone or _runs_alone(part):
            yield from _runs(run)
            run = []
            yield Cut((part,), solo=True)
        else:
            run.append(part)
    yield from _runs(run)


def _runs_alone(part: Part) -> bool:
    return part.alone or refuses_transaction(part.read)


def _block(begin: Part, rest: Iterator[Part]) -> Iterator[Cut]:
    """The file's own transaction, up to its COMMIT; nothing where it is empty."""
    members: list[Part] = []
    for part in rest:
        control = transaction_control(part.read)
        if control is Control.COMMIT:
            if members:
                yield Cut(tuple(members), begin=begin.read.sql if begin.read.node.options else "BEGIN")
            return
        _fits_in_a_block(part, control)
        members.append(part)
    raise _refused(begin, "begins a transaction that the file does not end", WITHOUT_COMMIT_HELP)


def _fits_in_a_block(part: Part, control: Control | None) -> None:
    _nothing_for_clients(part)
    if control is Control.BEGIN:
        raise _refused(part, "begins a transaction inside another", "write COMMIT above it, or SAVEPOINT instead")
    if control is not None and control is not Control.SAVEPOINT:
        raise _misplaced(part, control)
    if _runs_alone(part):
        raise _refused(part, "runs outside any transaction only, and stands between BEGIN and COMMIT", ALONE_HELP)


def _runs(run: Iterable[Part]) -> Iterator[Cut]:
    """A run whole, or cut where it uses a value that it added to an enum type itself.

    Values of a type that the same transaction creates may be used at once (ALTER TYPE, "Notes").
    """
    members: list[Part] = []
    created: set[str] = set()
    added: list[str] = []
    for part in run:
        if any(uses_value(part.read, value) for value in added):
            yield Cut(tuple(members))
            members, created, added = [], set(), []
        members.append(part)
        if new := created_type(part.read):
            created.add(new)
        if (value := added_enum_value(part.read)) and value[0] not in created:
            added.append(value[1])
    if members:
        yield Cut(tuple(members))


def _segment(cut: Cut) -> Segment:
    first = cut.parts[0].read
    statements = tuple(_statement(part, solo=cut.solo) for part in cut.parts)
    settings = tuple(sent for part, sent in zip(cut.parts, statements, strict=True) if sets_session(part.read))
    return Segment(
        statements, cut.solo, first.source.place(first.start), tokens_digest(statements), settings, cut.begin
    )


def _statement(part: Part, *, solo: bool) -> Statement:
    """The statement as it is sent; what a transaction did needs no proof, but for constraints said to be valid."""
    probe = probe_of(part.read) if solo or part.read.kind == "alter_table_stmt" else None
    asked = probe if probe and (solo or probe.kind == "constraint_valid") else None
    return Statement(part.read.sql, origin=part.read.origin, data=part.read.data, shown=part.shown, probe=asked)


def _nothing_for_clients(part: Part) -> None:
    if copies_to_client(part.read):
        help_text = "remove it: nobody receives what a migration copies out; COPY … TO a file of the server works"
        raise _refused(part, "copies rows to the client", help_text)


def _misplaced(part: Part, control: Control) -> Refused:
    if control is Control.COMMIT:
        return _refused(part, "ends a transaction that the file did not begin", WITHOUT_BEGIN_HELP)
    return _refused(part, *REFUSED[control])


def _refused(part: Part, what: str, help_text: str) -> Refused:
    words = LEADING.match(part.read.sql)
    command = " ".join(words[0].upper().split()) if words else "it"
    return Refused(f"{command} {what}", place=part.read.source.place(part.read.start), help=help_text)
