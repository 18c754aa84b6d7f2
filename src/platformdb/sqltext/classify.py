"""What a statement means for whoever runs it: pure functions of one statement.

libpg_query gives no tree for statements of several megabytes: then ``node`` is None and only ``kind`` tells.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from typing import Any

from platformdb.sqltext.bodies import body_commits, routine_body
from platformdb.sqltext.lexer import quoted_spans
from platformdb.sqltext.losses import destroys, tampers_with
from platformdb.sqltext.passwords import without_passwords
from platformdb.sqltext.probes import probe_of
from platformdb.sqltext.statements import SqlStatement
from platformdb.sqltext.tree import is_off, kinds, options, strings, word, written

__all__ = [
    "Control",
    "added_enum_value",
    "body_commits",
    "called_procedure",
    "committing_procedure",
    "copies_to_client",
    "created_type",
    "destroys",
    "is_copy_in",
    "leaves_session_state",
    "needed_extension",
    "probe_of",
    "refuses_transaction",
    "sets_session",
    "tampers_with",
    "transaction_control",
    "uses_value",
    "without_passwords",
]


class Control(enum.Enum):
    """How a statement steers its transaction."""

    BEGIN = enum.auto()
    COMMIT = enum.auto()
    ROLLBACK = enum.auto()
    SAVEPOINT = enum.auto()  # RELEASE and ROLLBACK TO too
    PREPARED = enum.auto()  # in two phases: PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED
    CHAIN = enum.auto()  # COMMIT or ROLLBACK … AND CHAIN


_CONTROLS: Mapping[str, Control] = {
    "TRANS_STMT_BEGIN": Control.BEGIN,
    "TRANS_STMT_START": Control.BEGIN,
    "TRANS_STMT_COMMIT": Control.COMMIT,
    "TRANS_STMT_ROLLBACK": Control.ROLLBACK,
    "TRANS_STMT_SAVEPOINT": Control.SAVEPOINT,
    "TRANS_STMT_RELEASE": Control.SAVEPOINT,
    "TRANS_STMT_ROLLBACK_TO": Control.SAVEPOINT,
    "TRANS_STMT_PREPARE": Control.PREPARED,
    "TRANS_STMT_COMMIT_PREPARED": Control.PREPARED,
    "TRANS_STMT_ROLLBACK_PREPARED": Control.PREPARED,
}


def transaction_control(statement: SqlStatement) -> Control | None:
    """How this statement steers its transaction; None where it does not."""
    if statement.kind != "transaction_stmt":
        return None
    return Control.CHAIN if statement.node.chain else _CONTROLS[word(statement.node, "kind")]


_REFRESHING = frozenset(
    {
        "ALTER_SUBSCRIPTION_SET_PUBLICATION",
        "ALTER_SUBSCRIPTION_ADD_PUBLICATION",
        "ALTER_SUBSCRIPTION_DROP_PUBLICATION",
    }
)
_PREPARED = frozenset({"TRANS_STMT_COMMIT_PREPARED", "TRANS_STMT_ROLLBACK_PREPARED"})
_WIDE_REINDEX = frozenset({"REINDEX_OBJECT_SCHEMA", "REINDEX_OBJECT_SYSTEM", "REINDEX_OBJECT_DATABASE"})


def _creates_slot(node: Any) -> bool:
    given = options(node.options)
    return not any(name in given and is_off(given[name]) for name in ("connect", "create_slot"))


def _asks_publisher(node: Any) -> bool:
    given, kind = options(node.options), word(node, "kind")
    if kind == "ALTER_SUBSCRIPTION_OPTIONS":  # since PostgreSQL 17 and 18; to ask for two phases takes no slot away
        return "failover" in given or ("two_phase" in given and is_off(given["two_phase"]))
    return kind == "ALTER_SUBSCRIPTION_REFRESH" or (
        kind in _REFRESHING and not ("refresh" in given and is_off(given["refresh"]))
    )


def _reindexes_piecewise(node: Any) -> bool:
    given = options(node.params)
    concurrently = "concurrently" in given and not is_off(given["concurrently"])
    return concurrently or word(node, "kind") in _WIDE_REINDEX


def _detaches_concurrently(node: Any) -> bool:
    # getattr, because ``def`` is a keyword.
    return any(getattr(command.alter_table_cmd, "def").partition_cmd.concurrent for command in node.cmds)


# When PostgreSQL refuses a statement inside a transaction block: the callers of PreventInTransactionBlock in the
# sources of PostgreSQL 14 to 18.
_REFUSES: Mapping[str, Callable[[Any], bool]] = {
    "createdb_stmt": lambda _: True,
    "dropdb_stmt": lambda _: True,
    "alter_database_stmt": lambda node: "tablespace" in options(node.options),
    "create_table_space_stmt": lambda _: True,
    "drop_table_space_stmt": lambda _: True,
    "alter_system_stmt": lambda _: True,
    "create_subscription_stmt": _creates_slot,
    "alter_subscription_stmt": _asks_publisher,
    "drop_subscription_stmt": lambda _: True,
    "index_stmt": lambda node: node.concurrent,
    "drop_stmt": lambda node: node.concurrent,
    "vacuum_stmt": lambda node: node.is_vacuumcmd,
    "cluster_stmt": lambda node: not node.HasField("relation"),
    "discard_stmt": lambda node: word(node, "target") == "DISCARD_ALL",
    "reindex_stmt": _reindexes_piecewise,
    "alter_table_stmt": _detaches_concurrently,
    "do_stmt": lambda node: body_commits(routine_body(node.args)),
    "transaction_stmt": lambda node: word(node, "kind") in _PREPARED,
}


def refuses_transaction(statement: SqlStatement) -> bool:
    """Whether PostgreSQL runs this statement only outside a transaction block; a DO block that commits included.

    What depends on the database stays unknown: REINDEX and CLUSTER of one table refuse where it is partitioned, DROP
    SUBSCRIPTION does not where its slot was taken away before, and CALL where the procedure commits.
    """
    refuses = _REFUSES.get(statement.kind)
    return refuses is not None and statement.node is not None and bool(refuses(statement.node))


def committing_procedure(statement: SqlStatement) -> str | None:
    """The bare name of a procedure made here whose body commits or rolls back.

    Bare, because which schema a later CALL means depends on the search path.
    """
    if statement.kind != "create_function_stmt" or statement.node is None or not statement.node.is_procedure:
        return None
    body = routine_body(statement.node.options)
    return strings(statement.node.funcname)[-1] if body_commits(body) else None


def called_procedure(statement: SqlStatement) -> str | None:
    """The bare name of the procedure that this CALL runs."""
    if statement.kind != "call_stmt" or statement.node is None:
        return None
    return strings(statement.node.funccall.funcname)[-1]


def sets_session(statement: SqlStatement) -> bool:
    """Whether this sets something for the rest of the session: SET (not LOCAL), RESET, pg_dump's set_config()."""
    node = statement.node
    if statement.kind == "variable_set_stmt":
        return node is not None and not node.is_local and not node.name.upper().startswith("TRANSACTION")
    if statement.kind != "select_stmt" or node is None or node.from_clause or not node.target_list:
        return False
    return all(_sets_config(target.res_target.val.func_call) for target in node.target_list)


