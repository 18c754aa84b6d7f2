from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platformdb.indexes.health.bloat import PAGE, needed_pages
from platformdb.indexes.health.cover import covers, serves
from platformdb.indexes.health.judge import judge_health
from platformdb.indexes.health.model import Facts, ForeignKey, Index, Key, Limits, Past, Relation, Server, Stored, Usage
from platformdb.report.model import Finding, Severity

NOW = datetime(2026, 6, 1, tzinfo=UTC)
POSTS, USERS = Relation("public", "posts"), Relation("public", "users")
MIB = 1 << 20


def key(text: str, *, descending: bool = False, kind: str = "1 0") -> Key:
    return Key(text, kind, descending, nulls_first=descending)


def index(name: str, *keys: str | Key, oid: int = 0, **facts: Any) -> Index:
    """An index on posts; a later name is a younger index."""
    made = tuple(each if isinstance(each, Key) else key(each) for each in keys)
    columns = frozenset(each.text for each in made) | frozenset(facts.pop("columns", ()))
    number = oid or int.from_bytes(name.encode()[:4], "big")
    return replace(Index(number, Relation("public", name), POSTS, 1, "btree", made, columns=columns), **facts)


def server(days: int = 100, **facts: Any) -> Server:
    since = NOW - timedelta(days=days)
    return replace(Server(NOW, since, since, "shop"), **facts)


def judged(*indexes: Index, usage: Usage | None = None, past: Past | None = None, **facts: Any) -> tuple[Finding, ...]:
    looked = Facts(indexes, facts.pop("keys", ()), usage or Usage((server(days=0),)), facts.pop("parts", ()))
    return judge_health(looked, Limits(), past=past)


def rules(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(finding.rule, finding.subject) for finding in found]


class TestCovering:
    @pytest.mark.parametrize(
        ("narrow", "wide"),
        [
            (index("a", "x"), index("b", "x", "y")),
            (index("a", "x", "y"), index("b", "x", "y")),
            (index("a", "x"), index("b", key("x", descending=True), "y")),
            (index("a", key("x", descending=True), "y"), index("b", "x", key("y", descending=True))),
            (index("a", "x"), index("b", "x", unique=True, serves_constraint=True)),
            (index("a", "x", included=("z",)), index("b", "x", "z")),
            (index("a", "x", predicate="(z > 1)"), index("b", "x", "y", predicate="(z > 1)")),
            (index("a", "x", predicate="(z > 1)", columns=("z",)), index("b", "x", "z")),
            (index("a", "x", predicate="(z > 1)", columns=("z",)), index("b", "x", included=("z",))),
            (index("a", "x", method="gin"), index("b", "x", method="gin")),
        ],
    )
    def test_one_that_serves_whatever_the_other_serves_covers_it(self, narrow: Index, wide: Index) -> None:
        assert covers(wide, narrow)

    @pytest.mark.parametrize(
        ("narrow", "wide"),
        [
            (index("a", "y"), index("b", "x", "y")),
            (index("a", "x", "y"), index("b", "x")),
            (index("a", "x", "y"), index("b", "x", key("y", descending=True))),
            (index("a", key("x", kind="2 0")), index("b", "x")),
            (index("a", "x", included=("z",)), index("b", "x", "y")),
            (index("a", "x"), index("b", "x", predicate="(z > 1)")),
            (index("a", "x", predicate="(z > 1)", columns=("z",)), index("b", "x", "y")),
            (index("a", "x", method="gin"), index("b", "x", "y", method="gin")),
            (index("a", "x", method="gin"), index("b", "x")),
            (index("a", "x", unique=True), index("b", "x", "y")),
            (index("a", "x", unique=True), index("b", "x")),
            (index("a", "x", serves_constraint=True), index("b", "x", "y")),
            (index("a", "x"), index("b", "x", table_oid=2)),
        ],
    )
    def test_what_serves_less_or_another_table_or_keeps_no_rule_does_not(self, narrow: Index, wide: Index) -> None:
        assert not covers(wide, narrow)

    def test_a_redundant_index_is_a_warning_with_the_statement_that_drops_it(self) -> None:
        (finding,) = judged(index("narrow", "x"), index("wide", "x", "y"))
        assert (finding.rule, finding.subject, finding.severity) == ("index-redundant", "narrow", Severity.WARNING)
        assert finding.help == 'DROP INDEX CONCURRENTLY "public"."narrow"'

    def test_of_two_that_are_the_same_the_younger_one_goes(self) -> None:
        assert rules(judged(index("a", "x"), index("b", "x"))) == [("index-duplicate", "b")]

    def test_of_three_that_are_the_same_one_stays(self) -> None:
        assert rules(judged(*(index(name, "x") for name in "abc"))) == [
            ("index-duplicate", "c"),
            ("index-duplicate", "b"),
        ]

    def test_an_invalid_index_makes_no_other_redundant(self) -> None:
        found = judged(index("a", "x"), index("b", "x", "y", valid=False))
        assert rules(found) == [("index-invalid", "b")]

    def test_a_partition_has_its_part_of_an_index_whatever_else_it_has(self) -> None:
        assert judged(index("part", "x", parent=99), index("wide", "x", "y")) == ()


