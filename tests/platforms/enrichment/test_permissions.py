"""Who may do what: the SQL function against a second, independent reading of the rules, in Python."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import pytest

from platformdb.postgres.connect import Connection
from platforms.enrichment.build import make
from rows import taken_back, value, values

ADMINISTRATOR, VIEW, SEND, HISTORY = 1 << 3, 1 << 10, 1 << 11, 1 << 16
ALL = 2**41 - 1


@dataclass
class Override:
    """What a channel says about somebody: he may not, then he may."""

    deny: int = 0
    allow: int = 0

    def applied(self, mask: int) -> int:
        return (mask & ~self.deny) | self.allow

    def joined(self, other: Override) -> Override:
        return Override(self.deny | other.deny, self.allow | other.allow)


@dataclass
class Case:
    """One member and one channel, and all that decides."""

    everyone: int = VIEW | SEND | HISTORY
    roles: list[int] = field(default_factory=list)
    own: int | None = None
    of_everyone: Override | None = None
    of_roles: list[Override | None] = field(default_factory=list)
    of_member: Override | None = None
    owner: bool = False
    pending: bool = False
    silenced: bool = False

    def expected(self) -> int:
        mask = self.everyone | (self.own or 0)
        for role in self.roles:
            mask |= role
        if self.owner or mask & ADMINISTRATOR:
            return ALL
        joined = Override()
        for override in self.of_roles:
            joined = joined.joined(override or Override())
        for override in (self.of_everyone, joined, self.of_member):
            mask = override.applied(mask) if override else mask
        if not mask & VIEW:
            return 0
        return mask & (VIEW | HISTORY) if self.pending or self.silenced else mask


CASES = {
    "a member has what everyone has": Case(),
    "roles add up": Case(roles=[1, 2, 4]),
    "a member may have something of his own": Case(own=1 << 20),
    "everyone is denied": Case(of_everyone=Override(deny=SEND)),
    "a role is allowed what everyone is denied": Case(
        roles=[0], of_everyone=Override(deny=SEND), of_roles=[Override(allow=SEND)]
    ),
    "of two roles the one that allows wins": Case(roles=[0, 0], of_roles=[Override(deny=SEND), Override(allow=SEND)]),
    "a member is denied what his role is allowed": Case(
        roles=[0], of_roles=[Override(allow=SEND)], of_member=Override(deny=SEND)
    ),
    "a member is allowed what everyone is denied": Case(
        of_everyone=Override(deny=VIEW), of_member=Override(allow=VIEW)
    ),
    "who sees nothing may do nothing": Case(of_everyone=Override(deny=VIEW)),
    "the owner may everything": Case(owner=True, everyone=0, of_everyone=Override(deny=ALL)),
    "an administrator may everything": Case(roles=[ADMINISTRATOR], of_everyone=Override(deny=ALL)),
    "an override makes nobody an administrator": Case(of_member=Override(allow=ADMINISTRATOR)),
    "who has a timeout may only look": Case(silenced=True),
    "who has a timeout and sees nothing does not look": Case(silenced=True, of_everyone=Override(deny=VIEW)),
    "who has not passed the entrance may only look": Case(pending=True, roles=[1]),
    "an administrator has no timeout": Case(silenced=True, roles=[ADMINISTRATOR]),
}


def build(conn: Connection, case: Case) -> tuple[UUID, UUID]:
    """The user and the channel of a case; beside them a role that he has not, with an override that must not matter."""
    channel = make(conn, "channels")
    server = channel.server_id
    conn.execute("UPDATE roles SET permissions = %s WHERE id = %s", (case.everyone, server))
    if case.owner:
        user = value(conn, "SELECT owner_id FROM servers WHERE id = %s", server)
        member = value(conn, "SELECT id FROM server_members WHERE server_id = %s", server)
    else:
        until = "2100-01-01T00:00:00Z" if case.silenced else "2020-01-01T00:00:00Z"
        given: dict[str, Any] = {
            "permissions": case.own,
            "pending": case.pending,
            "communication_disabled_until": until,
        }
        made = make(conn, "server_members", server_id=server, **given)
        user, member = made.user_id, made.id

    def override(given: Override | None, **target: UUID) -> None:
        if given is not None:
            masks = {"allow": given.allow, "deny": given.deny & ~given.allow}
            make(
                conn,
                "channel_permissions",
                channel_id=channel.id,
                server_id=server,
                **{"role_id": None} | target,
                **masks,
            )

    for number, mask in enumerate(case.roles):
        role = make(conn, "roles", server_id=server, permissions=mask).id
        make(conn, "member_roles", server_id=server, member_id=member, role_id=role)
        override(case.of_roles[number] if number < len(case.of_roles) else None, role_id=role)
    override(case.of_everyone, role_id=server)
    override(case.of_member, user_id=user)
    override(Override(allow=ALL), role_id=make(conn, "roles", server_id=server, permissions=ALL).id)
    return user, channel.id


def mask_of(conn: Connection, user: UUID, channel: UUID) -> int:
    return int(value(conn, "SELECT channel_permissions_of(%s, %s)", user, channel))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_rules(conn: Connection, case: Case) -> None:
    user, channel = build(conn, case)
    assert mask_of(conn, user, channel) == case.expected()


def chance(seed: int) -> Case:
    """Bits near each other, so that masks meet; rarely an owner or an administrator, who would hide everything else."""
    dice = random.Random(seed)

    def mask() -> int:
        return sum(1 << bit for bit in (0, 1, 2, 4, 10, 11, 16, 40) if dice.random() < 0.4)

    def override() -> Override | None:
        allow = mask()
        return Override(mask() & ~allow, allow) if dice.random() < 0.6 else None

    roles = [mask() | (ADMINISTRATOR if dice.random() < 0.03 else 0) for _ in range(dice.randint(0, 4))]
    return Case(
        everyone=mask() | VIEW,
        roles=roles,
        own=mask() if dice.random() < 0.2 else None,
        of_everyone=override(),
        of_roles=[override() for _ in roles],
        of_member=override(),
        owner=dice.random() < 0.03,
        pending=dice.random() < 0.1,
        silenced=dice.random() < 0.1,
    )


def test_any_masks_give_what_the_rules_say(conn: Connection) -> None:
    seen = set()
    for seed in range(120):
        case = chance(seed)
        with taken_back(conn):
            user, channel = build(conn, case)
            assert mask_of(conn, user, channel) == case.expected(), (seed, case)
        seen.add(case.expected())
    assert {0, ALL} < seen
    assert len(seen) > 40


def test_all_channels_at_once_and_one_by_one_give_the_same(seeded: Connection) -> None:
    user = value(seeded, "SELECT user_id FROM server_members GROUP BY user_id ORDER BY count(*) DESC, user_id LIMIT 1")
    at_once = dict(values(seeded, "SELECT channel_id, permissions FROM channel_permissions_for(%s)", user))
    every = [channel for (channel,) in values(seeded, "SELECT id FROM channels")]
    assert {channel: mask for channel in every if (mask := mask_of(seeded, user, channel))} == {
        channel: mask for channel, mask in at_once.items() if mask
    }


def test_who_is_no_member_may_nothing(conn: Connection) -> None:
    assert mask_of(conn, make(conn, "users").id, make(conn, "channels").id) == 0


@pytest.mark.parametrize("table", ["users", "servers", "channels"])
def test_where_the_user_the_server_or_the_channel_is_deleted_nobody_may_anything(conn: Connection, table: str) -> None:
    user, channel = build(conn, Case())
    key = {
        "users": user,
        "channels": channel,
        "servers": value(conn, "SELECT server_id FROM channels WHERE id = %s", channel),
    }
    conn.execute(f"UPDATE {table} SET deleted_at = now() WHERE id = %s".encode(), (key[table],))
    assert mask_of(conn, user, channel) == 0


def test_in_a_direct_channel_the_two_may_write_and_nobody_else(conn: Connection) -> None:
    one, other, third = (make(conn, "users").id for _ in range(3))
    channel = value(conn, "SELECT open_direct_channel(%s, %s)", one, other)
    assert mask_of(conn, one, channel) == mask_of(conn, other, channel)
    assert mask_of(conn, one, channel) & SEND
    assert mask_of(conn, third, channel) == 0


def test_in_a_group_its_recipients_may_write_and_nobody_else(conn: Connection) -> None:
    inside = make(conn, "channel_recipients")
    assert mask_of(conn, inside.user_id, inside.channel_id) & SEND
    assert mask_of(conn, make(conn, "users").id, inside.channel_id) == 0


def test_a_permission_is_asked_by_its_name(conn: Connection) -> None:
    user, channel = build(conn, Case())
    asked = "SELECT has_permission(%s, %s, %s)"
    assert value(conn, asked, user, channel, "SEND_MESSAGES") is True
    assert value(conn, asked, user, channel, "BAN_MEMBERS") is False
    with pytest.raises(psycopg.errors.UndefinedObject, match="no such permission"):
        value(conn, asked, user, channel, "SEND_MESAGES")


def test_the_names_and_the_mask_of_a_role_are_in_step_whichever_is_written(conn: Connection) -> None:
    role = make(conn, "roles", permissions=VIEW | SEND).id
    names = "SELECT array_agg(permission ORDER BY permission) FROM role_permissions WHERE role_id = %s"
    assert value(conn, names, role) == ["SEND_MESSAGES", "VIEW_CHANNEL"]
    conn.execute("UPDATE roles SET permissions = %s WHERE id = %s", (HISTORY | SEND, role))
    assert value(conn, names, role) == ["READ_MESSAGE_HISTORY", "SEND_MESSAGES"]
    conn.execute("DELETE FROM role_permissions WHERE role_id = %s AND permission = 'SEND_MESSAGES'", (role,))
    conn.execute("INSERT INTO role_permissions (role_id, permission) VALUES (%s, 'ADMINISTRATOR')", (role,))
    assert value(conn, "SELECT permissions FROM roles WHERE id = %s", role) == HISTORY | ADMINISTRATOR
    conn.execute("UPDATE role_permissions SET permission = 'VIEW_CHANNEL' WHERE permission = 'ADMINISTRATOR'")
    assert value(conn, "SELECT permissions FROM roles WHERE id = %s", role) == HISTORY | VIEW
    conn.execute("TRUNCATE role_permissions")
    assert value(conn, "SELECT permissions FROM roles WHERE id = %s", role) == 0
