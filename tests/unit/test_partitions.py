from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platformdb.errors import Refused
from platformdb.partitions.judge import judge
from platformdb.partitions.model import (
    Age,
    Heap,
    Interval,
    Parent,
    Partition,
    Policed,
    Policy,
    Reference,
    Relation,
    Retire,
    World,
    months_later,
)
from platformdb.partitions.periods import Cover, cover, periods
from platformdb.partitions.plan import missing, obstacle, plan_making
from platformdb.partitions.read import read_policies
from platformdb.partitions.retire import children_first, overdue, plan_mending, plan_retiring, references_sql
from platformdb.report.model import Severity
from projects import Project

NOW = datetime(2026, 11, 21, 13, 45, 30, tzinfo=UTC)
MESSAGES = Relation("public", "messages")
SIX_MONTHS = Age(months=6, text="6 months")
ONE_POLICY = '[[partition]]\ntable = "messages"\ninterval = "month"\n'


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def part(name: str, low: str | None, high: str | None, **more: Any) -> Partition:
    return Partition(Relation("public", name), at(low) if low else None, at(high) if high else None, **more)


def month(year: int, number: int) -> Partition:
    start = datetime(year, number, 1, tzinfo=UTC)
    return Partition(Relation("public", f"messages_{start:%Y_%m}"), start, months_later(start, 1))


DEFAULT = part("messages_default", None, None)


def policed(
    *partitions: Partition, heaps: tuple[Heap, ...] = (), default: Partition | None = DEFAULT, **more: Any
) -> Policed:
    given = {key: more.pop(key) for key in ("references", "refers_to", "stray", "taken", "key_type") if key in more}
    parent = Parent(
        MESSAGES,
        "at",
        given.pop("key_type", "timestamp with time zone"),
        ("id", "at"),
        default=default,
        partitions=partitions,
        **given,
    )
    return Policed(Policy("messages", more.pop("interval", Interval.MONTH), **more), parent, heaps)


def world(*tables: Policed, **more: Any) -> World:
    return World(NOW, tables, **more)


class TestInterval:
    @pytest.mark.parametrize(
        ("interval", "start", "following", "suffix"),
        [
            ("hour", "2026-11-21T13:00", "2026-11-21T14:00", "2026_11_21_13"),
            ("day", "2026-11-21", "2026-11-22", "2026_11_21"),
            ("week", "2026-11-16", "2026-11-23", "2026_w47"),
            ("month", "2026-11-01", "2026-12-01", "2026_11"),
            ("quarter", "2026-10-01", "2027-01-01", "2026_q4"),
            ("year", "2026-01-01", "2027-01-01", "2026"),
        ],
    )
    def test_a_period_begins_at_a_round_moment_and_says_so_in_its_name(
        self, interval: str, start: str, following: str, suffix: str
    ) -> None:
        of = Interval(interval)
        assert of.floor(NOW) == at(start)
        assert of.after(at(start)) == at(following)
        assert of.suffix(at(start)) == suffix
        assert of.floor(at(start)) == at(start)

    def test_the_week_of_new_year_is_that_of_its_thursday(self) -> None:
        assert Interval.WEEK.suffix(Interval.WEEK.floor(at("2027-01-01"))) == "2026_w53"

    @pytest.mark.parametrize("interval", Interval)
    def test_names_and_beginnings_of_ten_years_are_all_different(self, interval: Interval) -> None:
        start, seen = interval.floor(at("2020-01-01")), set()
        for _ in range(400):
            seen.add((start, interval.suffix(start)))
            start = interval.after(start)
        assert len({suffix for _, suffix in seen}) == len(seen) == 400

    @pytest.mark.parametrize(("months", "day"), [(1, "2027-02-28"), (13, "2028-02-29"), (-2, "2026-11-30")])
    def test_a_month_that_is_too_short_ends_with_its_last_day(self, months: int, day: str) -> None:
        assert months_later(at("2027-01-31"), months) == at(day)


