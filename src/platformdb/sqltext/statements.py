"""Splits a file into statements the way PostgreSQL's own grammar sees them, and says which refuse a transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from platformdb.errors import Refused
from platformdb.sqltext.source import Source


@dataclass(frozen=True, slots=True)
class SqlStatement:
    """One statement of a file.

    ``start`` and ``end`` are its offsets, ``comments_from`` the offset at which the comments above it begin;
    ``node`` is libpg_query's parse tree.
    """

    source: Source
    comments_from: int
    start: int
    end: int
    kind: str
    node: Any

    @property
    def sql(self) -> str:
        """The statement's text without the semicolon and without the comments above it."""
        return self.source.text[self.start : self.end]

    @property
    def comments(self) -> str:
        """The text between the statement before and this one, from the next line on."""
        return self.source.text[self.comments_from : self.start]


def split(source: Source) -> tuple[SqlStatement, ...]:
    """The statements of a file in order; comments and empty statements are not statements.

    Raises:
        Refused: a syntax error, with its place.
    """
    import postgast  # 80 ms: only commands that read SQL pay for it

    try:
        tree = postgast.parse(source.text)
    except postgast.PgQueryError as error:
        # libpg_query counts characters here, whatever its binding's documentation says: it asks pg_mbstrlen.
        offset = max(error.cursorpos - 1, 0)
        raise Refused(
            f"{error.message}",
            place=source.place(min(offset, len(source.text))),
            help="correct the SQL; nothing was run",
        ) from None
    return tuple(_located(source, tree.stmts))


def _located(source: Source, statements: Any) -> Iterator[SqlStatement]:
    """Turns libpg_query's byte offsets into character offsets, walking the text once."""
    data = source.text.encode()
    at_byte = at_char = previous_end = 0
    for raw in statements:
        length = raw.stmt_len or len(data) - raw.stmt_location
        start = at_char + len(data[at_byte : raw.stmt_location].decode())
        sql = data[raw.stmt_location : raw.stmt_location + length].decode()
        end = start + len(sql)
        kind = raw.stmt.WhichOneof("node")
        yield SqlStatement(source, previous_end, start, start + len(sql.rstrip()), kind, getattr(raw.stmt, kind))
        at_byte, at_char = raw.stmt_location + length, end
        previous_end = _next_line(source.text, end)


def _next_line(text: str, offset: int) -> int:
    """Where comments of the next statement can begin: after the line this one ended on, if only a comment follows."""
    line_end = text.find("\n", offset)
    rest = text[offset:] if line_end < 0 else text[offset:line_end]
    only_comment = rest.lstrip("; \t").startswith("--") or not rest.strip("; \t")
    return (len(text) if line_end < 0 else line_end + 1) if only_comment else offset


# libpg_query's numbers. ReindexObjectType: SCHEMA, SYSTEM and DATABASE commit between tables.
_WIDE_REINDEX = frozenset({3, 4, 5})
# AlterSubscriptionType: SET, ADD, DROP and REFRESH PUBLICATION talk to the publisher.
_REFRESHING = frozenset({3, 4, 5, 6})
_DISCARD_ALL = 1


def _option_names(options: Any) -> set[str]:
    return {option.def_elem.defname for option in options}


def _detaches_concurrently(command: Any) -> bool:
    return bool(command.HasField("def") and getattr(command, "def").partition_cmd.concurrent)


# When PostgreSQL refuses a statement inside a transaction block, by libpg_query's node name.
_REFUSES: Mapping[str, Callable[[Any], bool]] = {
    "createdb_stmt": lambda _: True,
    "dropdb_stmt": lambda _: True,
    "alter_database_stmt": lambda node: "tablespace" in _option_names(node.options),
    "create_table_space_stmt": lambda _: True,
    "drop_table_space_stmt": lambda _: True,
    "alter_system_stmt": lambda _: True,
    "create_subscription_stmt": lambda _: True,
    "drop_subscription_stmt": lambda _: True,
    "alter_subscription_stmt": lambda node: node.kind in _REFRESHING,
    "index_stmt": lambda node: node.concurrent,
    "drop_stmt": lambda node: node.concurrent,
    "vacuum_stmt": lambda node: node.is_vacuumcmd,
    "cluster_stmt": lambda node: not node.HasField("relation"),
    "discard_stmt": lambda node: node.target == _DISCARD_ALL,
    "reindex_stmt": lambda node: "concurrently" in _option_names(node.params) or node.kind in _WIDE_REINDEX,
    "alter_table_stmt": lambda node: any(_detaches_concurrently(command.alter_table_cmd) for command in node.cmds),
}


def refuses_transaction(statement: SqlStatement) -> bool:
    """Whether PostgreSQL runs this statement only outside a transaction block."""
    refuses = _REFUSES.get(statement.kind)
    return refuses is not None and bool(refuses(statement.node))


def sets_session(statement: SqlStatement) -> bool:
    """Whether this sets something for the rest of the session: SET (not LOCAL), or pg_dump's way of saying it."""
    if statement.kind == "variable_set_stmt":
        return not statement.node.is_local and not statement.node.name.upper().startswith("TRANSACTION")
    return statement.kind == "select_stmt" and _SET_CONFIG.fullmatch(statement.sql) is not None


_SET_CONFIG = re.compile(r"select\s+(pg_catalog\.)?set_config\s*\([^;]*,\s*false\s*\)", re.IGNORECASE)


def controls_transaction(statement: SqlStatement) -> bool:
    """Whether this is BEGIN, COMMIT, ROLLBACK or the like (SAVEPOINT included)."""
    return statement.kind == "transaction_stmt"


def copies_to_client(statement: SqlStatement) -> bool:
    """Whether this is COPY … FROM STDIN or TO STDOUT, whose rows are no SQL."""
    return statement.kind == "copy_stmt" and not statement.node.filename


def index_name_span(statement: SqlStatement) -> tuple[int, int]:
    """Where ``INDEX [CONCURRENTLY] [IF NOT EXISTS] name`` lies in the text of a CREATE INDEX, as character offsets."""
    import postgast

    data = statement.sql.encode()
    tokens = [token for token in postgast.scan(statement.sql).tokens if token.token not in _COMMENT_TOKENS]
    words = [data[token.start : token.end].decode().lower() for token in tokens]
    first = words.index("index")
    last = next(i for i in range(first + 1, len(words)) if words[i] not in {"concurrently", "if", "not", "exists"})
    return len(data[: tokens[first].start].decode()), len(data[: tokens[last].end].decode())


# libpg_query's SQL_COMMENT and C_COMMENT.
_COMMENT_TOKENS = frozenset({275, 276})
