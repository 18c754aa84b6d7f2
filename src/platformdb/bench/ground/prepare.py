"""Makes a database fit to be judged: every page frozen and visible, statistics taken from every row."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from platformdb.bench.ground.state import TableState, by_tree, is_clean, is_fresh, is_known, target_for
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query

PACKAGE = "platformdb.bench.ground"
# How often, for what autovacuum did in between is done again; and how long it is waited for.
TURNS, QUIET_SECONDS = 3, 30.0
# Between one VACUUM and the next, in seconds.
PAUSES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 0.0)


def read_states(connection: Connection) -> tuple[TableState, ...]:
    """The users' tables and partitions, by name."""
    return tuple(TableState(*row) for row in connection.execute(query("table_states", PACKAGE)))


def prepare(connection: Connection) -> frozenset[str]:
    """VACUUM (FREEZE) and ANALYZE with a sample of every row, for the tables that need it.

    Run again it finds nothing to do. Equal rows then have equal statistics, byte for byte. Where autovacuum is at work
    it is waited for, for a while. Returns the names, quoted, of the tables that this made fit: not of those of other
    roles, nor of those whose dead rows somebody still sees.
    """
    server_target = read_server_target(connection)
    fit: frozenset[str] = frozenset()
    for _ in range(TURNS):
        trees = by_tree(_quiet_states(connection))
        wanting = [name for name, states in trees.items() if not _is_fit(name, states, server_target, fit)]
        if not wanting:
            break
        held = _vacuum(connection, wanting)
        _analyze(connection, by_tree(read_states(connection)), wanting)
        fit = fit.union(wanting) - held
        if held:
            break
    return fit


def _is_fit(name: str, states: tuple[TableState, ...], server_target: int, fit: frozenset[str]) -> bool:
    clean = all(state.dead == 0 if name in fit else is_clean(state) for state in states)
    return clean and (is_fresh(states) if name in fit else is_known(states, server_target))


def _quiet_states(connection: Connection) -> tuple[TableState, ...]:
    """The states once no vacuum or analyze is at work, or after a while."""
    until = time.monotonic() + QUIET_SECONDS
    while any(state.busy for state in read_states(connection)) and time.monotonic() < until:
        time.sleep(PAUSES[2])
    return read_states(connection)


def read_server_target(connection: Connection) -> int:
    """The statistics target that autovacuum uses here, whatever this session has."""
    row = connection.execute("SELECT reset_val FROM pg_settings WHERE name = 'default_statistics_target'").fetchone()
    return int(row[0]) if row else 0


def _vacuum(connection: Connection, trees: Sequence[str]) -> frozenset[str]:
    """Vacuums until everybody sees every page alike, or waiting does not help; those of which some are still not seen.

    Index entries of dead rows go, too, however few: VACUUM leaves few alone, and their pages are not visible. Whoever
    has a snapshot, an ANALYZE by autovacuum for example, holds it back. Pages that never held a row stay invisible.
    """
    waiting, unseen = tuple(trees), -1
    for pause in PAUSES:
        free = not read_holders(connection)
        connection.execute(f"VACUUM (FREEZE, INDEX_CLEANUP ON, TRUNCATE ON) {', '.join(waiting)}".encode())
        states = [state for state in read_states(connection) if state.tree in waiting and not is_clean(state)]
        waiting, before = tuple({state.tree: None for state in states}), unseen
        unseen = sum(state.pages - state.visible for state in states)
        if not waiting or (free and unseen == before and not any(state.dead for state in states)):
            return frozenset()
        time.sleep(pause)
    return frozenset(waiting)


def read_holders(connection: Connection) -> tuple[int, ...]:
    """The processes that still see rows which others no longer see, in this database."""
    return tuple(pid for (pid,) in connection.execute(query("snapshots", PACKAGE)))


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