class TestPeriods:
    def suffixes(self, given: Policed) -> list[str]:
        return [period.suffix for period in periods(given, NOW)]

    def test_from_now_to_the_premade_ones(self) -> None:
        assert self.suffixes(policed(premake=2)) == ["2026_11", "2026_12", "2027_01"]

    def test_from_the_policys_start_even_within_a_period(self) -> None:
        assert self.suffixes(policed(premake=0, start=at("2026-09-17"))) == ["2026_09", "2026_10", "2026_11"]

    def test_from_the_oldest_partition_where_the_policy_says_nothing(self) -> None:
        assert self.suffixes(policed(month(2026, 9), premake=0)) == ["2026_09", "2026_10", "2026_11"]

    def test_never_what_the_retention_would_take_away_at_once(self) -> None:
        given = policed(premake=0, start=at("2020-01-01"), retention=SIX_MONTHS)
        assert self.suffixes(given)[0] == "2026_05"

    def test_nothing_before_a_start_that_is_still_to_come(self) -> None:
        assert self.suffixes(policed(premake=1, start=at("2027-05-01"))) == []

    @pytest.mark.parametrize(
        ("there", "found"),
        [
            ([], Cover.NONE),
            ([("2026-11-01", "2026-12-01")], Cover.WHOLE),
            ([(None, None)], Cover.WHOLE),
            ([("2026-10-01", "2026-11-01"), ("2026-12-01", None)], Cover.NONE),
            ([("2026-11-01", "2026-11-15")], Cover.PART),
            ([("2026-11-15", "2026-12-01")], Cover.PART),
            ([("2026-11-15", "2026-12-01"), (None, "2026-11-15")], Cover.WHOLE),
            ([("2026-11-01", "2026-11-10"), ("2026-11-11", "2026-12-01")], Cover.PART),
        ],
    )
    def test_what_others_hold_of_a_period(self, there: list[tuple[str | None, str | None]], found: Cover) -> None:
        (period,) = periods(policed(premake=0), NOW)
        assert cover([part("p", low, high) for low, high in there], period) is found


class TestMaking:
    def test_a_future_partition_is_made_beside_everybody(self) -> None:
        given = policed(month(2026, 11), premake=1)
        (step,) = plan_making(world(given), given, moving=True)
        create, attach = (statement.sql for statement in step.statements)
        assert create == (
            'CREATE TABLE "public"."messages_2026_12"'
            ' (LIKE "public"."messages" INCLUDING ALL EXCLUDING IDENTITY EXCLUDING COMMENTS)'
        )
        assert attach == (
            'ALTER TABLE "public"."messages" ATTACH PARTITION "public"."messages_2026_12"'
            " FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00')"
        )
        assert step.transactional
        assert step.lock_timeout == "300ms"

    @pytest.mark.parametrize("start", ["2026-11-01", "2026-12-01"])
    def test_where_rows_lie_or_may_arrive_the_parent_is_locked_first_and_they_move(self, start: str) -> None:
        given = policed(premake=1, heaps=(Heap(at(start), 7),), start=at(start))
        step = plan_making(world(given), given, moving=True)[0]
        sql = [statement.sql for statement in step.statements]
        assert sql[0] == 'LOCK TABLE ONLY "public"."messages", "public"."messages_default" IN ACCESS EXCLUSIVE MODE'
        assert sql[2:5:2] == [f"SET LOCAL session_replication_role = {role}" for role in ("replica", "origin")]
        assert sql[3].startswith('WITH moved AS (DELETE FROM "public"."messages_default" WHERE "at" >= ')
        assert "ATTACH PARTITION" in sql[5]
        assert "7 rows" in step.reason

    def test_without_a_default_there_is_nothing_to_move(self) -> None:
        given = policed(default=None, premake=0)
        default, step = plan_making(world(given), given, moving=True)
        assert default.sql.endswith('ATTACH PARTITION "public"."messages_default" DEFAULT')
        assert len(step.statements) == 2

    @pytest.mark.parametrize(
        ("key_type", "literal"),
        [("date", "'2026-11-01'"), ("timestamp without time zone", "'2026-11-01 00:00:00'")],
    )
    def test_bounds_are_of_the_keys_own_type(self, key_type: str, literal: str) -> None:
        given = policed(premake=0, key_type=key_type, default=None)
        assert f"FROM ({literal})" in plan_making(world(given), given, moving=True)[-1].sql

    def test_what_stands_in_the_way_of_one_stops_no_other(self) -> None:
        given = policed(premake=1, taken=frozenset({"messages_2026_11"}))
        here = world(given)
        assert [step.subject for step in plan_making(here, given, moving=True)] == ["public.messages_2026_12"]
        found = [obstacle(here, given, period, moving=True) for period in missing(given, NOW)]
        assert [finding.rule if finding else None for finding in found] == ["partition-name-taken", None]

    def test_beside_migrations_rows_stay_where_they_are(self) -> None:
        given = policed(premake=0, heaps=(Heap(at("2026-11-01"), 7),))
        (period,) = missing(given, NOW)
        finding = obstacle(world(given), given, period, moving=False)
        assert finding is not None
        assert (finding.rule, finding.severity) == ("partition-default-rows", Severity.WARNING)
        assert plan_making(world(given), given, moving=False) == ()


