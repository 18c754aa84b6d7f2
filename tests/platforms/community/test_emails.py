"""Mails: every one has its job, and whoever must not get one gets none."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from platformdb.postgres.connect import Connection
from platforms.community.build import FAR_AHEAD, LONG_AGO, make
from rows import count, taken_back, value, values

ANN, BOB = "ann@example.org", "bob@example.org"


def mail(conn: Connection, email: str = ANN, email_type: str = "digest", **given: Any) -> Any:
    return make(conn, "email_jobs", email=email, email_type=email_type, **given)


def take(conn: Connection, batch: int = 20) -> list[Any]:
    """(job, claim, mail) of each mail that is to be sent; looked for from the start, as a new session does."""
    conn.execute("RESET ALL")
    return values(conn, "SELECT job, claim, email_job_id FROM take_emails('mailer', %s)", batch)


def sent(conn: Connection, taken: list[Any]) -> None:
    conn.execute("SELECT emails_sent(%s, %s)", (taken[0][1], [job for job, *_ in taken]))


def failed(conn: Connection, taken: list[Any], error: str) -> None:
    conn.execute("SELECT emails_failed(%s, %s, %s)", (taken[0][1], [job for job, *_ in taken], [error] * len(taken)))


def standing(conn: Connection, written: Any) -> tuple[str, str | None]:
    found: tuple[str, str | None] = values(conn, "SELECT status, reason FROM email_jobs WHERE id = %s", written.id)[0]
    return found


def at_once(conn: Connection) -> None:
    """Jobs that come again later are due now."""
    conn.execute("UPDATE jobs SET run_at = now() - interval '1 second'")


def test_a_mail_is_taken_once_sent_and_done(conn: Connection) -> None:
    written = mail(conn)
    taken = take(conn)
    assert [of for *_, of in taken] == [written.id]
    assert take(conn) == []
    sent(conn, taken)
    assert values(conn, "SELECT status, sent_at = now() FROM email_jobs") == [("sent", True)]
    assert count(conn, "jobs") == 0


def test_what_somebody_waits_for_goes_first(conn: Connection) -> None:
    written = {
        of: mail(conn, email_type=of).id for of in ("newsletter", "reply", "password_reset", "digest", "receipt")
    }
    order = []
    while taken := take(conn, 1):
        order += [of for of, known in written.items() if known == taken[0][2]]
    assert order == ["password_reset", "receipt", "reply", "digest", "newsletter"]


def test_a_mail_waits_for_its_time_and_another_time_is_kept(conn: Connection) -> None:
    written = mail(conn, scheduled_at=FAR_AHEAD)
    assert take(conn) == []
    conn.execute("UPDATE email_jobs SET scheduled_at = %s", (LONG_AGO,))
    sent(conn, take(conn))
    at_once(conn)
    # The job for the first time finds the mail sent.
    assert take(conn) == []
    assert (standing(conn, written)[0], count(conn, "jobs")) == ("sent", 0)


def test_a_mail_written_after_the_mailer_began_its_transaction_is_not_lost(conn: Connection) -> None:
    # A claim sees what was committed after now(), which is when the transaction began.
    written = mail(conn, scheduled_at=value(conn, "SELECT clock_timestamp()"))
    assert [of for *_, of in take(conn)] == [written.id]
    assert (standing(conn, written)[0], count(conn, "jobs")) == ("pending", 1)


def test_a_mail_that_was_put_off_is_not_sent_by_its_first_job(conn: Connection) -> None:
    written = mail(conn)
    conn.execute("UPDATE email_jobs SET scheduled_at = %s", (FAR_AHEAD,))
    assert take(conn) == []
    assert (standing(conn, written)[0], count(conn, "jobs")) == ("pending", 1)


def test_a_mail_that_is_no_more_to_be_sent_has_no_job_of_its_own(conn: Connection) -> None:
    mail(conn, status="suppressed", reason="imported")
    assert count(conn, "jobs") == 0


@pytest.mark.parametrize(
    ("type_of_mail", "event", "outcome"),
    [
        ("digest", "bounce", "bounce"),
        ("receipt", "bounce", "bounce"),
        ("digest", "complaint", "complaint"),
        ("receipt", "complaint", None),
        ("password_reset", "complaint", None),
        ("digest", "soft_bounce", None),
        ("digest", "delivery", None),
    ],
)
def test_feedback_stops_what_it_should(conn: Connection, type_of_mail: str, event: str, outcome: str | None) -> None:
    make(conn, "email_feedback", email=ANN, type=event)
    assert value(conn, "SELECT email_stop(%s, %s)", ANN, type_of_mail) == outcome
    assert value(conn, "SELECT email_stop(%s, %s)", BOB, type_of_mail) is None


@pytest.mark.parametrize(
    ("type_of_mail", "unsubscribed", "outcome"),
    [
        ("digest", "digest", "unsubscribed"),
        ("digest", None, "unsubscribed"),
        ("digest", "newsletter", None),
        ("receipt", None, None),
    ],
)
def test_unsubscribing_stops_what_it_names(
    conn: Connection, type_of_mail: str, unsubscribed: str | None, outcome: str | None
) -> None:
    make(conn, "email_unsubscribes", email=ANN, email_type=unsubscribed)
    assert value(conn, "SELECT email_stop(%s, %s)", ANN, type_of_mail) == outcome


def test_who_unsubscribes_after_a_mail_was_written_does_not_get_it(conn: Connection) -> None:
    to_ann, to_bob = mail(conn, ANN), mail(conn, BOB)
    make(conn, "email_unsubscribes", email=ANN, email_type="digest")
    assert [of for *_, of in take(conn)] == [to_bob.id]
    assert standing(conn, to_ann) == ("suppressed", "unsubscribed")
    assert count(conn, "jobs") == 1


def test_a_mail_that_fails_comes_again_and_at_last_has_failed_with_the_reason(conn: Connection) -> None:
    written = mail(conn)
    tries = 0
    while taken := take(conn):
        tries += 1
        assert standing(conn, written)[0] == "pending"
        failed(conn, taken, "421 try later")
        at_once(conn)
    assert (tries, standing(conn, written)) == (12, ("failed", "421 try later"))
    assert count(conn, "dead_jobs") == 1
    conn.execute("UPDATE email_jobs SET status = 'pending', reason = NULL")
    assert len(take(conn)) == 1


def test_a_mailer_that_was_too_slow_cannot_call_the_mail_sent(conn: Connection) -> None:
    written = mail(conn)
    slow = take(conn)
    conn.execute("UPDATE jobs SET leased_until = now() - interval '1 second'")
    quick = take(conn)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState), taken_back(conn):
        sent(conn, slow)
    assert standing(conn, written)[0] == "pending"
    sent(conn, quick)
    assert standing(conn, written)[0] == "sent"


def test_reports_are_worked_through_once_in_batches(conn: Connection) -> None:
    ann = make(conn, "users", email=ANN, email_verified=LONG_AGO)
    waiting, other = mail(conn, ANN), mail(conn, BOB)
    for _ in range(3):
        make(conn, "email_feedback", email=ANN, type="bounce")
    make(conn, "email_feedback", email=BOB, type="delivery")
    assert [value(conn, "SELECT process_email_feedback(%s)", 3) for _ in range(3)] == [3, 1, 0]
    assert value(conn, "SELECT email_verified FROM users WHERE id = %s", ann.id) is None
    assert (standing(conn, waiting), standing(conn, other)) == (("suppressed", "bounce"), ("pending", None))
    assert [of for *_, of in take(conn)] == [other.id]


def test_a_report_that_comes_twice_is_one_report_and_a_mail_that_is_written_twice_one_mail(conn: Connection) -> None:
    make(conn, "email_feedback", provider_event_id="ses-1")
    written = mail(conn, idempotency_key="digest:ann:2026-09-01")
    for statement in (
        "INSERT INTO email_feedback (provider_event_id, email, type) VALUES ('ses-1', 'ann@example.org', 'bounce')",
        "INSERT INTO email_jobs (idempotency_key, email, email_type) VALUES (%s, 'ann@example.org', 'digest')",
    ):
        parameters = (written.idempotency_key,) if "%s" in statement else None
        assert conn.execute(f"{statement} ON CONFLICT DO NOTHING".encode(), parameters).rowcount == 0
    assert count(conn, "jobs") == 1