class TestForeignKeys:
    PARENT = index("users_pkey", "id", table=USERS, table_oid=2, unique=True, serves_constraint=True)

    def fk(self, *columns: str, referenced: tuple[str, ...] = (), rows: int = 5_000, **facts: Any) -> ForeignKey:
        made = ForeignKey("fk", POSTS, 1, columns, USERS, 2, referenced or columns, rows=rows)
        return replace(made, **facts)

    def found(self, key: ForeignKey, *indexes: Index, **facts: Any) -> tuple[Finding, ...]:
        return judged(self.PARENT, *indexes, keys=(key,), **facts)

    def test_a_large_table_without_an_index_on_it_is_a_warning_with_the_statement(self) -> None:
        (finding,) = self.found(self.fk("user_id", referenced=("id",)))
        assert (finding.rule, finding.severity) == ("foreign-key-unindexed", Severity.WARNING)
        assert "deleting from users reads 5,000 rows" in finding.message
        assert finding.help == 'CREATE INDEX CONCURRENTLY ON "public"."posts" ("user_id")'

    def test_small_tables_are_one_note_together(self) -> None:
        keys = (
            self.fk("user_id", referenced=("id",), rows=10),
            self.fk("other", referenced=("id",), rows=-1, name="b"),
        )
        (finding,) = judged(self.PARENT, keys=keys)
        assert (finding.severity, finding.detail) == (Severity.NOTE, "posts.fk, posts.b")

    @pytest.mark.parametrize(
        "columns", [("a", "b"), ("b", "a"), ("b", "a", "c")], ids=["in order", "in another order", "and more behind"]
    )
    def test_the_leading_columns_serve_a_composite_key_in_any_order(self, columns: tuple[str, ...]) -> None:
        assert self.found(self.fk("a", "b"), index("i", *columns)) == ()

    @pytest.mark.parametrize("columns", [("a",), ("c", "a", "b"), ("a", "c", "b")])
    def test_columns_in_front_or_missing_do_not(self, columns: tuple[str, ...]) -> None:
        assert len(self.found(self.fk("a", "b"), index("i", *columns))) == 1

    def test_a_column_that_alone_names_the_parent_is_enough(self) -> None:
        key = self.fk("user_id", "tenant_id", referenced=("id", "tenant_id"))
        assert self.found(key, index("i", "user_id", "created_at")) == ()
        assert len(self.found(key, index("i", "tenant_id"))) == 1

    def test_the_columns_that_divide_a_partitioned_parent_name_nobody(self) -> None:
        key = self.fk("user_id", "day", referenced=("id", "day"), divided_by=("day",))
        parent = replace(self.PARENT, keys=(Key("id", "1 0"), Key("day", "1 0")))
        assert judged(parent, index("i", "user_id"), keys=(key,)) == ()

    @pytest.mark.parametrize(
        ("predicate", "served"),
        [
            ("(a IS NOT NULL)", True),
            ("((a IS NOT NULL) AND (b IS NOT NULL))", True),
            ("(c IS NOT NULL)", False),
            ("(a > 5)", False),
            ("((a IS NOT NULL) AND (c > 1))", False),
        ],
    )
    def test_a_partial_index_serves_where_it_leaves_out_only_nulls(self, predicate: str, served: bool) -> None:
        assert serves(index("i", "a", "b", predicate=predicate), ("a", "b"), ("a", "b")) is served

    def test_quoted_names_are_the_same_names(self) -> None:
        partial = index("i", '"Order"', predicate='("Order" IS NOT NULL)')
        assert serves(partial, ("Order",), ("Order",))

    def test_a_partitioned_table_is_served_by_an_index_on_each_part(self) -> None:
        key, parts = self.fk("user_id", referenced=("id",), partitioned=True), ((1, 11), (1, 12))
        on = [index(f"i{oid}", "user_id", table_oid=oid) for oid in (11, 12)]
        assert self.found(key, *on, parts=parts) == ()
        (finding,) = self.found(key, on[0], parts=parts)
        assert "tier file" in finding.help


