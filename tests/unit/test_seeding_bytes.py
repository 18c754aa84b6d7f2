"""Bytes: random, encrypted, digested; and vectors."""

from __future__ import annotations

import hashlib
import sys

import numpy as np
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.streams import BLOCK, Span
from platformdb.seeding.rows.world import World
from seeding_worlds import one_table, rows_of

SECRET = """
token = { make = "text", templates = ["token {n}"], nulls = 0.2 }
nonce = { make = "bytes", size = 12 }
account = { make = "text", templates = ["account {n}"] }
n = { make = "ordinal" }
"""


def test_random_bytes_have_the_size_that_is_wanted() -> None:
    for size in (0, 1, 8, 12, 33):
        found = rows_of(one_table(f'c = {{ make = "bytes", size = {size} }}', 200), "t", "c")
        assert {len(each or b"") for each in found} == {size}
        assert len(set(found)) == (1 if size == 0 else 200) or size == 1
    varied = rows_of(one_table('c = { make = "bytes", size = { dist = "uniform", min = 2, max = 5 } }', 500), "t", "c")
    assert {len(each or b"") for each in varied} == {2, 3, 4, 5}
    bits = np.unpackbits(np.frombuffer(b"".join(each or b"" for each in varied), np.uint8))
    assert bits.mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("context", [None, "account"])
def test_what_is_encrypted_can_be_read_with_the_key_and_in_its_context_only(context: str | None) -> None:
    extra = f', context = "{context}"' if context else ""
    made = one_table(f'c = {{ make = "encrypt", of = "token", nonce = "nonce", key = "dev"{extra} }}{SECRET}', 40)
    cipher = AESGCM(hashlib.sha256(b"dev").digest())
    names = ("c", "token", "nonce", "account")
    rows = list(zip(*(rows_of(made, "t", name) for name in names), strict=True))
    assert {token is None for _, token, *_ in rows} == {True, False}
    for sealed, token, nonce, account in rows:
        if token is None:
            assert sealed is None
            continue
        assert token.encode() not in sealed
        assert len(sealed) == len(token) + 16
        assert cipher.decrypt(nonce, sealed, account.encode() if context else None).decode() == token
        with pytest.raises(InvalidTag):
            cipher.decrypt(nonce, sealed, b"another account")


def test_the_key_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = f'c = {{ make = "encrypt", of = "token", nonce = "nonce", key = {{ env = "TEST_SEED_KEY" }} }}{SECRET}'
    with pytest.raises(Misfit, match="the environment variable TEST_SEED_KEY, which should hold the key, is not set"):
        rows_of(one_table(lines), "t", "c")
    monkeypatch.setenv("TEST_SEED_KEY", "dev")
    given = rows_of(one_table(lines.replace('{ env = "TEST_SEED_KEY" }', '"dev"')), "t", "c")
    assert rows_of(one_table(lines), "t", "c") == given


def test_a_nonce_of_another_length_is_refused() -> None:
    lines = f'c = {{ make = "encrypt", of = "account", nonce = "token", key = "dev" }}{SECRET}'
    with pytest.raises(Misfit, match="'token' has 7 bytes, and a nonce 12"):
        rows_of(one_table(lines), "t", "c")


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(Misfit, match=r"encrypting needs the library cryptography.*pip install 'platformdb\[local\]'"):
        rows_of(one_table(f'c = {{ make = "encrypt", of = "token", nonce = "nonce", key = "dev" }}{SECRET}'), "t", "c")


def test_digests_are_those_of_the_bytes() -> None:
    made = one_table(
        f'c = {{ make = "digest", of = "token" }}\nd = {{ make = "digest", of = "nonce", function = "md5" }}{SECRET}',
        30,
    )
    for found, other, token, nonce in zip(
        rows_of(made, "t", "c"), rows_of(made, "t", "d"), rows_of(made, "t", "token"), rows_of(made, "t", "nonce"),
        strict=True,
    ):  # fmt: skip
        assert found == (None if token is None else hashlib.sha256(token.encode()).hexdigest())
        assert other == hashlib.md5(nonce).hexdigest()


def vectors(options: str, rows: int = 400, more: str = "") -> World:
    topic = 'topic = { make = "choice", values = ["tea", "milk", "rain"], nulls = 0.1 }'
    return one_table(f'c = {{ make = "embedding", of = "topic", {options} }}\n{topic}\n{more}', rows)


def test_embeddings_are_unit_vectors_around_the_centre_of_their_cluster() -> None:
    made = vectors("dims = 384")
    column, topics = made.whole("t").value("c"), np.array([str(topic) for topic in rows_of(made, "t", "topic")])
    assert column.array.shape == (400, 384)
    assert column.array.dtype == np.float32
    assert np.linalg.norm(column.array, axis=1) == pytest.approx(1, abs=1e-6)
    assert column.missing.tolist() == [topic == "None" for topic in topics]
    cosines = column.array @ column.array.T
    within = cosines[np.ix_(topics == "tea", topics == "tea")]
    across = cosines[np.ix_(topics == "tea", topics == "milk")]
    # 1 / (1 + noise²)
    assert np.mean(within) == pytest.approx(0.89, abs=0.02)
    assert within.min() > across.max()
    assert abs(across.mean()) < 0.2


def test_noise_says_how_far_rows_lie_from_their_centre() -> None:
    still = vectors("dims = 20, noise = 0").whole("t").value("c").array
    assert len(np.unique(still, axis=0)) == 4
    near, far = (vectors(f"dims = 64, noise = {noise}").whole("t").value("c").array for noise in (0.1, 0.7))
    assert len(np.unique(near, axis=0)) == 400
    spread = [np.linalg.norm(each - each.mean(axis=0), axis=1).mean() for each in (near, far)]
    assert spread[0] < spread[1]


def test_vectors_differ_in_as_many_directions_as_are_wanted() -> None:
    for directions in (1, 5):
        made = one_table(
            f'c = {{ make = "embedding", of = "k", dims = 64, directions = {directions} }}\n'
            'k = { make = "constant", value = 1 }', 100,
        ).whole("t").value("c").array  # fmt: skip
        # A line, or a space, that does not go through zero, bent onto the sphere: one dimension more.
        assert np.linalg.matrix_rank(made, tol=1e-4) == directions + 1


def test_a_block_of_vectors_and_bytes_is_that_part_of_the_whole() -> None:
    lines = """
v = { make = "embedding", of = "n", dims = 3 }
b = { make = "bytes", size = { dist = "uniform", min = 1, max = 20 } }
n = { make = "constant", value = 1 }
"""
    made = one_table(lines, BLOCK + 10)
    part = made.block("t", Span(BLOCK, BLOCK + 10))
    assert np.array_equal(part.value("v").array, made.whole("t").value("v").array[BLOCK:])
    assert part.value("b").texts.contents() == made.whole("t").value("b").texts.contents()[BLOCK:]
    assert len(np.unique(made.whole("t").value("v").array, axis=0)) > BLOCK * 0.99


def test_vectors_can_be_absent_through_a_link() -> None:
    nothing = vectors("dims = 4").whole("t").value("c").take(np.array([-1, 2]))
    assert nothing.array.shape == (2, 4)
    assert nothing.missing[0]
    empty = vectors("dims = 4", rows=0).whole("t").value("c").take(np.array([-1]))
    assert empty.array.shape == (1, 4)
    assert empty.missing.tolist() == [True]
