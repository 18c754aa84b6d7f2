"""Rows of enrichment for tests: one valid row of any table with the parents it needs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from platformdb.postgres.connect import Connection
from rows import insert, value

HASH = "$argon2id$v=19$m=65536"
JANUARY, FEBRUARY = "2026-01-10T12:00:00Z", "2026-02-10T12:00:00Z"

_numbers = itertools.count(1)


def user(_: Connection) -> Mapping[str, Any]:
    number = next(_numbers)
    return {"username": f"reader_{number}", "email": f"reader{number}@example.com", "password_hash": HASH}


def session(conn: Connection) -> Mapping[str, Any]:
    token = f"sha256:{next(_numbers):064d}"
    return {
        "user_id": make(conn, "users").id,
        "token_hash": token,
        "refresh_token_hash": f"{token}r",
        "expires_at": "2100-01-01T00:00:00Z",
    }


def preferences(conn: Connection) -> Mapping[str, Any]:
    return {"user_id": make(conn, "users").id}


def friendship(conn: Connection) -> Mapping[str, Any]:
    return {"user_id": make(conn, "users").id, "friend_id": make(conn, "users").id}


def server(conn: Connection) -> Mapping[str, Any]:
    # Its owner's membership and its @everyone come by trigger at the end of the statement.
    conn.execute("SET CONSTRAINTS servers_owner_id_fkey, servers_everyone_role_fkey DEFERRED")
    code = f"harbour-{next(_numbers)}"
    return {"name": "Harbour", "owner_id": make(conn, "users").id, "vanity_url_code": code}


def settings(conn: Connection) -> Mapping[str, Any]:
    server_id = make(conn, "servers").id
    conn.execute("DELETE FROM server_settings WHERE server_id = %s", (server_id,))
    return {"server_id": server_id}


def member(conn: Connection) -> Mapping[str, Any]:
    return {"server_id": make(conn, "servers").id, "user_id": make(conn, "users").id}


def permission(conn: Connection) -> Mapping[str, Any]:
    # All bits have names already; an unused one makes room.
    conn.execute("DELETE FROM permissions WHERE bit = 40")
    return {"bit": 40, "name": "WATER_PLANTS", "description": "Water the plants"}


def role(conn: Connection) -> Mapping[str, Any]:
    return {"server_id": make(conn, "servers").id, "name": "Gardeners", "permissions": 1024}


def role_permission(conn: Connection) -> Mapping[str, Any]:
    return {"role_id": make(conn, "roles").id, "permission": "SEND_MESSAGES"}


def member_role(conn: Connection) -> Mapping[str, Any]:
    holder = make(conn, "server_members")
    given = make(conn, "roles", server_id=holder.server_id)
    return {"server_id": holder.server_id, "member_id": holder.id, "role_id": given.id}


def audit_log(conn: Connection) -> Mapping[str, Any]:
    row = make(conn, "users").id
    return {"action": "insert", "table_name": "users", "row_id": row, "new_values": {"username": "ann"}}


def channel(conn: Connection) -> Mapping[str, Any]:
    return {"server_id": make(conn, "servers").id, "name": "general"}


def recipient(conn: Connection) -> Mapping[str, Any]:
    group = make(conn, "channels", type=3, server_id=None, name=None)
    return {"channel_id": group.id, "user_id": make(conn, "users").id}


def override(conn: Connection) -> Mapping[str, Any]:
    where = make(conn, "channels")
    return {"channel_id": where.id, "server_id": where.server_id, "role_id": where.server_id, "allow": 1, "deny": 2}


def message(conn: Connection) -> Mapping[str, Any]:
    where = make(conn, "channels")
    author = value(conn, "SELECT owner_id FROM servers WHERE id = %s", where.server_id)
    return {"channel_id": where.id, "author_id": author, "content": "Good morning.", "created_at": JANUARY}


def on_message(conn: Connection) -> dict[str, Any]:
    """The columns that hang a row on a message."""
    said = make(conn, "messages")
    return {"channel_id": said.channel_id, "message_created_at": said.created_at, "message_id": said.id}


def mention(conn: Connection) -> Mapping[str, Any]:
    return {**on_message(conn), "user_id": make(conn, "users").id}


def reaction(conn: Connection) -> Mapping[str, Any]:
    return {**on_message(conn), "user_id": make(conn, "users").id, "emoji_name": "👍"}


def attachment(conn: Connection) -> Mapping[str, Any]:
    return {**on_message(conn), "filename": "plan.pdf", "size": 4096, "url": "https://media.example.com/plan.pdf"}


def analysis(conn: Connection) -> Mapping[str, Any]:
    return {**on_message(conn), "sentiment_score": "0.25", "toxicity_score": "0.01", "model_version": "mood-3"}


def summary(conn: Connection) -> Mapping[str, Any]:
    first = make(conn, "messages")
    last = make(conn, "messages", channel_id=first.channel_id, author_id=first.author_id, created_at=FEBRUARY)
    return {
        "channel_id": first.channel_id,
        "start_message_created_at": first.created_at,
        "start_message_id": first.id,
        "end_message_created_at": last.created_at,
        "end_message_id": last.id,
        "summary": "Everybody said good morning.",
    }


def reputation(conn: Connection) -> Mapping[str, Any]:
    return {"user_id": make(conn, "users").id}


def health(conn: Connection) -> Mapping[str, Any]:
    return {"server_id": make(conn, "servers").id, "date": "2026-01-10", "health_score": "0.75"}


def project(conn: Connection) -> Mapping[str, Any]:
    return {"server_id": make(conn, "servers").id, "name": "Paint the fence"}


def project_member(conn: Connection) -> Mapping[str, Any]:
    work = make(conn, "projects")
    owner = value(conn, "SELECT owner_id FROM servers WHERE id = %s", work.server_id)
    return {"project_id": work.id, "server_id": work.server_id, "user_id": owner}


def task(conn: Connection) -> Mapping[str, Any]:
    worker = make(conn, "project_members")
    return {"project_id": worker.project_id, "assignee_id": worker.user_id, "title": "Buy paint"}


def document(conn: Connection) -> Mapping[str, Any]:
    return {"project_id": make(conn, "projects").id, "title": "Which colours"}


def thread(conn: Connection) -> Mapping[str, Any]:
    root = make(conn, "messages")
    return {
        "channel_id": root.channel_id,
        "root_message_created_at": root.created_at,
        "root_message_id": root.id,
        "name": "Which colours",
    }


def read_marker(conn: Connection) -> Mapping[str, Any]:
    return {"channel_id": make(conn, "channels").id, "user_id": make(conn, "users").id, "last_read_at": JANUARY}


def invite(conn: Connection) -> Mapping[str, Any]:
    return {"code": f"harbour-{next(_numbers)}", "server_id": make(conn, "servers").id}


def voice_session(conn: Connection) -> Mapping[str, Any]:
    return {"channel_id": make(conn, "channels", type=2).id, "user_id": make(conn, "users").id}


ROWS: Mapping[str, Callable[[Connection], Mapping[str, Any]]] = {
    "users": user,
    "user_sessions": session,
    "user_preferences": preferences,
    "friendships": friendship,
    "servers": server,
    "server_settings": settings,
    "server_members": member,
    "permissions": permission,
    "roles": role,
    "role_permissions": role_permission,
    "member_roles": member_role,
    "audit_logs": audit_log,
    "channels": channel,
    "channel_recipients": recipient,
    "channel_permissions": override,
    "messages": message,
    "message_mentions": mention,
    "message_reactions": reaction,
    "message_attachments": attachment,
    "ai_analysis": analysis,
    "conversation_summaries": summary,
    "reputation_scores": reputation,
    "community_health": health,
    "projects": project,
    "project_members": project_member,
    "tasks": task,
    "documents": document,
    "message_threads": thread,
    "channel_reads": read_marker,
    "invites": invite,
    "voice_sessions": voice_session,
}


def make(conn: Connection, table: str, **given: Any) -> Any:
    """Inserts one row and returns it whole; what is not given is made valid."""
    return insert(conn, table, **{**ROWS[table](conn), **given})
