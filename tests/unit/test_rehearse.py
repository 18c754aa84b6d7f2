"""What was heard of a run becomes measurements, and these are held against budgets: no database."""

from __future__ import annotations

import pytest

from platformdb.errors import ConfigError, Place
from platformdb.rehearse.budgets import read_budgets
from platformdb.rehearse.judge import judge
from platformdb.rehearse.measure import Scene, estimate, measure
from platformdb.rehearse.model import BY_MODE, Budget, Guess, Holding, Lock, Measured, Work
from platformdb.rehearse.shown import cases, quiet, summary, tables
from platformdb.rehearse.words import duration, size
from platformdb.report.model import Severity, Statement, Step
from platformdb.report.readings import Glimpsed, Heard, Ran, Reading, Relation, Seen

MB, GB = 1 << 20, 1 << 30
USERS = Relation(20_000, 20_000, "public", "users", "r", 1, bytes=8 * MB)
USERS_PKEY = Relation(20_001, 20_000, "public", "users_pkey", "i", 2)
ORDERS = Relation(20_002, 20_002, "sales", "orders", "r", 3)
SCENE = Scene({each.number: each for each in (USERS, USERS_PKEY, ORDERS)}, {("public", "users"): GB})


def step(*statements: str, transactional: bool = True) -> Step:
    return Step("versioned", "phases/002_x.sql", "", tuple(map(Statement, statements)), transactional=transactional)


def holding(number: int, lock: Lock, relation: Relation | None = None) -> Seen:
    mode = next(mode for mode, each in BY_MODE.items() if each is lock)
    return Seen(number, (mode,), relation or SCENE.relations.get(number))


def after(*seen: Seen, wal: int = 0) -> Reading:
    return Reading(wal, seen)


def changed(relation: Relation, lock: Lock, **changes: int) -> Seen:
    from dataclasses import replace

    return holding(relation.number, lock, replace(relation, **changes))


def one(*heard: Heard) -> Measured:
    (measured,) = measure(heard, SCENE)
    return measured


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        (Lock.ACCESS_EXCLUSIVE, "reads and writes wait"),
        (Lock.EXCLUSIVE, "writes wait"),
        (Lock.SHARE_ROW_EXCLUSIVE, "writes wait"),
        (Lock.SHARE, "writes wait"),
        (Lock.SHARE_UPDATE_EXCLUSIVE, "nothing waits"),
        (Lock.ROW_EXCLUSIVE, "nothing waits"),
        (Lock.ACCESS_SHARE, "nothing waits"),
    ],
)
def test_who_waits_is_what_the_documentation_says_of_the_lock(lock: Lock, said: str) -> None:
    assert lock.waits == said


def test_every_lock_of_the_server_is_known_by_its_name() -> None:
    assert BY_MODE["AccessExclusiveLock"] is Lock.ACCESS_EXCLUSIVE
    assert BY_MODE["ShareRowExclusiveLock"] is Lock.SHARE_ROW_EXCLUSIVE
    assert len(BY_MODE) == 8


def test_a_lock_is_held_from_its_statement_to_the_end_of_the_transaction() -> None:
    read = after(holding(USERS.number, Lock.ACCESS_EXCLUSIVE))
    heard = Heard(step("a", "b"), after(), (Ran(0, 0.1, reading=read), Ran(1, 0.2, reading=read)), (), 0.05)
    first, second = measure([heard], SCENE)
    assert [each.held_ms for each in first.holdings] == [pytest.approx(350)]
    assert second.holdings == ()
    assert second.still == first.holdings[0]


def test_a_stronger_lock_later_is_told_where_it_was_taken() -> None:
    weak, strong = (after(holding(USERS.number, lock)) for lock in (Lock.SHARE, Lock.ACCESS_EXCLUSIVE))
    heard = Heard(step("a", "b"), after(), (Ran(0, 0.1, reading=weak), Ran(1, 0.2, reading=strong)))
    first, second = measure([heard], SCENE)
    assert [each.lock for each in (*first.holdings, *second.holdings)] == [Lock.SHARE, Lock.ACCESS_EXCLUSIVE]


def test_a_lock_on_an_index_is_one_on_its_table() -> None:
    read = after(holding(USERS_PKEY.number, Lock.ACCESS_EXCLUSIVE), holding(USERS.number, Lock.SHARE))
    (held,) = one(Heard(step("a"), after(), (Ran(0, 0.1, reading=read),))).holdings
    assert (held.table, held.lock) == ("users", Lock.ACCESS_EXCLUSIVE)


def test_a_lock_on_a_new_table_keeps_nobody_waiting() -> None:
    new = Relation(30_000, 30_000, "public", "new", "r", 9)
    read = after(Seen(new.number, ("AccessExclusiveLock",), new))
    assert one(Heard(step("a"), after(), (Ran(0, 0.1, reading=read),))).holdings == ()


