"""OAuth credentials: encrypted by a real library, refused in any other form, and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable

import psycopg
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from platformdb.postgres.connect import Connection
from platforms.aipromote.build import ROWS, make
from rows import insert, taken_back, value, values

KEYS = {
    "local-2025": AESGCM(hashlib.sha256(b"local development key of 2025").digest()),
    "local-2026": AESGCM(hashlib.sha256(b"local development key of 2026").digest()),
}
TOKEN = "ya29.a0AfB_byC4k1ZBpsBAOZCqT7Yk2wZBv0f3nXqPqv7mZAlZBhVtQ9sZAy8ZCmd0dZCZBxk"


def jwt() -> bytes:
    parts = ({"alg": "RS256", "typ": "JWT"}, {"sub": "ann", "scope": "publish"})
    return b".".join([*(base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts), b"c2lnbmF0dXJl" * 8])


# What a program may hand over by mistake: the token, in ten shapes.
PLAIN: dict[str, Callable[[], bytes]] = {
    "its text": lambda: TOKEN.encode(),
    "a JSON web token": jwt,
    "base64": lambda: base64.b64encode(TOKEN.encode()),
    "base64 for addresses": lambda: base64.urlsafe_b64encode(secrets.token_bytes(64)),
    "hexadecimal": lambda: TOKEN.encode().hex().encode(),
    "a random token in hexadecimal": lambda: secrets.token_hex(40).encode(),
    "JSON": lambda: json.dumps({"access_token": TOKEN, "token_type": "Bearer"}).encode(),
    "a header": lambda: f"Authorization: Bearer {TOKEN}".encode(),
    "UTF-16": lambda: TOKEN.encode("utf-16"),
    "UTF-32": lambda: TOKEN.encode("utf-32"),
    "text padded with zeros": lambda: TOKEN.encode().ljust(256, b"\0"),
    "PostgreSQL's own hexadecimal": lambda: b"\\x" + TOKEN.encode().hex().encode(),
}

ENCRYPTED = """
    SELECT id::text, platform, key_id, access_token_ciphertext, access_token_nonce,
           refresh_token_ciphertext, refresh_token_nonce
    FROM social_accounts WHERE revoked_at IS NULL