class TestRetiring:
    OLD = (month(2026, 3), month(2026, 4), month(2026, 5), month(2026, 11))

    def test_only_what_lies_wholly_before_the_retention_goes_oldest_first(self) -> None:
        given = policed(*self.OLD, retention=SIX_MONTHS, retire=Retire.DROP)
        assert [p.relation.name for p in overdue(world(given), given)] == ["messages_2026_03", "messages_2026_04"]

    def test_beside_a_default_all_of_it_is_one_transaction(self) -> None:
        given = policed(*self.OLD, retention=SIX_MONTHS, retire=Retire.ARCHIVE, before_retire="SELECT note($1, $2)")
        first, _ = plan_retiring(world(given), given, {})
        assert first.prepare == ()
        (step,) = first.go
        assert [s.sql.split(" ")[0] for s in step.statements] == ["SELECT", "ALTER", "CREATE", "ALTER"]
        assert step.statements[0].parameters == ("2026-03-01T00:00:00+00:00", "2026-04-01T00:00:00+00:00")

    def test_without_a_default_it_is_detached_concurrently_and_marked_before(self) -> None:
        given = policed(*self.OLD, default=None, retention=SIX_MONTHS, retire=Retire.DROP)
        given = Policed(
            Policy("messages", Interval.MONTH, retention=SIX_MONTHS, retire=Retire.DROP, default=False), given.parent
        )
        first, _ = plan_retiring(world(given), given, {self.OLD[0].relation: 12})
        (mark,) = first.prepare
        detach, drop = first.go
        assert (
            mark.sql == 'COMMENT ON TABLE "public"."messages_2026_03" IS \'platformdb: retired from public.messages\''
        )
        assert detach.sql.endswith('DETACH PARTITION "public"."messages_2026_03" CONCURRENTLY')
        assert not detach.transactional
        assert drop.sql == 'DROP TABLE "public"."messages_2026_03"'
        assert drop.reason == "older than 6 months: 12 rows dropped"

    def test_beside_a_default_and_foreign_keys_the_default_stands_aside(self) -> None:
        reference = Reference("fk", Relation("public", "reactions"), ("message", "at"), "at")
        given = policed(*self.OLD, retention=SIX_MONTHS, retire=Retire.DETACH, references=(reference,))
        first, _ = plan_retiring(world(given), given, {})
        assert first.prepare == ()
        assert [(step.subject, step.transactional) for step in first.go] == [
            ("public.messages_default", True),
            ("public.messages_2026_03", False),
            ("public.messages_default", True),
        ]
        ((asked, sql),) = references_sql(given, self.OLD[0])
        assert asked == reference
        assert '"message" IS NOT NULL' in sql
        assert "\"at\" >= '2026-03-01 00:00:00+00' AND \"at\" < '2026-04-01 00:00:00+00'" in sql

    def test_what_an_interrupted_run_began_is_finished_first(self) -> None:
        begun = part("messages_2026_03", "2026-03-01", "2026-04-01", pending=True, marked=True)
        left = Relation("public", "messages_2026_02")
        given = policed(begun, retention=SIX_MONTHS, retire=Retire.DROP, stray=(left,))
        finish, drop, drop_left = plan_mending(world(given), given)
        assert (finish.resumes, finish.transactional) == (True, False)
        assert drop.sql == 'DROP TABLE "public"."messages_2026_03"'
        assert drop_left.sql == 'DROP TABLE "public"."messages_2026_02"'
        assert overdue(world(given), given) == ()

    def test_what_refers_to_others_goes_before_them(self) -> None:
        def table(name: str, *refers_to: str) -> Policed:
            relation = Relation("public", name)
            parent = Parent(relation, "at", "date", (), refers_to=frozenset(Relation("public", n) for n in refers_to))
            return Policed(Policy(name, Interval.DAY), parent)

        given = [table("a", "a"), table("b", "a"), table("c", "b"), table("x", "y"), table("y", "x")]
        assert [p.policy.table for p in children_first(given)] == ["c", "b", "a", "x", "y"]