class TestUnused:
    def test_one_without_a_scan_in_all_the_time_is_a_warning(self) -> None:
        (finding,) = judged(index("i", "x"), usage=Usage((server(days=100),)))
        assert (finding.rule, finding.severity) == ("index-unused", Severity.WARNING)
        assert "not used once in 100 days" in finding.message

    def test_nothing_is_said_while_the_statistics_are_young(self) -> None:
        assert judged(index("i", "x"), usage=Usage((server(days=29),))) == ()

    def test_nothing_is_said_of_an_index_that_is_young_itself(self) -> None:
        usage = Usage((server(days=100),))
        assert judged(index("i", "x"), usage=usage, past=Past(built={"i": NOW - timedelta(days=3)})) == ()
        assert judged(index("i", "x"), usage=usage, past=Past(begun=NOW - timedelta(days=3))) == ()

    def test_nothing_is_said_where_the_server_does_not_count(self) -> None:
        assert judged(index("i", "x"), usage=Usage((server(counts=False),))) == ()

    @pytest.mark.parametrize("facts", [{"unique": True}, {"serves_constraint": True}, {"parent": 5}, {"scans": 1}])
    def test_what_keeps_a_rule_or_was_used_is_not_unused(self, facts: dict[str, Any]) -> None:
        assert judged(index("i", "x", **facts), usage=Usage((server(),))) == ()

    def test_where_the_server_knows_the_last_use_an_old_one_is_none(self) -> None:
        old, new = (index("i", "x", scans=9, last_scan=NOW - timedelta(days=days)) for days in (60, 2))
        (finding,) = judged(old, usage=Usage((server(),)))
        assert "last used on 2026-04-02" in finding.message
        assert judged(new, usage=Usage((server(),))) == ()

    def test_replicas_that_were_not_asked_make_it_unknown(self) -> None:
        (finding,) = judged(index("i", "x"), usage=Usage((server(followers=2),)))
        assert (finding.rule, finding.severity) == ("index-usage-unknown", Severity.NOTE)
        assert "2 servers not asked" in finding.message
        assert "--replica" in finding.help

    def test_replicas_that_were_asked_are_known(self) -> None:
        usage = Usage((server(followers=1), server(days=50, replica=True)))
        (finding,) = judged(index("i", "x"), usage=usage)
        assert "50 days of statistics on 2 servers" in finding.message

    def test_a_replica_alone_does_not_know_what_its_primary_does(self) -> None:
        assert rules(judged(index("i", "x"), usage=Usage((server(replica=True),)))) == [("index-usage-unknown", "")]

    def test_one_that_alone_serves_a_foreign_key_is_a_note(self) -> None:
        key = ForeignKey("fk", POSTS, 1, ("x",), USERS, 2, ("id",), rows=5_000)
        (finding,) = judged(index("i", "x"), usage=Usage((server(),)), keys=(key,))
        assert (finding.rule, finding.severity) == ("index-unused", Severity.NOTE)
        assert "keep it where rows of users are deleted" in finding.help


class TestBloat:
    STORED = (Stored(16, 1), Stored(8, 8))

    def test_a_key_of_uuid_and_instant_takes_36_bytes_a_row(self) -> None:
        """184 + 1 pages by hand: (8192 - 40) * 0.9 / 36 is 203 rows a page; 37,128 rows."""
        assert needed_pages(index("i", "x", rows=37_128, stored=self.STORED)) == 186

    def test_nulls_need_a_bitmap_and_no_room(self) -> None:
        full = index("i", "x", rows=100_000, stored=(Stored(16, 1),))
        empty = replace(full, stored=(Stored(16, 1, nulls=1.0),))
        assert 0 < needed_pages(empty) < needed_pages(full)

    @pytest.mark.parametrize(
        "facts", [{"method": "gin"}, {"partitioned": True}, {"stored": ()}, {"rows": -1}], ids=lambda f: next(iter(f))
    )
    def test_what_cannot_be_known_is_not_estimated(self, facts: dict[str, Any]) -> None:
        assert needed_pages(index("i", "x", **{"rows": 9_999, "stored": self.STORED, **facts})) == 0

    @pytest.mark.parametrize(
        ("size", "least", "said"),
        [(2.1, 1 * MIB, ["index-bloated"]), (1.9, 1 * MIB, []), (2.1, 500 * MIB, [])],
        ids=["twice", "less", "small"],
    )
    def test_it_is_bloated_at_twice_its_size_unless_small(self, size: float, least: int, said: list[str]) -> None:
        slim = index("i", "x", rows=1_000_000, stored=self.STORED)
        fat = replace(slim, bytes=int(needed_pages(slim) * PAGE * size))
        facts = Facts((fat,), (), Usage((server(days=0),)))
        assert [finding.rule for finding in judge_health(facts, Limits(bloat_bytes=least))] == said


class TestInvalid:
    def test_one_that_no_tier_knows_is_an_error_with_the_way_out(self) -> None:
        (finding,) = judged(index("i", "x", valid=False))
        assert (finding.rule, finding.severity) == ("index-invalid", Severity.ERROR)
        assert finding.help == 'REINDEX INDEX CONCURRENTLY "public"."i"'

    def test_one_that_is_being_built_is_a_note(self) -> None:
        (finding,) = judged(index("i", "x", valid=False, building=True))
        assert (finding.rule, finding.severity) == ("index-building", Severity.NOTE)

    def test_a_partitioned_one_is_invalid_until_its_last_part_is_there(self) -> None:
        (finding,) = judged(index("i", "x", valid=False, partitioned=True))
        assert (finding.rule, finding.severity) == ("index-incomplete", Severity.WARNING)