def test_another_file_is_a_rewrite_unless_the_table_was_emptied() -> None:
    read = after(changed(USERS, Lock.ACCESS_EXCLUSIVE, file=77))
    ran = (Ran(0, 0.1, reading=read),)
    assert one(Heard(step("ALTER TABLE users …"), after(), ran)).work.rewritten == ("users",)
    assert one(Heard(step("-- all of it\nTRUNCATE users"), after(), ran)).work.rewritten == ()


def test_an_index_with_the_file_of_another_was_not_built() -> None:
    index = Relation(30_000, USERS.number, "public", "users_new", "i", 88)
    taken_over = Relation(30_000, USERS.number, "public", "users_new", "i", USERS_PKEY.file)
    for relation, built in ((index, ("users_new",)), (taken_over, ())):
        read = after(Seen(relation.number, ("AccessExclusiveLock",), relation))
        assert one(Heard(step("a"), after(), (Ran(0, 0.1, reading=read),))).work.built == built


def test_counters_tell_of_scans_and_rows_since_the_statement_before() -> None:
    scanned = after(changed(USERS, Lock.ROW_EXCLUSIVE, scans=1, changed=5, inserted=2), wal=300)
    again = after(changed(USERS, Lock.ROW_EXCLUSIVE, scans=1, changed=6, inserted=2), wal=400)
    heard = Heard(step("a", "b"), after(wal=100), (Ran(0, 0.1, reading=scanned), Ran(1, 0.1, reading=again)))
    first, second = measure([heard], SCENE)
    assert (first.work.scanned, first.work.rows, first.work.changed, first.work.wal) == (("users",), 7, 5, 200)
    assert (second.work.scanned, second.work.rows, second.work.wal) == ((), 1, 100)
    assert first.waits == "writes to the same rows wait"


def test_counters_go_on_from_one_step_to_the_next() -> None:
    scanned = after(changed(USERS, Lock.ROW_EXCLUSIVE, scans=1))
    heard = Heard(step("a"), after(), (Ran(0, 0.1, reading=scanned),))
    first, second = measure([heard, heard], SCENE)
    assert (first.work.scanned, second.work.scanned) == (("users",), ())


def test_what_is_outside_transactions_has_the_locks_that_were_seen() -> None:
    heard = Heard(
        step("a", transactional=False),
        after(),
        (Ran(0, 0.5, reading=after()),),
        (Glimpsed(USERS.number, "ShareUpdateExclusiveLock", 0.4), Glimpsed(USERS.number, "AccessShareLock", 0.5)),
    )
    (held,) = one(heard).holdings
    assert (held.lock, held.held_ms) == (Lock.SHARE_UPDATE_EXCLUSIVE, pytest.approx(400))


def test_an_estimate_grows_with_the_tables_that_are_worked_through() -> None:
    guess = estimate(10, [USERS], SCENE)
    assert guess.ms == pytest.approx(1280)
    assert guess.basis == "by size: users has 8.0 MB here, 1.0 GB there"


def test_what_works_through_no_rows_takes_as_long_there() -> None:
    assert estimate(10, [], SCENE) == Guess(10, "works through no rows of the target")


def test_without_rows_to_measure_by_nobody_knows() -> None:
    scene = Scene(SCENE.relations, {("sales", "orders"): GB})
    guess = estimate(10, [ORDERS], scene)
    assert guess.ms is None
    assert guess.basis == "unknown: sales.orders has no rows here, and 1.0 GB there"


def measured(
    lock: Lock = Lock.ACCESS_EXCLUSIVE, ms: float | None = 300, table_bytes: int = 2 * GB, **work: object
) -> Measured:
    guess = Guess(ms, "by size")
    held = Holding("users", lock, 300, guess, table_bytes)
    return Measured("002_x.sql", "ALTER …", Place("002_x.sql", 3), Work(300, **work), guess, (held,), ("users",))  # type: ignore[arg-type]


SIZES = {"users": 2 * GB}


@pytest.mark.parametrize(
    ("budget", "passed"),
    [
        (Budget(lock=Lock.ACCESS_EXCLUSIVE, tables_over=GB, held=200), True),
        (Budget(lock=Lock.ACCESS_EXCLUSIVE, tables_over=GB, held=400), False),
        (Budget(lock=Lock.ACCESS_EXCLUSIVE, tables_over=3 * GB, held=200), False),
        (Budget(lock=Lock.SHARE), True),
        (Budget(takes=200), True),
        (Budget(takes=400), False),
        (Budget(takes=200, tables_over=3 * GB), False),
        (Budget(rewrites=0), True),
        (Budget(rewrites=2), False),
        (Budget(wal=MB), True),
        (Budget(wal=GB), False),
    ],
)
def test_a_budget_is_passed_where_all_that_it_says_is_true(budget: Budget, passed: bool) -> None:
    findings = judge([measured(rewritten=("users",), wal=2 * MB)], [budget], SIZES)
    assert bool(findings) == passed
    assert all(finding.severity is Severity.ERROR for finding in findings)


