"""What another tool's table says it did, as values."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from platformdb.migrations.layouts.model import Folder, Settings
from platformdb.migrations.model import MigrationFile, Plan, version_key
from platformdb.report.model import Finding


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a tool's table: its values by column, as JSON has them, and the time in it, where it has one."""

    values: Mapping[str, Any]
    at: datetime | None = None

    def text(self, column: str) -> str:
        """A value as text; "" for NULL, and where an older version of the tool had no such column."""
        value = self.values.get(column)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Filed:
    """A migration file as its tool knows it: ``key`` is what the tool calls it in its table.

    ``after`` are the keys of those that it follows, where the files say so themselves; None is all before it.
    """

    file: MigrationFile
    key: str
    after: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """A migration that is in the database, as the tool's table tells; ``checksum`` as it stands there.

    ``baseline``: everything up to it was there before the tool. ``repeatable``: it has no version.
    """

    key: str
    shown: str
    at: datetime | None = None
    who: str = ""
    elapsed_ms: float = 0.0
    checksum: str = ""
    baseline: bool = False
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A tool's table, folded: what is in the database, in the order in which it came there, and what is wrong."""

    deeds: tuple[Deed, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Sums:
    """A tool's checksums: how one looks in its table, and those that it may have computed for a file's bytes."""

    form: re.Pattern[str]
    of: Callable[[bytes], Collection[str]]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where another tool's files lie, and what its configuration says; no folders where the files are native."""

    folders: tuple[Folder, ...] = ()
    settings: Settings = field(default_factory=Settings)


# Files as their tool knows them; may read what lies beside them.
Filing = Callable[[Sequence[MigrationFile], Whereabouts], Iterable[Filed]]


def keyed_by(key: Callable[[MigrationFile], str]) -> Filing:
    """Files of which the name says what the tool calls them."""
    return lambda files, _: (Filed(file, key(file)) for file in files)


def plain_key(version: str) -> str:
    """A version without what makes no difference: ``001`` and ``1`` are one."""
    return ".".join(map(str, version_key(version)))


# As most tools do: the version is the key.
_by_version = keyed_by(lambda file: plain_key(file.version) if file.version else file.name)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool's history: where it is, and how it is read.

    ``table`` is where it is unless somebody said otherwise, ``columns`` it has in all versions that we know, and
    ``lacks`` those that would make it another tool's. ``when`` is the column with the time. ``fold`` is given the rows
    and the files, both in order: the rows by the column ``order``, else by their time. ``beside``
    is another table in the same schema, whose rows come after the others.
    """

    name: str
    title: str
    table: str
    columns: frozenset[str]
    fold: Callable[[Sequence[Row], Sequence[Filed]], Told]
    order: str = ""
    when: str = ""
    lacks: frozenset[str] = frozenset()
    filed: Filing = _by_version
    beside: str = ""
    sums: Sums | None = None

    def knows(self, columns: Collection[str]) -> bool:
        """Whether a table with these columns may be this tool's."""
        return self.columns <= set(columns) and not self.lacks & set(columns)


class Proof(enum.StrEnum):
    """What a tool's checksum says of a file."""

    VERIFIED = "verified"
    DIFFERS = "differs"
    UNKNOWN = "of an unknown form"
    NONE = "none"


def proof(sums: Sums | None, stored: str, data: bytes) -> Proof:
    """Whether a file is the one of which a tool stored a checksum."""
    if sums is None or not stored:
        return Proof.NONE
    if not sums.form.fullmatch(stored):
        return Proof.UNKNOWN
    return Proof.VERIFIED if stored in sums.of(data) else Proof.DIFFERS


@dataclass(frozen=True, slots=True)
class Account:
    """One tool's history of one database, beside the files: what decisions are made from.

    ``table`` is its full name. ``proofs`` are by key, of the deeds whose file is there.
    """

    tool: Tool
    table: str
    told: Told
    filed: Mapping[str, Filed]
    proofs: Mapping[str, Proof] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """For people: ``dbmate (public.schema_migrations)``."""
        return f"{self.tool.title} ({self.table})"


@dataclass(frozen=True, slots=True)
class Takeover:
    """What is to be recorded, the plan that does it, and how many migrations the tool did not apply."""

    plan: Plan
    account: Account
    taken: tuple[Deed, ...] = ()
    pending: int = 0
