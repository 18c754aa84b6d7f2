"""Statements that change more than the database they run in: a copy of the database is no place to try them."""

from __future__ import annotations

import re

from platformdb.sqltext.statements import SqlStatement
from platformdb.sqltext.tree import kinds, word

_SERVERWIDE = kinds(
    "create_role alter_role alter_role_set drop_role grant_role createdb dropdb alter_database alter_database_set"
    " alter_database_refresh_coll create_table_space drop_table_space alter_table_space_options alter_system"
    " create_subscription alter_subscription drop_subscription"
)
# Where the kind of object decides, and the field that names it.
_BY_OBJECT = {
    "rename_stmt": "rename_type",
    "alter_owner_stmt": "object_type",
    "comment_stmt": "objtype",
    "sec_label_stmt": "objtype",
    "grant_stmt": "objtype",
}
# CREATE ROLE knows no IF NOT EXISTS, so that many write it in a block that asks before.
_IN_A_BLOCK = re.compile(
    r"\b(?:create|alter|drop)\s+(?:role|user(?!\s+mapping)|group|database|system)\b", re.IGNORECASE
)
_SHARED = frozenset({"OBJECT_ROLE", "OBJECT_DATABASE", "OBJECT_TABLESPACE", "OBJECT_PARAMETER_ACL"})


def acts_on_server(statement: SqlStatement) -> bool:
    """Whether it changes roles, databases, tablespaces or settings of the server, or another server.

    Of a DO block only its words are looked at; what a function does is not seen.
    """
    if statement.kind == "do_stmt":
        return _IN_A_BLOCK.search(statement.sql) is not None
    if statement.kind in _SERVERWIDE:
        return True
    field = _BY_OBJECT.get(statement.kind)
    return field is not None and statement.node is not None and word(statement.node, field) in _SHARED
