"""What another tool's table says, folded; what is recorded of it, what is refused, and what is forgotten."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from histories import WHEN, World, file
from platformdb.adopt.doubts import Doubt
from platformdb.adopt.histories.flyway import FLYWAY
from platformdb.adopt.histories.flyway import checksum as flyway_checksum
from platformdb.adopt.histories.positions import ALEMBIC, GOLANG_MIGRATE
from platformdb.adopt.histories.rows import GOOSE, GRAPHILE_MIGRATE, PRISMA, SQLX
from platformdb.adopt.histories.simple import DBMATE, DIESEL
from platformdb.adopt.histories.sqitch import SQITCH
from platformdb.adopt.known import KNOWN
from platformdb.adopt.model import Account, Deed, Filed, Proof, Row, Told, Tool, plain_key, proof
from platformdb.adopt.plan import MARK, Scene, plan_adoption, plan_forgetting
from platformdb.migrations.layouts.known import KNOWN as LAYOUTS
from platformdb.migrations.model import Kind, MigrationFile
from platformdb.report.model import Severity

THREE = {"001_a": file("CREATE TABLE a ()"), "002_b": file("CREATE TABLE b ()"), "003_c": file("CREATE TABLE c ()")}


def row(at: datetime | None = None, **values: object) -> Row:
    return Row(values, at)


def filed(*keys: str, after: Mapping[str, tuple[str, ...]] | None = None) -> tuple[Filed, ...]:
    files = [MigrationFile(Kind.VERSIONED, str(n), key, key, f"{key}.sql", "") for n, key in enumerate(keys, 1)]
    return tuple(Filed(each, each.name, after[each.name] if after else None) for each in files)


def keys(told: Told) -> list[str]:
    return [deed.key for deed in told.deeds]


def rules(told: Told) -> list[str]:
    return [finding.rule for finding in told.findings]


def test_every_tool_with_a_layout_has_a_history_of_the_same_name() -> None:
    assert {tool.name for tool in KNOWN} == {layout.name for layout in LAYOUTS} - {"plain"}


class TestFlyway:
    def told(self, *rows: tuple[str | None, str, bool]) -> Told:
        common = {"script": "V1__x.sql", "installed_by": "ada", "execution_time": 3, "checksum": 1}
        given = [row(version=version, type=kind, success=success, **common) for version, kind, success in rows]
        return FLYWAY.fold(given, ())

    def test_versions_are_compared_as_numbers(self) -> None:
        assert keys(self.told(("1.10", "SQL", True), ("01.2", "JDBC", True))) == ["1.10", "1.2"]

    def test_what_was_undone_does_not_count_until_it_is_done_again(self) -> None:
        assert keys(self.told(("1", "SQL", True), ("1", "UNDO_SQL", True))) == []
        assert keys(self.told(("1", "SQL", True), ("1", "UNDO_SQL", True), ("1", "SQL", True))) == ["1"]

    def test_what_repair_deleted_does_not_count(self) -> None:
        assert keys(self.told(("1", "SQL", True), ("1", "DELETE", True))) == []

    @pytest.mark.parametrize("kind", ["BASELINE", "SQL_BASELINE"])
    def test_a_baseline_is_one(self, kind: str) -> None:
        assert [deed.baseline for deed in self.told(("1", kind, True), ("2", "SQL", True)).deeds] == [True, False]

    def test_making_the_schema_is_no_migration(self) -> None:
        assert self.told((None, "SCHEMA", True)) == Told()

    def test_a_failure_and_an_unknown_type_are_said(self) -> None:
        assert rules(self.told(("1", "SQL", False))) == ["adopt-failed"]
        assert rules(self.told(("1", "MAGIC", True))) == ["adopt-unknown"]

    @pytest.mark.parametrize("data", [b"a\nb\n", b"a\nb", b"a\r\nb\r\n", b"a\rb", b"\xef\xbb\xbfa\nb\n"], ids=repr)
    def test_line_ends_and_a_byte_order_mark_make_no_difference_to_a_checksum(self, data: bytes) -> None:
        # CRC-32 of "ab", as zlib's documentation and any other implementation give it: 0x9e83486d, with its sign.
        assert flyway_checksum(data) == str(0x9E83486D - 2**32)

    def test_other_blanks_do(self) -> None:
        assert len({flyway_checksum(data) for data in (b"a\x0bb", b"a\x0cb", b"ab ", "a\u2028b".encode(), b"ab")}) == 5

    def test_an_empty_file_has_a_checksum_of_0(self) -> None:
        assert flyway_checksum(b"") == "0"


class TestOthers:
    def test_of_goose_the_newest_row_of_a_version_counts(self) -> None:
        happened = [(0, True), (1, True), (2, True), (1, False), (3, True), (1, True)]
        given = [row(id=n, version_id=version, is_applied=on) for n, (version, on) in enumerate(happened, 1)]
        assert keys(GOOSE.fold(given, ())) == ["2", "3", "1"]

    def test_golang_migrate_remembers_only_where_it_is(self) -> None:
        files = filed("1", "2", "10")
        assert keys(GOLANG_MIGRATE.fold([row(version=2, dirty=False)], files)) == ["1", "2"]
        assert keys(GOLANG_MIGRATE.fold([], files)) == []
        assert keys(GOLANG_MIGRATE.fold([row(version=11, dirty=False)], files)) == ["1", "2", "10", "11"]
        assert rules(GOLANG_MIGRATE.fold([row(version=2, dirty=True)], files)) == ["adopt-failed"]

    def test_of_prisma_what_was_rolled_back_does_not_count(self) -> None:
        ended = {"started_at": "2024-01-01T10:00:00+00:00", "checksum": "c"}
        back = row(migration_name="1_a", finished_at=None, rolled_back_at="2024-01-01T10:00:00+00:00", **ended)
        good = row(migration_name="1_a", finished_at="2024-01-01T10:00:02+00:00", rolled_back_at=None, **ended)
        (deed,) = PRISMA.fold([back, good], ()).deeds
        assert (deed.key, deed.elapsed_ms) == ("1_a", 2000.0)
        assert PRISMA.fold([back], ()) == Told()
        assert rules(PRISMA.fold([replace(good, values={**good.values, "finished_at": None})], ())) == ["adopt-failed"]

    def test_sqlx_counts_in_nanoseconds_and_writes_a_checksum_first(self) -> None:
        told = SQLX.fold([row(version=1, success=False, execution_time=-1, checksum="\\xff")], ())
        assert rules(told) == ["adopt-failed"]
        assert (told.deeds[0].checksum, told.deeds[0].elapsed_ms) == ("ff", 0.0)

    def test_rows_of_graphile_migrate_are_a_chain(self) -> None:
        first = row(hash="sha1:a", previous_hash=None, filename="000001.sql")
        second = row(hash="sha1:b", previous_hash="sha1:a", filename="000002.sql")
        assert keys(GRAPHILE_MIGRATE.fold([first, second], ())) == ["1", "2"]
        assert rules(GRAPHILE_MIGRATE.fold([second], ())) == ["adopt-chain"]

    def test_work_of_graphile_migrate_that_is_not_committed_is_said(self) -> None:
        told = GRAPHILE_MIGRATE.fold([row(filename="current.sql", content="SELECT 1;")], ())
        assert ([f.severity for f in told.findings], rules(told)) == ([Severity.WARNING], ["adopt-uncommitted"])
        assert GRAPHILE_MIGRATE.fold([row(filename="current.sql", content="\n")], ()) == Told()

    def test_of_dbmate_nobody_can_tell_an_order_but_that_of_the_numbers(self) -> None:
        assert keys(DBMATE.fold([row(version="10"), row(version="9")], ())) == ["9", "10"]

    def test_a_day_of_diesel_is_one_with_a_time(self) -> None:
        assert keys(DIESEL.fold([row(version="20240101"), row(version="20240101101112")], ())) == [
            "20240101000000",
            "20240101101112",
        ]

    def test_a_text_that_is_no_version_stays_what_it_is(self) -> None:
        assert keys(DBMATE.fold([row(version="one")], ())) == ["one"]

    def test_sqitch_may_hold_other_projects(self) -> None:
        who = {"committer_name": "Ada", "committer_email": "a@b.c", "script_hash": "h"}
        own = row(change_id="i1", change="one", project="shop", **who)
        other = row(change_id="x1", change="one", project="blog", **who)
        told = SQITCH.fold([own, other], filed("i1"))
        assert (keys(told), told.findings) == (["i1"], ())
        assert told.deeds[0].who == "Ada <a@b.c>"

    def test_a_change_that_is_another_one_by_the_plan_is_said(self) -> None:
        files = tuple(Filed(replace(each.file, name="one"), each.key) for each in filed("i1"))
        told = SQITCH.fold([row(change_id="i0", change="one", project="shop", script_hash=None)], files)
        assert (keys(told), rules(told)) == ([], ["adopt-changed"])


class TestAlembic:
    def told(self, heads: Sequence[str], after: Mapping[str, tuple[str, ...]] | None = None) -> Told:
        return ALEMBIC.fold([row(version_num=head) for head in heads], filed("a", "b", "c", "d", after=after))

    def test_a_head_stands_for_all_that_it_follows(self) -> None:
        assert keys(self.told(["c"], {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")})) == ["a", "c"]
        assert keys(self.told(["d"], {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")})) == ["a", "b", "c", "d"]

    def test_files_that_do_not_say_follow_each_other(self) -> None:
        assert keys(self.told(["c"])) == ["a", "b", "c"]

    def test_several_heads_are_refused(self) -> None:
        assert rules(self.told(["b", "c"])) == ["adopt-heads"]

    def test_a_head_without_a_file_is_a_deed_without_one(self) -> None:
        assert keys(self.told(["zz"])) == ["zz"]


class TestProof:
    def test_no_checksum_proves_nothing(self) -> None:
        assert proof(None, "x", b"") is Proof.NONE
        assert proof(FLYWAY.sums, "", b"") is Proof.NONE

    @pytest.mark.parametrize(("tool", "stored"), [(FLYWAY, "0x1"), (SQLX, "ff"), (PRISMA, "md5:1"), (SQITCH, "1")])
    def test_one_of_another_form_is_unknown(self, tool: Tool, stored: str) -> None:
        assert proof(tool.sums, stored, b"") is Proof.UNKNOWN

    def test_prisma_takes_any_line_ends_and_its_own_older_form(self) -> None:
        digest = hashlib.sha256(b"SELECT 1;\nSELECT 2;\n")
        without_zeros = "".join(f"{byte:x}" for byte in digest.digest())
        assert without_zeros != digest.hexdigest()
        for stored in (digest.hexdigest(), without_zeros):
            assert proof(PRISMA.sums, stored, b"SELECT 1;\r\nSELECT 2;\r\n") is Proof.VERIFIED
            assert proof(PRISMA.sums, stored, b"SELECT 1;\nSELECT 3;\n") is Proof.DIFFERS

    def test_graphile_migrate_hashes_the_body_below_the_hash_before(self) -> None:
        digest = "sha1:" + hashlib.sha1(b"sha1:aa\nSELECT 1;\n").hexdigest()
        text = f"--! Previous: sha1:aa\n--! Hash: {digest}\n\nSELECT 1;\n"
        assert proof(GRAPHILE_MIGRATE.sums, digest, text.encode()) is Proof.VERIFIED
        assert proof(GRAPHILE_MIGRATE.sums, digest, text.replace("aa", "bb", 1).encode()) is Proof.DIFFERS
        edited = text.replace("SELECT 1", "SELECT 2")
        assert proof(GRAPHILE_MIGRATE.sums, digest, edited.encode()) is Proof.DIFFERS
        allowed = edited.replace("\n\n", "\n--! AllowInvalidHash\n\n")
        assert proof(GRAPHILE_MIGRATE.sums, digest, allowed.encode()) is Proof.VERIFIED


def scene(world: World, *deeds: Deed, proofs: Mapping[str, Proof] | None = None) -> Scene:
    standings = {plain_key(s.version): s for s in world.standings() if s.file}
    known = {key: Filed(s.file, key) for key, s in standings.items() if s.file}
    account = Account(DBMATE, "public.schema_migrations", Told(deeds), known, proofs or {})
    return Scene("demo", account, standings, world.book, WHEN)


def did(*versions: str) -> tuple[Deed, ...]:
    times = (WHEN - timedelta(days=number) for number in range(len(versions), 0, -1))
    return tuple(Deed(version, version, at) for version, at in zip(versions, times, strict=True))


def adopted(world: World, *deeds: Deed, accepted: Sequence[str] = ()) -> World:
    takeover = plan_adoption(scene(world, *deeds), accepted)
    assert not takeover.plan.forbidden, takeover.plan.findings
    entries = [entry for step in takeover.plan.steps for entry in step.taken]
    numbered = (replace(entry, id=len(world.entries) + n) for n, entry in enumerate(entries, 1))
    return replace(world, entries=(*world.entries, *numbered))


def refused(world: World, *deeds: Deed, accepted: Sequence[str] = (), **more: Mapping[str, Proof]) -> list[str]:
    plan = plan_adoption(scene(world, *deeds, **more), accepted).plan
    return [finding.rule for finding in plan.findings if finding.severity is Severity.ERROR]


class TestAdoption:
    def test_what_the_tool_applied_is_applied_and_the_rest_pending(self) -> None:
        world = adopted(World(THREE), *did("1", "2"))
        assert world.states() == {"001": "applied", "002": "applied", "003": "pending"}
        assert [entry.applied_at for entry in world.entries] == [deed.at for deed in did("1", "2")]
        assert world.entries[0].record.text.startswith(f"{MARK}dbmate (public.schema_migrations): 1, applied at 2025-")

    def test_without_a_time_it_is_now(self) -> None:
        assert adopted(World(THREE), Deed("1", "1")).entries[0].applied_at == WHEN

    def test_a_file_of_several_parts_has_a_row_for_each(self) -> None:
        world = adopted(World({"001_a": file("CREATE TABLE a ()", "CREATE INDEX", solo=[2])}), *did("1"))
        assert [(e.record.segment, e.record.segments) for e in world.entries] == [(1, 2), (2, 2)]
        assert world.states() == {"001": "applied"}

    def test_all_is_recorded_by_one_step(self) -> None:
        assert len(plan_adoption(scene(World(THREE), *did("1", "2", "3")), ()).plan.steps) == 1

    def test_an_order_of_the_tools_own_is_recorded_truthfully(self) -> None:
        world = adopted(World(THREE), *did("3", "1", "2"))
        assert [(e.record.version, e.record.out_of_order) for e in world.entries] == [
            ("003", False),
            ("001", True),
            ("002", True),
        ]

    def test_a_second_time_only_what_is_new_is_recorded(self) -> None:
        world = adopted(World(THREE), *did("1"))
        again = adopted(world, *did("1", "2"))
        assert [e.record.version for e in again.entries] == ["001", "002"]
        assert plan_adoption(scene(again, *did("1", "2")), ()).plan.steps == ()

    def test_below_a_baseline_nothing_is_missing(self) -> None:
        world = adopted(World(THREE), Deed("2", "2", WHEN, baseline=True))
        assert world.states() == {"001": "baseline", "002": "baseline", "003": "pending"}

    def test_names_with_line_ends_stay_one_comment(self) -> None:
        world = adopted(World(THREE), Deed("1", "1", WHEN, "ada\nDROP TABLE a"))
        assert world.entries[0].record.text.count("\n") == 1

    def test_a_step_in_another_language_needs_no_text(self) -> None:
        world = World(THREE)
        made = scene(world, *did("1"))
        standing = made.standings["1"]
        assert standing.file is not None
        go = replace(standing, file=replace(standing.file, language="Go"), migration=None)
        (step,) = plan_adoption(replace(made, standings={**made.standings, "1": go}), ()).plan.steps
        (entry,) = step.taken
        assert entry.record.checksums.raw == standing.file.raw


class TestDoubts:
    def test_without_any_file_there_is_nothing_to_say_but_that(self) -> None:
        assert refused(World(THREE), *did("7", "8")) == ["adopt-newer", "adopt-newer"]

    def test_what_comes_after_all_files_is_newer_and_what_comes_between_is_gone(self) -> None:
        assert refused(World(THREE), *did("1", "1.5", "2", "9")) == ["adopt-missing", "adopt-newer"]

    def test_what_the_tool_passed_over_is_a_gap(self) -> None:
        assert refused(World(THREE), *did("1", "3")) == ["adopt-gap"]

    @pytest.mark.parametrize(("found", "rule"), [(Proof.DIFFERS, "adopt-edited"), (Proof.UNKNOWN, "adopt-checksum")])
    def test_a_checksum_that_does_not_fit(self, found: Proof, rule: str) -> None:
        assert refused(World(THREE), *did("1"), proofs={"1": found}) == [rule]
        assert refused(World(THREE), *did("1"), proofs={"1": found}, accepted=["001"]) == []
        assert refused(World(THREE), *did("1"), proofs={"1": found}, accepted=["all"]) == []

    def test_accepting_is_for_one_version(self) -> None:
        assert refused(World(THREE), *did("1", "1.5", "3"), accepted=["2"]) == ["adopt-missing"]
        assert refused(World(THREE), *did("1", "1.5", "3"), accepted=["2", "1_5"]) == []

    def test_a_word_that_settles_nothing_is_refused(self) -> None:
        assert refused(World(THREE), *did("1"), accepted=["1"]) == ["adopt-accept"]

    def test_each_says_what_to_do(self) -> None:
        plan = plan_adoption(scene(World(THREE), *did("1", "1.5", "3", "9")), ()).plan
        assert all("--accept" in f.help or "check out" in f.help for f in plan.findings)

    def test_names_and_versions_mean_the_same(self) -> None:
        doubt = Doubt("adopt-gap", "2", "002", "phases/002_b.sql", "…")
        assert all(doubt.answers_to(name) for name in ("2", "002", "phases/002_b.sql", "all"))
        assert not doubt.answers_to("b")


class TestForgetting:
    def forgotten(self, world: World) -> tuple[World | None, list[str]]:
        texts = {entry.id: entry.record.text for entry in world.entries}
        plan = plan_forgetting("demo", world.book, world.entries, texts, datetime(2026, 2, 1, tzinfo=UTC))
        if plan.forbidden:
            return None, [finding.message for finding in plan.findings]
        taken = [entry for step in plan.steps for entry in step.taken]
        numbered = (replace(entry, id=len(world.entries) + n) for n, entry in enumerate(taken, 1))
        return replace(world, entries=(*world.entries, *numbered)), []

    def test_everything_is_pending_again(self) -> None:
        after, _ = self.forgotten(adopted(World(THREE), Deed("1", "1", WHEN, baseline=True), *did("2")))
        assert after is not None
        assert after.states() == {"001": "pending", "002": "pending", "003": "pending"}
        again, _ = self.forgotten(adopted(after, *did("1")))
        assert again is not None
        assert again.states() == {"001": "pending", "002": "pending", "003": "pending"}

    def test_nothing_taken_over_is_nothing_to_forget(self) -> None:
        after, _ = self.forgotten(World(THREE))
        assert after == World(THREE)

    def test_what_platformdb_ran_is_not_forgotten(self) -> None:
        world = adopted(World(THREE), *did("1", "2")).migrated()
        _, said = self.forgotten(world)
        assert said == ["platformdb itself ran 003 c since, so what was taken over cannot be forgotten"]
        back = world.after(world.undone({"003": file("DROP TABLE c")}))
        after, _ = self.forgotten(back)
        assert after is not None
