"""Sorting outside of memory gives what sorting in memory gives."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from platformdb.seeding.rows import ordering
from platformdb.seeding.rows.codes import by_code, compact
from platformdb.seeding.rows.columns import Column, identities
from platformdb.seeding.rows.ordering import in_order, numbering, records, repeats
from platformdb.seeding.rows.ropes import Texts, hashes, texts
from platformdb.seeding.rows.store import Store
from platformdb.seeding.rows.stored import Stored
from platformdb.seeding.rows.streams import Span

KEYS: dict[str, Callable[[np.random.Generator], NDArray[Any]]] = {
    "spread": lambda random: random.integers(-(10**15), 10**15, 5_000),
    "close": lambda random: random.integers(0, 40, 5_000),
    "crowded": lambda random: np.where(random.random(5_000) < 0.9, 7, random.integers(0, 100, 5_000)),
    "alike": lambda random: np.full(5_000, 3),
    "few": lambda random: random.integers(0, 9, 20),
    "none": lambda random: np.zeros(0, np.int64),
    "huge": lambda random: random.integers(-(2**63), 2**63 - 1, 3_000),
}


@pytest.fixture(params=sorted(KEYS))
def keys(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Store, Stored]:
    monkeypatch.setattr(ordering, "RUN", 128)
    monkeypatch.setattr("platformdb.seeding.rows.store.SMALL", 256)
    store = Store(tmp_path, resident=1 << 12)
    return store, store.keep("keys", KEYS[request.param](np.random.default_rng(1)))


@pytest.mark.parametrize("divisible", [True, False])
def test_records_come_in_the_order_that_a_stable_sort_of_all_gives(keys: tuple[Store, Stored], divisible: bool) -> None:
    store, stored = keys
    found = stored.whole()
    spool = store.keep("spool", records(key=found, row=np.arange(len(found))))
    pieces = list(in_order(store, spool, "key", divisible=divisible))
    assert pieces
    rows = np.concatenate([piece["row"] for piece in pieces])
    assert rows.tolist() == np.argsort(found, kind="stable").tolist()
    if divisible:
        assert max(map(len, pieces)) <= 4 * 128
    else:
        assert all(one["key"][-1] < other["key"][0] for one, other in pairwise(pieces))


def test_rows_with_a_key_that_was_there_before_are_known_and_numbered(keys: tuple[Store, Stored]) -> None:
    store, stored = keys
    seen: dict[int, int] = {}
    expected = []
    for key in stored.whole().tolist():
        expected.append(seen.get(key, 0))
        seen[key] = seen.get(key, 0) + 1
    assert numbering(store, stored).whole().tolist() == expected
    again = repeats(store, stored)
    assert again.span(0, len(stored)).tolist() == [number > 0 for number in expected]
    if len(stored):
        assert again.span(8, 20).tolist() == [number > 0 for number in expected[8:20]]


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 2**17)))
def test_numbers_of_any_size_are_sorted_stably_and_told_apart(numbers: list[int]) -> None:
    found = np.array(numbers, np.int64)
    assert by_code(found).tolist() == np.argsort(found, kind="stable").tolist()
    if not numbers or max(numbers) - min(numbers) < 2**62:
        different, codes = compact(found)
        assert different.tolist() == sorted(set(numbers))
        assert different[codes].tolist() == numbers


@given(st.lists(st.tuples(*[st.text("ab2", max_size=4)] * 3)))
def test_joined_texts_have_the_same_number_however_they_are_cut(rows: list[tuple[str, str, str]]) -> None:
    columns = [texts(row[part] for row in rows) for part in range(3)]
    whole = hashes(texts("".join(row) for row in rows)).tolist()
    assert hashes(Texts(tuple(column.parts[0] for column in columns))).tolist() == whole
    assert len(set(whole)) == len({"".join(row) for row in rows})


@given(st.lists(st.tuples(st.integers(-1, 3), st.sampled_from(["x", "y", None]), st.booleans())))
def test_rows_are_identical_where_all_values_are_and_who_lacks_one_equals_nobody(
    rows: list[tuple[int, str | None, bool]],
) -> None:
    nulls = np.array([word is None for _, word, _ in rows], np.bool_)
    columns = [
        Column("link", np.array([link for link, _, _ in rows], np.int64), None, "t"),
        Column("text", texts(word or "" for _, word, _ in rows), nulls),
        Column("bool", np.array([flag for _, _, flag in rows], np.bool_)),
    ]
    found = identities(columns, Span(0, len(rows))).tolist()
    complete = [row for row in rows if row[0] >= 0 and row[1] is not None]
    assert len(set(found)) == len(set(complete)) + len(rows) - len(complete)
    by_row = dict(zip(rows, found, strict=True))
    assert all(by_row[row] == number for row, number in zip(rows, found, strict=True) if row in complete)
