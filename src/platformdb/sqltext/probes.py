"""How to know from the catalog whether a statement's work is there, for statements whose outcome may get lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from platformdb.report.model import Probe
from platformdb.sqltext.statements import SqlStatement
from platformdb.sqltext.tree import is_off, kinds, options, relation, strings, word, written

_AGAIN = Probe("again", "")


def probe_of(statement: SqlStatement) -> Probe | None:
    """What to ask after this statement; None where nothing is known to ask.

    Kind ``again`` says that running the statement once more does no harm, whether or not it ran.
    """
    if statement.node is None:
        return None
    probe = _PROBES.get(statement.kind)
    found = probe(statement.node) if probe is not None else None
    return found or (_AGAIN if _may_run_again(statement) else None)


def _may_run_again(statement: SqlStatement) -> bool:
    """IF EXISTS, IF NOT EXISTS and OR REPLACE have their field each in libpg_query's nodes."""
    forgiving = ("if_not_exists", "missing_ok", "skip_if_new_val_exists", "skip_if_exists", "replace")
    return statement.kind in _REPEATABLE or any(getattr(statement.node, field, False) for field in forgiving)


_REPEATABLE = kinds("""
alter_database alter_database_set alter_owner alter_role_set alter_system check_point cluster comment discard grant
grant_role lock refresh_mat_view reindex sec_label vacuum variable_set variable_show
""")


def _index(node: Any) -> Probe | None:
    if not node.concurrent or not node.idxname:
        return None
    return Probe("index_built", written(node.idxname), relation(node.relation))


def _drop(node: Any) -> Probe | None:
    # DROP INDEX CONCURRENTLY takes one name only.
    return Probe("index_dropped", written(*strings(node.objects[0].list.items))) if node.concurrent else None


def _reindex(node: Any) -> Probe | None:
    given = options(node.params)
    if "concurrently" not in given or is_off(given["concurrently"]) or not node.HasField("relation"):
        return None
    return Probe("reindexed", relation(node.relation))


def _alter_table(node: Any) -> Probe | None:
    if node.missing_ok:
        return None
    commands = {word(each.alter_table_cmd, "subtype"): each.alter_table_cmd for each in reversed(node.cmds)}
    if command := commands.get("AT_ValidateConstraint"):
        return Probe("constraint_valid", written(command.name), relation(node.relation))
    detach = commands.get("AT_DetachPartition") or commands.get("AT_DetachPartitionFinalize")
    if detach is None:
        return None
    part = getattr(detach, "def").partition_cmd  # a keyword of Python
    if detach is commands.get("AT_DetachPartition") and not part.concurrent:
        return None
    return Probe("partition_detached", relation(part.name), relation(node.relation))


def _named(kind: str, field: str) -> Callable[[Any], Probe]:
    return lambda node: Probe(kind, written(getattr(node, field)))


_PROBES: Mapping[str, Callable[[Any], Probe | None]] = {
    "index_stmt": _index,
    "drop_stmt": _drop,
    "reindex_stmt": _reindex,
    "alter_table_stmt": _alter_table,
    "createdb_stmt": _named("database_created", "dbname"),
    "dropdb_stmt": _named("database_dropped", "dbname"),
    "create_table_space_stmt": _named("tablespace_created", "tablespacename"),
    "drop_table_space_stmt": _named("tablespace_dropped", "tablespacename"),
    "create_subscription_stmt": _named("subscription_created", "subname"),
    "drop_subscription_stmt": _named("subscription_dropped", "subname"),
}
