"""How long a statement took, by the server's clock, from the questions around it."""

from __future__ import annotations

from platformdb.postgres.gauge import Gauge
from platformdb.postgres.target import Target
from platformdb.report.model import Statement, Step
from platformdb.report.progress import Silent

LATE = 0.00001  # what is answered while the client is at something else is read at once


def test_a_statement_after_settings_is_timed_from_the_question_before_it() -> None:
    gauge = Gauge(Target("url", {}), Silent(), newest=0, tells=False)
    step = gauge.measured(Step("versioned", "a.sql", "", (Statement("SET x = 1"), Statement("ALTER …"))))
    gauge.started(step)
    answers = (None, b"10.0", b"[0, null, 10.1]", None, b"10.4", b"[0, null, 10.5]")
    for statement, answer in zip(step.statements, answers, strict=True):
        assert statement.listener is not None
        statement.listener(None, LATE, answer)
    (heard,) = gauge.heard
    assert [round(ran.seconds, 6) for ran in heard.statements] == [LATE, 0.3]