class TestJudge:
    def rules(self, given: Policed) -> list[str]:
        return [finding.rule for finding in judge(world(given))]

    FINE = tuple(month(2026, number) for number in (10, 11, 12))

    def test_a_table_as_it_should_be_is_no_finding(self) -> None:
        assert self.rules(policed(*self.FINE, premake=1)) == []

    @pytest.mark.parametrize(
        ("given", "rule"),
        [
            (policed(FINE[0], FINE[2], premake=1), "partition-gap"),
            (policed(*FINE, premake=3), "partition-premake"),
            (policed(*FINE, premake=1, default=None), "partition-default-missing"),
            (policed(*FINE, premake=1, heaps=(Heap(at("1999-01-01"), 1),)), "partition-default-strays"),
            (policed(*FINE, premake=1, heaps=(Heap(None, 1),)), "partition-default-strays"),
            (policed(*FINE, premake=1, stray=(Relation("public", "x"),)), "partition-left-over"),
            (policed(*FINE, part("messages_old", None, "2026-10-01"), premake=1), "partition-unusual"),
            (policed(*FINE, part("messages_renamed", "2026-09-01", "2026-10-01"), premake=1), "partition-unusual"),
        ],
    )
    def test_everything_else_is_said(self, given: Policed, rule: str) -> None:
        assert self.rules(given) == [rule]

    def test_rows_that_ensure_would_move_are_told_from_those_that_it_would_not(self) -> None:
        heaps = (Heap(at("2026-12-01"), 3), Heap(at("1999-01-01"), 2))
        found = {
            finding.rule: finding.message for finding in judge(world(policed(*self.FINE[:2], premake=1, heaps=heaps)))
        }
        assert "3 rows" in found["partition-default-rows"]
        assert "2 rows" in found["partition-default-strays"]

    def test_a_gap_of_many_periods_is_one_finding(self) -> None:
        (finding,) = judge(world(policed(month(2026, 1), month(2026, 12), premake=1)))
        assert finding.message == "public.messages has no partition for 2026_02 to 2026_11 (10)"