"""


def test_the_seeds_credentials_decrypt_to_tokens_under_their_key_for_their_account_only(seeded: Connection) -> None:
    rows = values(seeded, ENCRYPTED)
    assert len(rows) > 10
    assert {row[2] for row in rows} == set(KEYS)
    for account, _, key, access, access_nonce, refresh, refresh_nonce in rows:
        token = KEYS[key].decrypt(access_nonce, access, account.encode()).decode()
        assert "-access-" in token
        assert len(token) > 64
        if refresh is not None:
            assert b"-refresh-" in KEYS[key].decrypt(refresh_nonce, refresh, account.encode())
        with pytest.raises(InvalidTag):
            KEYS[key].decrypt(access_nonce, access, b"another account")


def test_no_nonce_of_the_seed_is_used_twice_and_all_are_written_down(seeded: Connection) -> None:
    rows = values(seeded, ENCRYPTED)
    used = [(row[2], nonce) for row in rows for nonce in (row[4], row[6]) if nonce is not None]
    assert len(used) == len(set(used))
    assert set(used) == set(values(seeded, "SELECT key_id, nonce FROM encryption_nonces"))


@pytest.mark.parametrize("shape", PLAIN)
@pytest.mark.parametrize("token", ["access_token", "refresh_token"])
def test_a_plain_token_is_refused_in_every_shape(conn: Connection, shape: str, token: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as caught, taken_back(conn):
        make(conn, "social_accounts", **{f"{token}_ciphertext": PLAIN[shape]()})
    assert caught.value.diag.constraint_name == f"social_accounts_{token}_ciphertext_check"


@pytest.mark.parametrize("length", [32, 64, 500, 4000])
def test_a_real_ciphertext_is_taken_whatever_its_length(conn: Connection, length: int) -> None:
    cipher, token = AESGCM(AESGCM.generate_key(256)), ("t" * length).encode()
    for _ in range(50):
        nonce = secrets.token_bytes(12)
        made = make(
            conn,
            "social_accounts",
            access_token_nonce=nonce,
            access_token_ciphertext=cipher.encrypt(nonce, token, b"a"),
        )
        assert len(made.access_token_ciphertext) == length + 16


def test_no_text_of_an_account_has_room_for_a_token(conn: Connection) -> None:
    texts = """
        SELECT column_name FROM information_schema.columns
        WHERE table_name = 'social_accounts' AND data_type IN ('text', 'character varying', 'jsonb', 'ARRAY')
    """
    names = {name for (name,) in values(conn, texts)}
    assert names == {"handle", "external_id", "key_id"}
    for name in names:
        row = dict(ROWS["social_accounts"](conn))
        with pytest.raises(psycopg.errors.IntegrityError), taken_back(conn):
            insert(conn, "social_accounts", **{**row, name: secrets.token_hex(16)})


def test_revoking_an_account_throws_its_credentials_away(conn: Connection) -> None:
    account = make(conn, "social_accounts")
    with pytest.raises(psycopg.errors.CheckViolation), taken_back(conn):
        conn.execute("UPDATE social_accounts SET revoked_at = now() WHERE id = %s", (account.id,))
    conn.execute(
        """
        UPDATE social_accounts
        SET revoked_at = now(), key_id = NULL, access_token_ciphertext = NULL, access_token_nonce = NULL,
            refresh_token_ciphertext = NULL, refresh_token_nonce = NULL
        WHERE id = %s
        """,
        (account.id,),
    )
    assert value(conn, "SELECT state FROM connected_accounts WHERE id = %s", account.id) == "revoked"


def test_the_view_for_applications_has_nothing_of_the_credentials(conn: Connection) -> None:
    names = values(conn, "SELECT column_name FROM information_schema.columns WHERE table_name = 'connected_accounts'")
    assert not [name for (name,) in names if "cipher" in name or "nonce" in name or "key" in name]


def test_a_key_is_rotated_account_by_account_and_can_be_destroyed_in_the_end(conn: Connection) -> None:
    old, new = (make(conn, "encryption_keys").id for _ in range(2))
    ciphers = {key: AESGCM(AESGCM.generate_key(256)) for key in (old, new)}
    for _ in range(5):
        row = dict(ROWS["social_accounts"](conn))
        row.update(key_id=old, refresh_token_ciphertext=None, refresh_token_nonce=None)
        row["access_token_ciphertext"] = ciphers[old].encrypt(row["access_token_nonce"], TOKEN.encode(), None)
        insert(conn, "social_accounts", **row)
    conn.execute("UPDATE encryption_keys SET retired_at = now() WHERE id = %s", (old,))

    batch = """
        SELECT id, access_token_ciphertext, access_token_nonce FROM social_accounts
        WHERE key_id = %s ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED
    """
    while rows := values(conn, batch, old):
        for account, ciphertext, nonce in rows:
            token, fresh = ciphers[old].decrypt(nonce, ciphertext, None), secrets.token_bytes(12)
            conn.execute(
                "UPDATE social_accounts SET key_id = %s, access_token_ciphertext = %s, access_token_nonce = %s "
                "WHERE id = %s",
                (new, ciphers[new].encrypt(fresh, token, None), fresh, account),
            )
    use = dict(values(conn, "SELECT key_id, accounts FROM encryption_key_use"))
    assert (use[old], use[new]) == (0, 5)
    conn.execute("DELETE FROM encryption_keys WHERE id = %s", (old,))
    assert value(conn, "SELECT count(*) FROM encryption_nonces") == 5


def test_the_audit_trail_says_that_credentials_changed_and_nothing_of_them(conn: Connection) -> None:
    account = make(conn, "social_accounts")
    ciphertext, nonce = secrets.token_bytes(80), secrets.token_bytes(12)
    conn.execute(
        """
        UPDATE social_accounts SET access_token_ciphertext = %s, access_token_nonce = %s, handle = 'new' WHERE id = %s
        """,
        (ciphertext, nonce, account.id),
    )
    conn.execute("UPDATE users SET password_hash = 'another hash of twenty' WHERE id IN (SELECT id FROM users)")
    conn.execute("DELETE FROM social_accounts WHERE id = %s", (account.id,))
    trail = values(conn, "SELECT action, changes FROM audit_log WHERE object_id = %s ORDER BY id", str(account.id))
    assert [action for action, _ in trail] == ["insert", "update", "delete"]
    assert trail[1][1] == {
        "access_token_ciphertext": {},
        "access_token_nonce": {},
        "handle": {"from": account.handle, "to": "new"},
    }
    everything: str = value(conn, "SELECT string_agg(audit_log::text, ' ') FROM audit_log")
    assert '"password_hash": {}' in everything.replace('""', '"')
    for secret in (ciphertext, nonce, account.access_token_ciphertext, account.refresh_token_nonce):
        assert secret.hex() not in everything
    assert "another hash" not in everything


def test_the_audit_trail_names_the_person_that_the_application_named(conn: Connection) -> None:
    make(conn, "users")
    conn.execute("SET LOCAL aipromote.actor = 'ann@example.com'")
    organization = make(conn, "organizations")
    conn.execute("UPDATE organizations SET name = 'Harbour Tea Rooms' WHERE id = %s", (organization.id,))
    conn.execute("UPDATE organizations SET name = name WHERE id = %s", (organization.id,))
    trail = values(
        conn,
        "SELECT actor, organization_id, changes FROM audit_log WHERE object_id = %s ORDER BY id",
        str(organization.id),
    )
    renamed = {"name": {"from": "Harbour Tea", "to": "Harbour Tea Rooms"}}
    assert trail == [
        ("ann@example.com", organization.id, {}),
        ("ann@example.com", organization.id, renamed),
    ]
    assert value(conn, "SELECT actor = session_user FROM audit_log ORDER BY id LIMIT 1")
