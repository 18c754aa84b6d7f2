"""What each function of the shared job queue promises."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from psycopg import errors

from catalog import relations, run, until
from platformdb.migrations.outlook import Options
from platformdb.migrations.run import down
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent
from projects import Project
from queues import Job, call, claim, enqueue, migrate_queue
from rows import count, value, values
from servers import Server
from together import held_up

SPENT = "UPDATE jobs SET leased_until = now() - interval '1 s' WHERE leased_until > now()"


@pytest.fixture(scope="module")
def database(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Target:
    server.execute("CREATE DATABASE jobs_shared")
    return migrate_queue(Project(tmp_path_factory.mktemp("jobs")), server.database("jobs_shared"))


@pytest.fixture
def queue(database: Target) -> Target:
    """A database with the empty queue ``email``, one for all tests of this file."""
    run(database, "TRUNCATE job_queues, jobs, job_keys, dead_jobs, done_jobs RESTART IDENTITY")
    run(database, "INSERT INTO job_queues (name) VALUES ('email')")
    return database


@pytest.fixture
def conn(queue: Target) -> Iterator[Connection]:
    with connect(queue) as connection:
        yield connection


@pytest.fixture
def other(queue: Target) -> Iterator[Connection]:
    with connect(queue) as connection:
        yield connection


def ids(jobs: list[Job]) -> list[int]:
    return [job.id for job in jobs]


def complete(conn: Connection, jobs: list[Job], *more: object) -> object:
    return call(conn, "complete_jobs", jobs[0].claim, ids(jobs), *more)


def fail(conn: Connection, job: Job, *more: object) -> list[tuple[object, ...]]:
    places = "".join(", %s" for _ in more)
    return values(conn, f"SELECT * FROM fail_jobs(%s, %s, %s{places})", job.claim, [job.id], ["no route"], *more)


# Enqueueing


def test_ids_come_in_the_order_of_the_payloads(conn):
    numbers = [{"n": n} for n in range(200)]
    made = enqueue(conn, *numbers)
    assert [payload for _, payload in sorted(values(conn, "SELECT id, payload FROM jobs"))] == numbers
    assert made == sorted(made)


def test_a_job_takes_its_rules_from_the_queue_unless_it_has_its_own(conn):
    conn.execute("UPDATE job_queues SET max_attempts = 3")
    enqueue(conn, {}, {}, priorities=[None, 0], run_ats=[None, datetime(2030, 1, 1, tzinfo=UTC)])
    enqueue(conn, {}, max_attempts=7)
    found = values(conn, "SELECT priority, max_attempts, run_at <= clock_timestamp() FROM jobs ORDER BY id")
    assert found == [(5, 3, True), (0, 3, False), (5, 7, True)]


def test_no_payloads_make_no_jobs(conn):
    assert enqueue(conn) == []


CALLS = """
enqueue_job('emial')
enqueue_jobs('emial', '{"{}"}', '{k}')
claim_jobs('emial', 'w')
pause_queue('emial')
resume_queue(NULL)
"""


@pytest.mark.parametrize("statement", CALLS.strip().splitlines())
def test_an_unknown_queue_is_refused_by_name(conn, statement):
    with pytest.raises(errors.ForeignKeyViolation, match=r"there is no queue ('emial'|null)") as refused:
        conn.execute(f"SELECT {statement}".encode())
    assert refused.value.diag.constraint_name == "jobs_queue_id_fkey"
    assert "INSERT INTO job_queues" in refused.value.diag.message_hint


# Idempotency keys


def test_a_known_key_gives_the_first_job_and_does_nothing(conn):
    (first,) = enqueue(conn, {"n": 1}, keys=["welcome-7"])
    assert enqueue(conn, {"n": 2}, keys=["welcome-7"]) == [first]
    assert values(conn, "SELECT id, payload FROM jobs") == [(first, {"n": 1})]


def test_a_key_holds_when_its_job_is_done(conn):
    (first,) = enqueue(conn, {}, keys=["k"])
    complete(conn, claim(conn))
    assert (enqueue(conn, {}, keys=["k"]), count(conn, "jobs")) == ([first], 0)


def test_a_key_twice_in_one_batch_is_one_job(conn):
    one, two, three, none = enqueue(conn, {}, {}, {}, {}, keys=["a", "b", "a", None])
    assert (one == three, count(conn, "jobs"), len({one, two, none})) == (True, 3, 3)


def test_queues_have_keys_of_their_own(conn):
    conn.execute("INSERT INTO job_queues (name) VALUES ('publishing')")
    assert enqueue(conn, {}, keys=["k"]) != enqueue(conn, {}, keys=["k"], queue="publishing")


def test_a_second_enqueuer_waits_for_the_first_and_gets_its_job(conn, queue):
    conn.execute("BEGIN")
    (first,) = enqueue(conn, {}, keys=["k"])
    with held_up(queue, conn, lambda own: enqueue(own, {}, {}, keys=["k", "z"])) as second:
        conn.execute("COMMIT")
        assert second.result()[0] == first
    assert count(conn, "jobs") == 2


def test_a_second_enqueuer_takes_over_when_the_first_rolls_back(conn, queue):
    conn.execute("BEGIN")
    enqueue(conn, {"n": 1}, keys=["k"])
    with held_up(queue, conn, lambda own: enqueue(own, {"n": 2}, keys=["k"])) as second:
        conn.execute("ROLLBACK")
        (made,) = second.result()
    assert values(conn, "SELECT id, payload FROM jobs") == [(made, {"n": 2})]


# Claiming


def test_the_most_urgent_come_first_then_those_due_longest_then_those_enqueued_first(conn):
    ago = [datetime.now(UTC) - timedelta(minutes=minutes) for minutes in (1, 3, 2, 2, 9)]
    urgent_new, normal_old, normal, normal_too, late = enqueue(conn, *[{}] * 5, priorities=[0, 5, 5, 5, 9], run_ats=ago)
    order = [urgent_new, normal_old, normal, normal_too, late]
    assert ids(claim(conn, 3)) + ids(claim(conn)) + ids(claim(conn, 9)) == order


def test_a_batch_is_one_claim_with_a_lease(conn):
    enqueue(conn, {"to": "a"}, {"to": "b"}, {"to": "c"})
    first = claim(conn, 2, worker="w1", lease="10 min")
    (third,) = claim(conn, 2, worker="w2")
    assert [job.payload for job in first] == [{"to": "a"}, {"to": "b"}]
    assert ({job.claim for job in first} == {first[0].claim}, third.claim != first[0].claim) == (True, True)
    assert all(job.leased_until > datetime.now(UTC) + timedelta(minutes=9) for job in first)
    assert values(conn, "SELECT worker, attempt FROM jobs ORDER BY id") == [("w1", 1), ("w1", 1), ("w2", 1)]


def test_a_job_is_not_claimed_before_its_time(conn):
    enqueue(conn, {}, run_ats=[datetime.now(UTC) + timedelta(hours=1)])
    assert claim(conn) == []
    conn.execute("UPDATE jobs SET run_at = clock_timestamp()")
    assert len(claim(conn)) == 1


def test_what_another_is_claiming_is_skipped_and_not_waited_for(conn, other):
    made = enqueue(conn, {}, {}, {})
    other.execute("SET lock_timeout = '5s'")
    with conn.transaction():
        assert ids(claim(conn, 2)) == made[:2]
        assert ids(claim(other, 2)) == made[2:]


def test_a_claim_that_is_rolled_back_gives_its_jobs_back(conn, other):
    made = enqueue(conn, {}, {})
    with conn.transaction(force_rollback=True):
        claim(conn, 2)
    assert ids(claim(other, 2)) == made


@pytest.mark.parametrize("batch", [0, -1, None])
def test_a_batch_is_at_least_one_job(conn, batch):
    with pytest.raises(errors.InvalidParameterValue, match="batch must be above 0"):
        claim(conn, batch)


def test_a_clock_that_is_put_back_hides_no_job(conn):
    enqueue(conn, {})
    claim(conn)
    (memory,) = values(conn, "SELECT format('jobs.queue_%s_%s', tableoid, id) FROM job_queues")[0]
    marks = conn.execute("SELECT current_setting(%s)", (memory,)).fetchall()[0][0].partition("/")[2]
    conn.execute("SELECT set_config(%s, now() + interval '1 h' || '/' || %s, FALSE)", (memory, marks))
    conn.execute(SPENT)
    assert len(claim(conn)) == 1


def test_claims_move_hardly_any_index_entry(conn):
    enqueue(conn, *[{"to": f"user{n}@example.com"} for n in range(1000)])
    with conn.transaction():
        claim(conn, 900)
        updated = "SELECT pg_stat_get_xact_tuples_updated(t), pg_stat_get_xact_tuples_hot_updated(t)"
        ((all_of_them, in_place),) = values(conn, f"{updated} FROM (VALUES ('jobs'::regclass)) AS one (t)")
    assert (all_of_them, in_place > 0.9 * all_of_them) == (900, True)


@pytest.mark.parametrize("priority", [0, 5])
def test_what_was_done_does_not_slow_claims_down_while_an_old_transaction_keeps_vacuum_off(
    conn, other, queue, priority
):
    other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
    for _ in range(10):
        enqueue(conn, *[{}] * 2000, priorities=[priority] * 2000)
        complete(conn, claim(conn, 2000))
    read = "SELECT pg_stat_get_xact_tuples_returned('jobs_claim_order'::regclass)"

    def entries_read(worker: Connection) -> int:
        with worker.transaction():
            made = enqueue(worker, {})
            before = value(worker, read)
            assert ids(claim(worker)) == made
            return value(worker, read) - before

    with connect(queue) as worker:
        assert entries_read(worker) > 20_000
        # Now and then one looks from the start again; most do not.
        assert statistics.median(entries_read(worker) for _ in range(41)) < 100


def test_plans_made_while_the_table_was_empty_serve_a_full_one(conn):
    def use(number: int, one: int, two: int, three: int) -> None:
        call(conn, "heartbeat_jobs", number, [one, two, three])
        call(conn, "complete_jobs", number, [one], False)
        conn.execute("SELECT fail_jobs(%s, %s)", (number, [two]))
        call(conn, "release_jobs", number, [three])
        call(conn, "cancel_jobs", [three])
        enqueue(conn, {}, keys=["first"])

    conn.execute("VACUUM (ANALYZE) jobs, job_keys")
    for _ in range(3):
        use(0, 0, 0, 0)
    enqueue(conn, *[{}] * 3000, keys=[str(n) for n in range(3000)])
    jobs = claim(conn, 3)
    read = (
        "SELECT sum(pg_stat_get_xact_tuples_returned(oid)) FROM pg_class WHERE relname ~ '^jobs?_' OR relname = 'jobs'"
    )
    with conn.transaction():
        before = value(conn, read)
        use(jobs[0].claim, *ids(jobs))
        assert value(conn, read) - before < 100


def test_no_function_compiles_its_plans(conn):
    """Turning sequential scans off makes plans look expensive enough for JIT, which would take 80 ms for each call."""
    settings = values(conn, "SELECT proname, proconfig FROM pg_proc WHERE 'enable_seqscan=off' = ANY (proconfig)")
    assert settings != []
    assert [name for name, config in settings if "jit=off" not in config] == []


def test_the_least_urgent_job_has_its_turn_however_many_urgent_ones_there_are(conn):
    enqueue(conn, {"late": True}, priorities=[9], run_ats=[datetime.now(UTC) - timedelta(hours=1)])

    def late_is_served() -> bool:
        enqueue(conn, {}, {}, priorities=[0, 0])
        return claim(conn)[0].payload != {}

    until(late_is_served)


def test_within_the_queues_patience_urgency_is_all(conn):
    conn.execute("UPDATE job_queues SET patience = '2 hours'")
    enqueue(conn, {"late": True}, priorities=[9], run_ats=[datetime.now(UTC) - timedelta(hours=1)])
    enqueue(conn, *[{}] * 200, priorities=[0] * 200)
    assert all(claim(conn)[0].payload == {} for _ in range(200))


# Leases


def test_another_takes_over_when_the_lease_ends(conn, other):
    (made,) = enqueue(conn, {})
    (lost,) = claim(conn, lease="1 ms")
    until(lambda: claim(other, worker="w2"))
    assert values(conn, "SELECT id, attempt, worker FROM jobs") == [(made, 2, "w2")]
    assert lost.attempt == 1


def test_who_lost_a_job_can_neither_complete_it_nor_fail_it_nor_hold_on_to_it(conn, other):
    enqueue(conn, {}, {})
    lost = claim(conn, 2)
    conn.execute(SPENT)
    taken = claim(other, 2)
    with pytest.raises(errors.ObjectNotInPrerequisiteState, match="has lost jobs") as refused:
        complete(conn, lost)
    assert refused.value.diag.constraint_name == "jobs_claim_held"
    assert complete(conn, lost, False) == []
    assert fail(conn, lost[0]) == []
    assert call(conn, "heartbeat_jobs", lost[0].claim, ids(lost)) == []
    assert call(conn, "release_jobs", lost[0].claim, ids(lost)) == []
    assert sorted(complete(other, taken)) == ids(taken)


def test_effects_of_who_lost_a_job_are_rolled_back(conn, other):
    enqueue(conn, {})
    lost = claim(conn)
    conn.execute(SPENT)
    claim(other)
    conn.execute("BEGIN; INSERT INTO job_queues (name) VALUES ('effect')")
    with pytest.raises(errors.ObjectNotInPrerequisiteState):
        complete(conn, lost)
    conn.execute("COMMIT")
    assert count(conn, "job_queues", name="effect") == 0


def test_a_job_that_is_named_twice_is_completed_once(conn):
    enqueue(conn, {})
    (job,) = claim(conn)
    assert call(conn, "complete_jobs", job.claim, [job.id, job.id]) == [job.id]


def test_a_late_worker_may_still_complete_what_nobody_took_over(conn):
    enqueue(conn, {})
    late = claim(conn)
    conn.execute(SPENT)
    assert complete(conn, late) == ids(late)


def test_a_heartbeat_extends_the_lease(conn, other):
    enqueue(conn, {})
    jobs = claim(conn)
    conn.execute(SPENT)
    assert call(conn, "heartbeat_jobs", jobs[0].claim, ids(jobs)) == ids(jobs)
    assert claim(other) == []
    assert call(conn, "heartbeat_jobs", jobs[0].claim, ids(jobs), "1 hour") == ids(jobs)
    assert value(conn, "SELECT leased_until > now() + interval '59 min' FROM jobs")


def test_a_job_whose_worker_dies_in_its_last_attempt_is_a_dead_letter(conn, other):
    enqueue(conn, {"n": 1}, max_attempts=1)
    enqueue(conn, {"n": 2})
    claim(conn)
    conn.execute(SPENT)
    assert [job.payload for job in claim(other, 2)] == [{"n": 2}]
    assert values(conn, "SELECT payload, error FROM dead_jobs") == [({"n": 1}, "the lease ended in the last attempt")]


def test_a_batch_of_nothing_but_spent_jobs_is_empty_and_buries_them(conn, other):
    enqueue(conn, {}, max_attempts=1)
    claim(conn)
    conn.execute(SPENT)
    assert claim(other) == []
    assert (count(conn, "jobs"), count(conn, "dead_jobs")) == (0, 1)


def test_jobs_given_back_lose_no_attempt(conn, other):
    made = enqueue(conn, {}, {})
    jobs = claim(conn, 2)
    assert sorted(call(conn, "release_jobs", jobs[0].claim, ids(jobs))) == made
    assert [job.attempt for job in claim(other, 2)] == [1, 1]


def test_a_dead_workers_jobs_are_free_at_once(conn, other):
    made = enqueue(conn, {}, {}, {})
    claim(conn, 2, worker="gone")
    claim(conn, 1, worker="alive")
    assert call(conn, "release_worker", "gone") == 2
    assert [(job.id, job.attempt) for job in claim(other, 3)] == [(made[0], 2), (made[1], 2)]


# Failures


def test_the_wait_doubles_up_to_the_cap_and_half_of_it_is_luck(conn):
    waits = "SELECT job_backoff(n, '10 s', '1 h', %s) FROM unnest('{1,2,3,9,10,32000}'::int[]) AS n"
    longest = [10, 20, 40, 2560, 3600, 3600]
    assert [wait.total_seconds() for (wait,) in values(conn, waits, 1.0)] == longest
    assert [wait.total_seconds() for (wait,) in values(conn, waits, 0.0)] == [seconds / 2 for seconds in longest]


def test_a_failed_job_is_tried_again_later_with_its_error_kept(conn):
    enqueue(conn, {})
    (job,) = claim(conn)
    ((failed, retry_at),) = fail(conn, job)
    wait = retry_at - datetime.now(UTC)
    assert (failed, timedelta(seconds=4) < wait <= timedelta(seconds=10)) == (job.id, True)
    assert values(conn, "SELECT attempt, error, worker FROM jobs") == [(1, "no route", None)]
    assert claim(conn) == []


def test_a_worker_may_say_when_to_try_again(conn):
    enqueue(conn, {})
    (job,) = claim(conn)
    fail(conn, job, True, timedelta(0))
    (again,) = claim(conn)
    assert (again.id, again.attempt) == (job.id, 2)


def test_after_the_last_attempt_a_job_is_a_dead_letter(conn):
    enqueue(conn, {"n": 1}, priorities=[3], max_attempts=2)
    fail(conn, claim(conn)[0], True, timedelta(0))
    (job,) = claim(conn)
    assert fail(conn, job) == [(job.id, None)]
    assert count(conn, "jobs") == 0
    dead = values(conn, "SELECT id, priority, attempt, max_attempts, payload, error FROM dead_jobs")
    assert dead == [(job.id, 3, 2, 2, {"n": 1}, "no route")]


def test_what_cannot_succeed_is_not_tried_again(conn):
    enqueue(conn, {})
    (job,) = claim(conn)
    assert fail(conn, job, False) == [(job.id, None)]
    assert count(conn, "dead_jobs", attempt=1) == 1


def test_a_failure_without_a_word_is_an_unknown_error(conn):
    enqueue(conn, {}, {}, max_attempts=1)
    enqueue(conn, {})
    jobs = claim(conn, 3)
    conn.execute("SELECT fail_jobs(%s, %s)", (jobs[0].claim, ids(jobs)))
    said = "SELECT error FROM jobs UNION ALL SELECT error FROM dead_jobs"
    assert values(conn, said) == [("unknown error",)] * 3


def test_a_dead_letter_goes_back_with_all_its_attempts(conn):
    (made,) = enqueue(conn, {"n": 1}, keys=["k"], max_attempts=1)
    fail(conn, claim(conn)[0])
    assert call(conn, "retry_dead_jobs", [made, 99]) == [made]
    (job,) = claim(conn)
    assert (job.id, job.attempt, job.payload) == (made, 1, {"n": 1})
    assert (complete(conn, [job]), count(conn, "dead_jobs")) == ([made], 0)


# Cancelling, completing, keeping


def test_a_cancelled_job_is_gone_and_its_key_is_free(conn):
    first, second = enqueue(conn, {}, {}, keys=["k", "z"])
    assert call(conn, "cancel_jobs", [first, 99]) == [first]
    assert ids(claim(conn, 2)) == [second]
    assert enqueue(conn, {}, keys=["k"]) != [first]


def test_a_job_can_be_cancelled_while_it_is_done(conn):
    enqueue(conn, {})
    jobs = claim(conn)
    call(conn, "cancel_jobs", ids(jobs))
    assert call(conn, "heartbeat_jobs", jobs[0].claim, ids(jobs)) == []
    with pytest.raises(errors.ObjectNotInPrerequisiteState):
        complete(conn, jobs)


def test_done_jobs_leave_no_row_unless_the_queue_keeps_them(conn):
    enqueue(conn, {"n": 1})
    complete(conn, claim(conn))
    conn.execute("UPDATE job_queues SET keep_done = '1 day'")
    enqueue(conn, {"n": 2})
    complete(conn, claim(conn, worker="w2"))
    assert values(conn, "SELECT payload, worker, attempt FROM done_jobs") == [({"n": 2}, "w2", 1)]


def test_the_purge_takes_what_was_kept_long_enough_and_nothing_else(conn):
    conn.execute("UPDATE job_queues SET keep_done = '1 day'")
    enqueue(conn, *[{}] * 25, keys=[f"old{n}" for n in range(25)])
    complete(conn, claim(conn, 25))
    later = datetime.now(UTC) + timedelta(hours=1)
    enqueue(conn, {}, {}, keys=["dead", "waiting"], run_ats=[None, later])
    fail(conn, claim(conn)[0], False)
    conn.execute("UPDATE done_jobs SET done_at = now() - interval '2 days'")
    conn.execute("UPDATE job_keys SET created_at = now() - interval '8 days'")
    enqueue(conn, {}, keys=["new"])
    complete(conn, claim(conn))
    assert values(conn, "CALL purge_jobs(10)") == [(25 + 25,)]
    assert values(conn, "SELECT key FROM job_keys ORDER BY key") == [("dead",), ("new",), ("waiting",)]
    assert count(conn, "done_jobs") == 1


@pytest.mark.parametrize("batch_size", ["0", "-1", "NULL"])
def test_the_purge_refuses_a_batch_of_nothing_for_it_would_never_end(conn, batch_size):
    with pytest.raises(errors.InvalidParameterValue, match="batch_size"):
        conn.execute(f"CALL purge_jobs({batch_size})".encode())


# Pausing, draining, removing


def test_a_paused_queue_gives_nothing_until_it_is_resumed(conn, other):
    enqueue(conn, {})
    call(conn, "pause_queue", "email")
    enqueue(conn, {})
    assert claim(other, 2) == []
    call(conn, "resume_queue", "email")
    assert len(claim(other, 2)) == 2


def test_a_claim_under_way_when_the_queue_is_paused_gives_nothing(conn, other, queue):
    enqueue(conn, {})
    conn.execute("BEGIN; LOCK TABLE jobs IN EXCLUSIVE MODE")
    with held_up(queue, conn, claim) as late:
        call(other, "pause_queue", "email")
        conn.execute("COMMIT")
        assert late.result() == []


def test_draining_ends_when_the_last_job_in_flight_is_done(conn, other, queue):
    enqueue(conn, {}, {})
    jobs = claim(conn)
    drained: list[object] = []
    thread = threading.Thread(target=lambda: drained.extend(other.execute("CALL drain_queue('email')").fetchall()))
    thread.start()
    until(lambda: value(conn, "SELECT paused_at IS NOT NULL FROM job_queues"))
    assert (claim(conn), drained) == ([], [])
    complete(conn, jobs)
    thread.join(20)
    assert (drained, count(conn, "jobs")) == ([(0,)], 1)


def test_draining_waits_for_a_claim_that_is_not_committed_yet(conn, other):
    enqueue(conn, {})
    with conn.transaction():
        jobs = claim(conn)
        assert other.execute("CALL drain_queue('email', '0.2 s')").fetchall() == [(1,)]
    assert other.execute("CALL drain_queue('email', '0.2 s')").fetchall() == [(1,)]
    complete(conn, jobs)
    assert other.execute("CALL drain_queue('email')").fetchall() == [(0,)]


def test_draining_does_not_wait_for_those_who_only_enqueue_or_complete(conn, other):
    enqueue(conn, {})
    jobs = claim(conn)
    with conn.transaction():
        complete(conn, jobs)
        enqueue(conn, {})
        assert other.execute("CALL drain_queue('email', '0.1 s')").fetchall() == [(1,)]  # the job being completed
    with conn.transaction():
        enqueue(conn, {})
        assert other.execute("CALL drain_queue('email')").fetchall() == [(0,)]


def test_a_queue_that_has_jobs_is_not_deleted(conn):
    enqueue(conn, {}, keys=["k"])
    with pytest.raises(errors.ForeignKeyViolation, match="queue 'email' still has jobs") as refused:
        conn.execute("DELETE FROM job_queues")
    assert refused.value.diag.constraint_name == "jobs_queue_id_fkey"
    complete(conn, claim(conn))
    conn.execute("DELETE FROM job_queues")
    assert count(conn, "job_keys") == 0


def test_who_enqueues_while_the_queue_is_deleted_is_told(conn, queue):
    conn.execute("BEGIN; DELETE FROM job_queues")
    with held_up(queue, conn, lambda own: enqueue(own, {})) as second:
        conn.execute("COMMIT")
        assert isinstance(second.exception(), errors.ForeignKeyViolation)


# Waking up, health


def test_enqueueing_wakes_listeners_once_per_transaction_where_the_queue_says_so(conn, other):
    conn.execute("INSERT INTO job_queues (name) VALUES ('silent')")
    conn.execute("UPDATE job_queues SET wake = TRUE WHERE name = 'email'")
    other.execute("LISTEN jobs")
    enqueue(conn, {}, queue="silent")
    with conn.transaction():
        enqueue(conn, {}, {})
        enqueue(conn, {}, keys=["k"])
    call(conn, "pause_queue", "email")
    call(conn, "resume_queue", "email")
    said = [(told.channel, told.payload) for told in other.notifies(timeout=5, stop_after=2)]
    assert said == [("jobs", "email")] * 2


def test_health_counts_what_an_operator_asks_for(conn):
    now = datetime.now(UTC)
    conn.execute("INSERT INTO job_queues (name, keep_done) VALUES ('quiet', '1 day')")
    # Each claim takes those that are due, in order: done, dead, failing, in flight, expired; then two are left.
    enqueue(conn, *[{}] * 7, run_ats=[now - timedelta(minutes=20 - n) for n in range(7)])
    enqueue(conn, {}, run_ats=[now + timedelta(hours=1)])
    done, dead, failing, _, expired = claim(conn, 5)
    complete(conn, [done])
    fail(conn, dead, False)
    fail(conn, failing)
    conn.execute("UPDATE jobs SET leased_until = now() WHERE id = %s", (expired.id,))
    call(conn, "pause_queue", "quiet")
    columns = "queue, paused, depth, ready, scheduled, in_flight, expired, failing, dead, done_last_hour"
    assert values(conn, f"SELECT {columns} FROM job_health ORDER BY queue") == [
        ("email", False, 6, 3, 2, 1, 1, 1, 1, None),
        ("quiet", True, 0, 0, 0, 0, 0, 0, 0, 0),
    ]
    oldest = dict(values(conn, "SELECT queue, oldest_ready FROM job_health"))
    assert timedelta(minutes=15) < oldest["email"] < timedelta(minutes=17)
    assert oldest["quiet"] == timedelta(0)


# The schema


def test_undoing_takes_everything_out(project, db):
    migrate_queue(project, db)
    assert relations(db) != set()
    assert down(nullcontext(db), project.platform, Silent(), options=Options(target="0", allow_destructive=True)).ok
    assert relations(db) == set()
