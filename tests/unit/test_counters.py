from __future__ import annotations

from itertools import chain

import pytest

from platformdb.counters.model import Counter, Drift
from platformdb.counters.plan import BATCH_ROWS, find_drift_sql, judge, plan_repairs, refuse_ambiguous
from platformdb.counters.read import read_counters
from platformdb.errors import Refused
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import split
from projects import Project

QUERY = "SELECT post_id AS key, count(*) AS value FROM likes WHERE kind LIKE 'l%' GROUP BY 1"
LIKES = Counter("app.posts", "id", "likes_count", QUERY, "how many likes")
WHOLE = f"""
[[counter]]
table = "posts"
key = "id"
column = "likes"
query = '''{QUERY};'''
reason = "likes"
"""


def drifts(count: int, counter: Counter = LIKES) -> list[Drift]:
    return [Drift(counter, key, 0, 1) for key in range(count)]


class TestPlan:
    def test_no_drift_plans_nothing(self) -> None:
        assert plan_repairs([]) == ()

    def test_a_repair_locks_its_rows_in_key_order_before_it_counts(self) -> None:
        (step,) = plan_repairs(drifts(3))
        isolation, lock, repair = step.statements
        assert isolation.sql == "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
        assert 'FROM "app"."posts"' in lock.sql
        assert 'ORDER BY "id" FOR NO KEY UPDATE' in lock.sql
        assert repair.sql.strip().startswith('UPDATE "app"."posts"')
        assert lock.parameters == repair.parameters == ([0, 1, 2],)
        assert step.transactional

    def test_rows_are_repaired_in_batches_without_losing_one(self) -> None:
        steps = plan_repairs(drifts(2 * BATCH_ROWS + 1))
        keys = [step.statements[1].parameters[0] for step in steps if step.statements[1].parameters]
        assert [len(part) for part in keys if isinstance(part, list)] == [BATCH_ROWS, BATCH_ROWS, 1]
        assert list(chain.from_iterable(keys)) == list(range(2 * BATCH_ROWS + 1))  # type: ignore[arg-type]
        assert steps[-1].reason == f"rows {2 * BATCH_ROWS + 1} to {2 * BATCH_ROWS + 1} drifted"

    def test_a_full_batch_is_followed_by_no_empty_one(self) -> None:
        assert len(plan_repairs(drifts(BATCH_ROWS))) == 1

    def test_each_counter_has_steps_of_its_own(self) -> None:
        other = Counter("users", "id", "posts", QUERY, "")
        steps = plan_repairs([*drifts(1), *drifts(1, other)])
        assert [step.subject for step in steps] == ["app.posts.likes_count", "users.posts"]

    def test_a_percent_sign_stays_as_it_is(self) -> None:
        (step,) = plan_repairs(drifts(1))
        assert "LIKE 'l%'" in step.statements[2].sql
        assert "LIKE 'l%'" in find_drift_sql(LIKES)

    @pytest.mark.parametrize("name", ['a"b', "select", "Größe"])
    def test_any_name_makes_right_sql(self, name: str) -> None:
        counter = Counter(name, name, name, "SELECT 1 AS key, 2 AS value", "")
        assert len(split(Source("x", find_drift_sql(counter)))) == 1

    def test_a_query_that_ends_in_a_comment_makes_right_sql(self) -> None:
        counter = Counter("t", "id", "c", "SELECT 1 AS key, 2 AS value -- done", "")
        assert len(split(Source("x", find_drift_sql(counter)))) == 1


def test_a_drifted_row_says_what_it_holds_and_what_it_should() -> None:
    (finding,) = judge([Drift(LIKES, "k1", 5, 3)])
    assert finding.message == "app.posts.likes_count of id=k1 is 5, should be 3"
    assert finding.subject == "app.posts.likes_count[k1]"
    assert "counters fix" in finding.help


def test_a_query_that_says_two_things_of_a_row_is_refused_and_not_repaired_for_ever() -> None:
    refuse_ambiguous([Drift(LIKES, "k1", 5, 3), Drift(LIKES, "k2", 5, 3)])
    with pytest.raises(Refused, match=r"query of app\.posts\.likes_count returns the key k1 more than once"):
        refuse_ambiguous([Drift(LIKES, "k1", 5, 3), Drift(LIKES, "k1", 5, 4)])


class TestRead:
    def test_a_counter_is_read_without_its_semicolon(self, project: Project) -> None:
        project.write({"sql/counters.toml": WHOLE})
        assert read_counters(project.platform) == (Counter("posts", "id", "likes", QUERY, "likes"),)

    def test_a_platform_without_the_file_has_no_counters(self, project: Project) -> None:
        assert read_counters(project.platform) == ()

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("[[counter]]\ntabel = 1", ("counter.0.tabel", "counter.0.table", "counter.0.reason")),
            (WHOLE.replace('"id"', '" "'), ("counter.0.key",)),
            ("x = 1", ("counter", "x")),
            ("[[counter]", ("line 1",)),
        ],
    )
    def test_every_fault_of_the_file_is_named(self, project: Project, text: str, words: tuple[str, ...]) -> None:
        project.write({"sql/counters.toml": text})
        with pytest.raises(Refused, match=r"sql/counters\.toml is not right") as caught:
            read_counters(project.platform)
        assert all(word in caught.value.detail for word in words)

    @pytest.mark.parametrize("query", ["DELETE FROM posts", "SELECT 1; SELECT 2", ";"])
    def test_a_query_that_is_not_one_select_is_refused(self, project: Project, query: str) -> None:
        project.write({"sql/counters.toml": WHOLE.replace(QUERY + ";", query)})
        with pytest.raises(Refused, match=r"query of posts\.likes must be one SELECT"):
            read_counters(project.platform)

    def test_a_syntax_error_names_the_counter(self, project: Project) -> None:
        project.write({"sql/counters.toml": WHOLE.replace("GROUP BY", "GROP BY")})
        with pytest.raises(Refused, match="syntax error") as caught:
            read_counters(project.platform)
        assert "posts.likes" in str(caught.value.place)
