"""Reads another tool's table, and of its files what the table is compared with. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdb.adopt.known import KNOWN
from platformdb.adopt.model import Account, Deed, Proof, Row, Tool, Whereabouts, proof
from platformdb.errors import ConfigError, Refused
from platformdb.migrations.layouts.listing import recognised
from platformdb.migrations.model import Files, Kind, MigrationFile
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query
from platformdb.project import Platform
from platformdb.sqltext.quote import quote_identifier
from platformdb.sqltext.source import read_source
from platformdb.variables import Variable

PACKAGE = "platformdb.adopt"
TABLE = '"the tool\'s table"'


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table that may be a tool's; is it ``readable`` for us?"""

    schema: str
    name: str
    columns: frozenset[str]
    readable: bool = True

    @property
    def shown(self) -> str:
        """Its full name."""
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """The same, as SQL takes it."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.name)}"


def read_account(
    connection: Connection,
    files: Files,
    platform: Platform,
    variables: Mapping[str, Variable],
    *,
    tool: str | None,
    table: str | None,
) -> Account:
    """What a tool's table says, beside the files; ``tool`` and ``table`` are names, where somebody said them.

    Raises:
        ConfigError: nobody can tell which table is meant, or there is none.
        Refused: the table is none of a version of the tool that is known here.
    """
    expected, said, place = _expected(platform, tool, table)
    found, there = _chosen(connection, expected, said)
    return _account(connection, files, variables, place, found, there)


def read_accounts(
    connection: Connection, files: Files, platform: Platform, variables: Mapping[str, Variable]
) -> Iterator[Account]:
    """What each table says that may hold the history of these files.

    Where their own tool has none, it may be any other's: many tools have files of the same names.

    Raises:
        Refused: what their own tool has cannot be read.
    """
    expected, said, place = _expected(platform, None, None)
    own = _matching(_there(connection, expected, said), expected, said) if expected else ()
    others = [] if own else [table for table in _there(connection, None, "") if table.readable]
    for tool, table in own or _matching(others, None, ""):
        try:
            yield _account(connection, files, variables, place, tool, table)
        except (ConfigError, Refused):
            if own:
                raise
            # A table of another tool that cannot be read beside these files is not their history.


def _account(
    connection: Connection,
    files: Files,
    variables: Mapping[str, Variable],
    place: Whereabouts,
    tool: Tool,
    table: FoundTable,
) -> Account:
    rows = _rows(connection, tool, table)
    try:
        filed = tuple(tool.filed(files.migrations, place))
        told = tool.fold(rows, filed)
    except (ValueError, LookupError, TypeError):  # a NULL or a word where the tool always writes a number or a time
        raise _strange(tool, table) from None
    by_key = {each.key: each for each in filed}
    known = [(deed, by_key[deed.key].file) for deed in told.deeds if deed.key in by_key]
    proofs = {deed.key: _proof(tool, deed, file, variables) for deed, file in known}
    return Account(tool, table.shown, told, by_key, proofs)


def _expected(platform: Platform, name: str | None, table: str | None) -> tuple[Tool | None, str, Whereabouts]:
    """The tool that is named, or whose files these are; the table that is named, here or by its configuration.

    Raises:
        ConfigError: the tool is not known.
    """
    known = {tool.name: tool for tool in KNOWN}
    if name is not None and name not in known:
        raise ConfigError(f"there is no tool '{name}' to come from", help=f"known are: {', '.join(sorted(known))}")
    if platform.foreign is None:
        return known.get(name or ""), table or "", Whereabouts()
    layout, settings, folders = recognised(platform, platform.foreign)
    own = settings.table if name in {None, layout.name} else ""
    return known.get(name or layout.name), table or own, Whereabouts(folders, settings)


def _chosen(connection: Connection, tool: Tool | None, said: str) -> tuple[Tool, FoundTable]:
    """The tool and its table: the only one that is there of what is wanted."""
    there = _there(connection, tool, said)
    found = _matching(there, tool, said)
    if len(found) == 1:
        return found[0]
    raise _several(found) if found else _unknown(tool, there[0]) if tool and there else _none(tool, said)


def _there(connection: Connection, tool: Tool | None, said: str) -> Sequence[FoundTable]:
    """The tables of the name that is said, or else of one that the tool, or any tool, has for its own."""
    schema, _, name = said.rpartition(".")
    names = [name] if name else sorted({each.table.rpartition(".")[2] for each in ((tool,) if tool else KNOWN)})
    rows = connection.execute(query("tables", PACKAGE), (names,)).fetchall()
    return [FoundTable(row[0], row[1], frozenset(row[2]), row[3]) for row in rows if schema in {"", row[0]}]


def _matching(there: Sequence[FoundTable], tool: Tool | None, said: str) -> Sequence[tuple[Tool, FoundTable]]:
    return [(each, one) for one in there for each in ((tool,) if tool else KNOWN) if _is_of(each, one, said)]


def _rows(connection: Connection, tool: Tool, table: FoundTable) -> list[Row]:
    tables = [table]
    if tool.beside:
        others = connection.execute(query("tables", PACKAGE), ([tool.beside],)).fetchall()
        tables += [FoundTable(row[0], row[1], frozenset()) for row in others if row[0] == table.schema]
    statements = [query("rows", PACKAGE).replace(TABLE, each.quoted).encode() for each in tables]
    return [Row(*row) for sql in statements for row in connection.execute(sql, (tool.when, tool.order))]


def _is_of(tool: Tool, table: FoundTable, said: str) -> bool:
    return tool.knows(table.columns) and (bool(said) or table.name == tool.table.rpartition(".")[2])


def _several(found: Sequence[tuple[Tool, FoundTable]]) -> ConfigError:
    shown = ", ".join(f"{table.shown} ({tool.title})" for tool, table in found)
    help_text = "say which one is meant with --from TOOL or --table SCHEMA.NAME"
    return ConfigError(f"this database has several histories: {shown}", help=help_text)


def _strange(tool: Tool, table: FoundTable) -> Refused:
    return Refused(
        f"{table.shown} does not fit these files, or holds what {tool.title} never writes",
        help="look at its rows, and at --from and --layout; or record by hand where the database is: "
        "platformdb baseline VERSION",
    )


def _unknown(tool: Tool, table: FoundTable) -> Refused:
    columns = ", ".join(sorted(table.columns))
    return Refused(
        f"{table.shown} is no table of a version of {tool.title} that is known here: its columns are {columns}",
        help=f"let a newer {tool.title} bring it up to date, or record by hand where the database is: "
        "platformdb baseline VERSION",
    )


def _none(tool: Tool | None, said: str) -> ConfigError:
    what = f"table {said}" if said else f"history of {tool.title}, {tool.table}," if tool else "history of a known tool"
    help_text = "look at --url; say whose it is with --from TOOL, and where with --table SCHEMA.NAME"
    return ConfigError(f"there is no {what} in this database", help=help_text)


def _proof(tool: Tool, deed: Deed, file: MigrationFile, variables: Mapping[str, Variable]) -> Proof:
    if file.language or tool.sums is None or not deed.checksum:
        return Proof.NONE
    found = proof(tool.sums, deed.checksum, Path(file.path).read_bytes())
    if found is Proof.DIFFERS and file.kind is Kind.REPEATABLE and file.reading:
        # Of a repeatable file Flyway's checksum is that of the text with its variables filled in.
        found = proof(tool.sums, deed.checksum, _filled(file, variables))
    return found


def _filled(file: MigrationFile, variables: Mapping[str, Variable]) -> bytes:
    source = read_source(Path(file.path), file.shown)
    try:
        return file.reading.fill(source, variables).text.encode() if file.reading else b""
    except Refused:  # whoever runs it says which variable is missing
        return b""
