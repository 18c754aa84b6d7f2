"""Makes a database fit to be judged: every page frozen and visible, statistics taken from every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from platformdb.bench.state import TableState, by_tree, is_clean, is_known, target_for
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query

PACKAGE = "platformdb.bench"


def read_states(connection: Connection) -> tuple[TableState, ...]:
    """The users' tables and partitions, by name."""
    return tuple(TableState(*row) for row in connection.execute(query("table_states", PACKAGE)))


def prepare(connection: Connection) -> tuple[str, ...]:
    """VACUUM (FREEZE) and ANALYZE with a sample of every row, for the tables that need it; their names, quoted.

    Run again it finds nothing to do. Equal rows then have equal statistics, byte for byte. It leaves the tables of
    other roles alone, which ``preflight`` says.
    """
    server_target = read_server_target(connection)
    unclean = [
        tree
        for tree, states in by_tree(read_states(connection)).items()
        if not all(map(is_clean, states)) or not is_known(states, server_target)
    ]
    _vacuum(connection, unclean)
    _analyze(connection, by_tree(read_states(connection)), unclean)
    return tuple(unclean)


def read_server_target(connection: Connection) -> int:
    """The statistics target that autovacuum uses here, whatever this session has."""
    row = connection.execute("SELECT reset_val FROM pg_settings WHERE name = 'default_statistics_target'").fetchone()
    return int(row[0]) if row else 0


def _vacuum(connection: Connection, trees: Sequence[str]) -> None:
    """Index entries of dead rows go, too, however few: VACUUM leaves few alone, and their pages are not visible."""
    if trees:
        connection.execute(f"VACUUM (FREEZE, INDEX_CLEANUP ON, TRUNCATE ON) {', '.join(trees)}".encode())


def _analyze(connection: Connection, states: Mapping[str, tuple[TableState, ...]], trees: Sequence[str]) -> None:
    targets: dict[int, list[str]] = {}
    for tree in trees:
        targets.setdefault(target_for(states[tree]), []).append(tree)
    for target, names in targets.items():
        connection.execute("SELECT set_config('default_statistics_target', %s, false)", (str(target),))
        connection.execute(f"ANALYZE {', '.join(names)}".encode())
    connection.execute(
        "SELECT set_config('default_statistics_target', boot_val, false) FROM pg_settings"
        " WHERE name = 'default_statistics_target'"
    )
