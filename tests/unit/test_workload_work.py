"""Work as numbers: what lies between two readings of the server's counters, and the least of several runs."""

from __future__ import annotations

from platformdb.workload.model import Touched, Work
from platformdb.workload.personas import choosing
from platformdb.workload.plan_tree import PlanNode, with_times
from platformdb.workload.run import least_of, touched_between, work_of


def test_only_what_lies_between_two_readings_counts() -> None:
    before = {"public.posts": (5, 7, 1, 9), "public.idle": (3, 3, 3, 3)}
    after = {"public.posts": (5, 27, 1, 13), "public.idle": (3, 3, 3, 3), "public.users": (100, 0, 1, 2)}
    assert touched_between(before, after) == (
        Touched("public.posts", indexed=20, blocks=4),
        Touched("public.users", sequential=100, scans=1, blocks=2),
    )


def test_the_work_of_a_run_is_that_of_the_whole_plan_and_of_all_tables() -> None:
    scan = PlanNode("Index Only Scan", buffers=4, actual=20, removed=3, heap_fetches=2)
    plan = PlanNode("Limit", buffers=5, temp=1, wal_records=6, actual=10, removed=1, parts=(scan,))
    tables = (Touched("a", sequential=7, indexed=1), Touched("b", indexed=5))
    assert work_of(plan, tables) == Work(5, 13, 4, 10, 2, 1, 6, tables)


def test_of_several_runs_the_least_of_each_number_counts() -> None:
    first = Work(buffers=10, touched=5, tables=(Touched("a", blocks=10), Touched("b", blocks=1)))
    second = Work(buffers=8, touched=6, tables=(Touched("a", blocks=8, indexed=1),))
    assert least_of([first, second]) == Work(
        buffers=8, touched=5, tables=(Touched("a", blocks=8, indexed=0), Touched("b", blocks=0))
    )


def test_a_plan_gets_the_times_of_a_run_that_went_the_same_way() -> None:
    plan = PlanNode("Limit", buffers=5, parts=(PlanNode("Seq Scan", buffers=5),))
    timed = PlanNode("Limit", self_ms=0.5, parts=(PlanNode("Seq Scan", self_ms=2.0),))
    assert [node.self_ms for node in with_times(plan, timed).walk()] == [0.5, 2.0]
    assert with_times(plan, timed).buffers == 5


def test_a_plan_gets_no_times_of_a_run_that_went_another_way() -> None:
    plan = PlanNode("Limit", parts=(PlanNode("Seq Scan"),))
    assert with_times(plan, PlanNode("Limit", self_ms=1.0)) == plan


def test_the_choice_names_the_populations_columns_in_order() -> None:
    text = choosing("SELECT 1, 2, 3, now()", ("a", "b", "weight", "since"))
    assert "AS everybody (p1, p2, weight, since)" in text
    assert "SELECT name, weight, p1, p2 FROM chosen" in text


def test_a_population_without_dates_has_no_newcomer() -> None:
    assert "NULL::timestamptz AS since" in choosing("SELECT 1, 2", ("a", "weight"))
