"""Whether a database is fit to be judged: what would make equal code differ from one run to the next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from platformdb.bench.ground.prepare import PACKAGE, read_holders, read_server_target, read_states
from platformdb.bench.ground.state import TableState, by_tree, is_clean, is_fresh, is_known
from platformdb.postgres.connect import Connection
from platformdb.postgres.pins import read_unpinned
from platformdb.postgres.queries import query
from platformdb.project import Platform
from platformdb.report.model import Finding
from platformdb.sqltext.effects import relations_of
from platformdb.workload.model import Query

SHOWN = 3
PREPARE = "let the role that owns the tables run bench: it prepares them itself"
# ANALYZE counts the rows of larger tables by a sample.
COUNTED_ROWS, SAMPLED_SHARE = 3_000_000, 0.01


def preflight(
    connection: Connection,
    platform: Platform,
    queries: Sequence[Query] = (),
    prepared: Collection[str] = (),
    *,
    any_rows: bool = False,
) -> tuple[Finding, ...]:
    """What forbids to judge here, after ``pin`` and ``prepare``; nothing where equal code gives equal figures.

    ``prepared`` is what ``prepare`` returned. Asked again at the end it tells whether somebody wrote meanwhile.
    ``any_rows`` lets rows pass that no seed of the platform made. All findings are errors.
    """
    states = read_states(connection)
    return (
        *unpinned(read_unpinned(connection)),
        *of_statistics(states, read_server_target(connection), prepared),
        *_of_pages(connection, states, prepared),
        *of_autovacuum(states),
        *(() if any_rows else _of_seed(connection, platform.name)),
        *_of_empty(connection, queries),
    )


def unpinned(settings: Iterable[str]) -> Iterator[Finding]:
    """The settings that are not what the session was told, by name."""
    if names := sorted(settings):
        yield Finding(
            "settings-unpinned",
            f"settings that plans depend on do not stay as bench sets them: {_few(names)}",
            names[0],
            help="connect to the server itself: a pooler lends out another session for each transaction",
        )


def of_statistics(
    states: Sequence[TableState], server_target: int, prepared: Collection[str] = ()
) -> Iterator[Finding]:
    """Tables without statistics, and those whose statistics are not of all of their rows as they are."""
    told = [state for state in states if not state.truncated]
    missing = [state for state in told if state.rows != 0 and not (state.columns and state.analyzed)]
    if missing:
        message = f"no statistics were taken of {_names(missing)}"
        yield Finding("statistics-missing", message, missing[0].name, help=PREPARE)
    known = {
        name
        for name, tree in by_tree(told).items()
        if is_known(tree, server_target) or (name in prepared and is_fresh(tree))
    }
    stale = [state for state in told if state.tree not in known and state not in missing]
    if stale:
        yield Finding(
            "statistics-stale",
            f"the statistics of {_names(stale)} are not those of all rows as they are now",
            stale[0].name,
            help=f"{PREPARE}; see that nobody writes meanwhile",
        )
    if truncated := [state for state in states if state.truncated]:
        yield Finding(
            "statistics-stale",
            f"{_names(truncated)} is empty, and still has statistics of the rows that were there before",
            truncated[0].name,
            help="fill it, or make the database anew: neither TRUNCATE nor ANALYZE takes them away",
        )


def _of_pages(connection: Connection, states: Sequence[TableState], prepared: Collection[str]) -> Iterator[Finding]:
    """Pages that not everybody sees alike; what ``prepare`` could not make visible are pages that never held a row."""
    unclean = [state for state in states if not is_clean(state) and (state.dead or state.tree not in prepared)]
    if unclean:
        holders = [str(pid) for pid in read_holders(connection)]
        who = f"; process {_few(holders)} still sees them" if holders else ""
        yield Finding(
            "dead-pages",
            f"pages of {_names(unclean)} hold rows that are dead or not yet visible to all{who}",
            unclean[0].name,
            help="end those transactions, and run it again" if holders else PREPARE,
        )


def of_autovacuum(states: Sequence[TableState]) -> Iterator[Finding]:
    """Tables that autovacuum is at work on, or will be at its next turn."""
    if due := [state for state in states if state.busy or state.due]:
        yield Finding(
            "autovacuum-due",
            f"{'a vacuum or analyze is at work on' if due[0].busy else 'autovacuum will be at work on'} {_names(due)}",
            due[0].name,
            help="wait until it is done, and run it again" if due[0].busy else PREPARE,
        )


def _of_seed(connection: Connection, platform: str) -> Iterator[Finding]:
    recorded = connection.execute(query("seed_recorded", PACKAGE)).fetchone()
    row = connection.execute(query("seed_rows", PACKAGE), (platform,)).fetchone() if recorded and recorded[0] else None
    yield from foreign(platform, *(row or (None, 0, 0)))


def foreign(platform: str, recorded: int | None, rows: int, largest: int) -> Iterator[Finding]:
    """A finding where the rows are not those of the recorded seed; ``largest`` is the largest table's rows."""
    seed = f"platformdb seed --platform {platform} --profile ci --replace, or judge whatever is there with --any-rows"
    if recorded is None:
        yield Finding("foreign-rows", f"no seed of {platform} was loaded into this database", platform, help=seed)
    elif abs(rows - recorded) > (recorded * SAMPLED_SHARE if largest > COUNTED_ROWS else 0):
        yield Finding(
            "foreign-rows",
            f"the seeded tables hold {rows:,} rows, the seed has {recorded:,}",
            platform,
            help=seed,
        )


def _of_empty(connection: Connection, queries: Sequence[Query]) -> Iterator[Finding]:
    for asked in queries:
        tables = connection.execute(query("filled", PACKAGE), (sorted(relations_of(asked.sql)),)).fetchall()
        empty = [
            name for name, populated in tables if not populated or connection.execute(_any_row(name)).fetchone() is None
        ]
        if empty:
            yield Finding(
                "table-empty",
                f"{asked.name} reads {_few(empty)}, which has no rows, so there is nothing to judge",
                asked.name,
                place=asked.place,
                help="fill it: platformdb seed --profile ci",
            )


def _any_row(table: str) -> bytes:
    return f"SELECT FROM {table} LIMIT 1".encode()


def _names(states: Sequence[TableState]) -> str:
    return _few([state.name for state in states])


def _few(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