class TestRead:
    def policies(self, project: Project, text: str) -> tuple[Policy, ...]:
        return read_policies(project.write({"sql/partitions.toml": text}).platform)

    def problems(self, project: Project, text: str) -> str:
        with pytest.raises(Refused, match=r"sql/partitions\.toml is not right") as caught:
            self.policies(project, text)
        return caught.value.detail

    def test_a_policy_has_all_that_the_file_says(self, project: Project) -> None:
        text = (
            '[[partition]]\ntable = "app.messages"\ninterval = "week"\npremake = 5\nfrom = "2025-01-01"\n'
            'retention = "24 months"\nretire = "archive"\nbefore_retire = "SELECT f($1, $2);"\ndefault = false\n'
        )
        assert self.policies(project, text) == (
            Policy(
                "app.messages",
                Interval.WEEK,
                5,
                at("2025-01-01"),
                Age(24, text="24 months"),
                Retire.ARCHIVE,
                "SELECT f($1, $2)",
                default=False,
            ),
        )

    @pytest.mark.parametrize(
        ("text", "age"),
        [("90 days", timedelta(days=90)), ("1 week", timedelta(weeks=1)), ("36 hours", timedelta(hours=36))],
    )
    def test_a_retention_may_be_in_any_unit(self, project: Project, text: str, age: timedelta) -> None:
        (policy,) = self.policies(project, f'{ONE_POLICY}retention = "{text}"\nretire = "drop"\n')
        assert policy.retention is not None
        assert policy.retention.before(NOW) == NOW - age

    @pytest.mark.parametrize(
        "moment", ['"2025-01-01"', "2025-01-01", "2025-01-01T00:00:00Z", '"2025-01-01T02:00:00+02:00"']
    )
    def test_a_start_may_be_written_in_any_way(self, project: Project, moment: str) -> None:
        (policy,) = self.policies(project, f"{ONE_POLICY}from = {moment}\n")
        assert policy.start == at("2025-01-01")

    def test_no_file_has_no_policies(self, project: Project) -> None:
        assert read_policies(project.platform) == ()

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            (f"{ONE_POLICY}premak = 1", "partition 1, premak: Extra inputs are not permitted"),
            (f"{ONE_POLICY}{ONE_POLICY}", "partition 2 (messages): the table has an entry already"),
            ('[[partition]]\ntable = "t"\ninterval = "fortnight"', "partition 1, interval: Input should be 'hour'"),
            ('[[partition]]\ninterval = "day"', "partition 1, table: Field required"),
            ('[[partition]]\ntable = "a.b.c"\ninterval = "day"', "partition 1, table: must be a table's name"),
            (f"{ONE_POLICY}premake = -1", "partition 1, premake: Input should be greater than or equal to 0"),
            (f'{ONE_POLICY}retention = "two years"\nretire = "drop"', 'such as "24 months"'),
            (f'{ONE_POLICY}retention = "0 days"\nretire = "drop"', 'such as "24 months"'),
            (f'{ONE_POLICY}retention = "2 years"', "a retention needs retire = archive, drop or detach"),
            (f'{ONE_POLICY}retire = "drop"', "retire and before_retire need a retention"),
            (
                f'{ONE_POLICY}from = "soon"',
                'from: must be a date from the year 1000 on, such as "2025-01-01"',
            ),
            (f"{ONE_POLICY}from = 7", "partition 1, from: must be a date"),
            (
                f'{ONE_POLICY}from = "0001-01-01T00:00:00+14:00"',
                "from: must be a date from the year 1000",
            ),
            (f'{ONE_POLICY}retention = "999999 years"\nretire = "drop"', "retention: reaches back before the year 1"),
            (f'{ONE_POLICY}retention = "99999999999999 hours"\nretire = "drop"', "retention: reaches back before"),
            (f'{ONE_POLICY}default = "no"', "partition 1, default: Input should be a valid boolean"),
            ("partition = []", "partition: List should have at least 1 item"),
            (
                f'{ONE_POLICY}retention = "1 year"\nretire = "drop"\nbefore_retire = "SELECT 1; SELECT 2"',
                "one statement",
            ),
            (
                f'{ONE_POLICY}retention = "1 year"\nretire = "drop"\nbefore_retire = "SELEC 1"',
                "before_retire: syntax error",
            ),
            (f'[[partition]]\ntable = "{"x" * 60}"\ninterval = "hour"', "the name is too long"),
            ("[[partition]", "Expected"),
            ("", "partition: Field required"),
        ],
    )
    def test_what_is_wrong_is_named_with_its_place(self, project: Project, text: str, problem: str) -> None:
        assert problem in self.problems(project, text)

    def test_all_problems_are_named_at_once(self, project: Project) -> None:
        assert len(self.problems(project, f"{ONE_POLICY}premak = 1\n[[partition]]\ninterval = 1").splitlines()) == 3