def _sets_config(call: Any) -> bool:
    """Whether this is ``set_config(…, …, false)``; other expressions are calls without a name."""
    if strings(call.funcname)[-1:] != ("set_config",) or len(call.args) != 3:
        return False
    local = call.args[2].a_const
    return local.WhichOneof("val") == "boolval" and not local.boolval.boolval


# Statements that run no code of the user's, and leave nothing in their session but settings. Whatever is not among
# them may: a query can call a function that makes a temporary table, ALTER TABLE a default, TRUNCATE a trigger.
# (DISCARD ALL leaves less than there was: not even the runner's own lock.)
_TRACELESS = kinds("""
alter_collation alter_database alter_database_refresh_coll alter_database_set alter_default_privileges
alter_enum alter_event_trig alter_extension_contents alter_fdw alter_foreign_server alter_function
alter_object_depends alter_object_schema alter_op_family alter_operator alter_owner alter_policy alter_publication
alter_role alter_role_set alter_seq alter_stats alter_subscription alter_system alter_table_move_all
alter_table_space_options alter_tsconfiguration alter_tsdictionary alter_type alter_user_mapping check_point
cluster comment composite_type constraints_set create create_am create_cast create_conversion create_domain
create_enum create_event_trig create_fdw create_foreign_server create_foreign_table create_function
create_op_class create_op_family create_policy create_publication create_range create_role create_schema
create_seq create_stats create_subscription create_table_space create_transform create_trig create_user_mapping
createdb define drop drop_owned drop_role drop_subscription drop_table_space drop_user_mapping dropdb
grant grant_role import_foreign_schema index lock notify reassign_owned reindex rename rule sec_label transaction
unlisten vacuum variable_set variable_show view
""")


def leaves_session_state(statement: SqlStatement) -> bool:
    """Whether this may leave something in its session besides settings: a temporary table, a prepared statement.

    Taken as yes wherever it is not surely no.
    """
    return statement.kind not in _TRACELESS or _TEMPORARY.search(statement.sql) is not None


# Also where it is only a column's name or a comment's word: that costs no more than a fresh session.
_TEMPORARY = re.compile(r"\btemp(orary)?\b|\bpg_temp", re.IGNORECASE)


def added_enum_value(statement: SqlStatement) -> tuple[str, str] | None:
    """The type and the value of ``ALTER TYPE … ADD VALUE``: nothing may use that value before it is committed."""
    if statement.kind != "alter_enum_stmt" or statement.node is None or statement.node.old_val:
        return None
    return written(*strings(statement.node.type_name)), statement.node.new_val


def created_type(statement: SqlStatement) -> str | None:
    """The name of an enumerated type made here: its values may be used at once."""
    if statement.kind != "create_enum_stmt" or statement.node is None:
        return None
    return written(*strings(statement.node.type_name))


def uses_value(statement: SqlStatement, value: str) -> bool:
    """Whether a constant of this statement has an enum's value as a word: alone, in an array, or in a function's body.

    Rows of COPY are not looked through: they may have it.
    """
    if is_copy_in(statement):
        return True
    text = "'+".join(map(re.escape, value.split("'")))  # doubled once for each constant around it
    found = re.compile(rf"(?<!\w){text}(?!\w)")
    if found.search(statement.sql) is None:
        return False
    sql = statement.sql
    spans = quoted_spans(sql, 0, len(sql))
    return any(found.search(sql, start, end) for start, end in spans if sql[end - 1] != '"')


def needed_extension(statement: SqlStatement) -> str | None:
    """The name of the extension that CREATE EXTENSION asks for."""
    if statement.kind != "create_extension_stmt" or statement.node is None:
        return None
    return str(statement.node.extname)


def is_copy_in(statement: SqlStatement) -> bool:
    """Whether this is COPY … FROM STDIN."""
    return _copies_with_client(statement) and bool(statement.node.is_from)


def copies_to_client(statement: SqlStatement) -> bool:
    """Whether this is COPY … TO STDOUT: a migration has nobody to take the rows."""
    return _copies_with_client(statement) and not statement.node.is_from


def _copies_with_client(statement: SqlStatement) -> bool:
    return statement.kind == "copy_stmt" and statement.node is not None and not statement.node.filename