def test_a_weaker_lock_passes_no_budget_for_a_stronger_one() -> None:
    assert judge([measured(Lock.SHARE)], [Budget(lock=Lock.ACCESS_EXCLUSIVE)], SIZES) == ()


def test_what_nobody_knows_is_a_warning() -> None:
    (finding,) = judge([measured(ms=None)], [Budget(lock=Lock.ACCESS_EXCLUSIVE, held=200)], SIZES)
    assert (finding.rule, finding.severity) == ("rehearse-unknown", Severity.WARNING)
    assert "--data" in finding.help


def test_a_passed_budget_says_what_where_and_what_takes_less() -> None:
    (finding,) = judge([measured(rewritten=("users",))], [Budget(Lock.ACCESS_EXCLUSIVE, GB, 200)], SIZES)
    assert finding.message == (
        "002_x.sql: holds ACCESS EXCLUSIVE on users for an estimated 300 ms, reads and writes wait;"
        " the budget is 200 ms on tables over 1.0 GB"
    )
    assert finding.place == Place("002_x.sql", 3)
    assert "fill it in batches" in finding.help


def test_budgets_are_read_as_they_are_written() -> None:
    written = {"lock": "access  exclusive", "tables_over": "1GB", "held": "200ms", "rewrites": 0, "wal": "16 MB"}
    (budget,) = read_budgets({"budget": [written]})
    assert budget == Budget(Lock.ACCESS_EXCLUSIVE, GB, 200, None, 0, 16 * MB)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"budgets": []}, "[rehearse]: unknown key 'budgets' (known: budget)"),
        ({"budget": {}}, "[rehearse]: budget must be a list of tables"),
        ({"budget": [{"lock": "share", "hold": 1}]}, "[[rehearse.budget]] 1: unknown key 'hold' (known: lock,"),
        ({"budget": [{"lock": "exclusiv"}]}, "lock: 'exclusiv' is no lock of PostgreSQL's: access share, row share"),
        ({"budget": [{"lock": "share", "tables_over": "1 GiB"}]}, "tables_over: '1 GiB' is not a size"),
        ({"budget": [{"tables_over": "1GB"}]}, "says nothing that could be too much"),
        ({"budget": [{"takes": "1s", "held": "1s"}]}, "held is about a lock"),
    ],
)
def test_a_wrong_budget_is_refused_with_its_name(table: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_budgets(table)
    assert said in refused.value.message


def test_a_table_is_shown_for_each_migration_that_somebody_waits_for() -> None:
    calm = Measured("001_a.sql", "CREATE …", None, Work(1), Guess(1, ""))
    shown = tables([calm, measured()])
    assert [table.title for table in shown] == ["002_x.sql: reads and writes wait for up to 300 ms (estimate)"]
    assert shown[0].notable == (0,)
    assert quiet([calm, measured()]) == 1
    assert summary([calm, measured()], "a copy") == (
        "rehearsed 2 migrations, 2 statements, on a copy; reads and writes wait for up to 300 ms (estimate)"
    )


def test_of_many_statements_those_are_shown_that_matter_or_take_long() -> None:
    quick, slow = (
        Measured("002_x.sql", sql, None, Work(ms), Guess(ms, "")) for sql, ms in (("QUICK", 1), ("SLOW", 90))
    )
    (table,) = tables([measured(rewritten=("a", "b", "c", "d")), *[quick] * 5, slow])
    assert [row[0] for row in table.rows] == ["3: ALTER …", "SLOW"]
    assert table.title.endswith("; 5 other statements not shown")
    assert table.rows[0][2] == "rewrites a and 3 more"
    assert table.notable == (0,)


def test_each_migration_is_a_case_that_fails_with_its_budgets() -> None:
    calm = Measured("001_a.sql", "CREATE …", None, Work(1), Guess(1, ""))
    findings = judge([measured()], [Budget(lock=Lock.SHARE)], SIZES)
    first, second = cases([calm, measured()], findings, "rehearsal")
    assert (first.name, first.findings) == ("001_a.sql", ())
    assert second.findings == findings


@pytest.mark.parametrize(
    ("ms", "said"), [(0.44, "0.4 ms"), (12.3, "12 ms"), (3400, "3.4 s"), (90_000, "90 s"), (600_000, "10 min")]
)
def test_times_are_said_as_people_read_them(ms: float, said: str) -> None:
    assert duration(ms) == said


@pytest.mark.parametrize(("number", "said"), [(0, "0 bytes"), (8192, "8.0 kB"), (12 * MB, "12 MB"), (GB, "1.0 GB")])
def test_sizes_are_said_as_people_read_them(number: int, said: str) -> None:
    assert size(number) == said
