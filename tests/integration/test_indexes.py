from __future__ import annotations

import threading

import psycopg
import pytest

from catalog import history, impatient, picture, rows, run, until
from platformdb.errors import ApplyFailed
from platformdb.indexes.run import apply_indexes, index_status
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.report.model import Report, Severity
from platformdb.report.progress import Silent
from projects import Project

TABLE = """
CREATE TABLE posts (id int PRIMARY KEY, author int, likes int);
INSERT INTO posts SELECT n, n % 3, n FROM generate_series(1, 50) AS n;
"""
DEFINED = """
SELECT pg_get_indexdef(indexrelid), indisvalid
FROM pg_index WHERE indrelid = 'posts'::regclass AND NOT indisprimary ORDER BY 1
"""


@pytest.fixture
def tiers(db: Target, project: Project) -> Project:
    run(db, TABLE)
    return project.write(
        {
            "sql/indexes/tier1_a.sql": "-- by author\nCREATE INDEX by_author ON posts (author);\n",
            "sql/indexes/tier2_a.sql": "-- by likes\nCREATE INDEX by_likes ON posts (likes DESC) WHERE likes > 10;\n",
        }
    )


def applied(db: Target, project: Project, tier: int = 1) -> Report:
    return apply_indexes(db, project.platform, Silent(), tier=tier)


def definitions(db: Target) -> list[tuple[object, ...]]:
    return rows(db, DEFINED)


def test_tiers_up_to_the_one_asked_for_are_built_and_recorded(db: Target, tiers: Project) -> None:
    report = applied(db, tiers)
    assert report.data["built"] == 1
    assert definitions(db) == [("CREATE INDEX by_author ON public.posts USING btree (author)", True)]
    assert applied(db, tiers, 3).data["built"] == 1
    assert [(row[1], row[2], row[3], row[4]) for row in history(db)] == [
        ("index", "tier1", "by_author", "started"),
        ("index", "tier1", "by_author", "applied"),
        ("index", "tier2", "by_likes", "started"),
        ("index", "tier2", "by_likes", "applied"),
    ]


def test_a_second_run_changes_nothing_and_says_so(db: Target, tiers: Project) -> None:
    applied(db, tiers, 3)
    before = picture(db)
    report = applied(db, tiers, 3)
    assert (report.ok, report.steps) == (True, ())
    assert "nothing to do" in report.summary
    assert picture(db) == before


def test_writers_go_on_while_an_index_is_built(db: Target, tiers: Project) -> None:
    """A plain CREATE INDEX would make the writer wait for the build, and the build for the writer's transaction."""
    done = []
    with connect(db) as writer:
        writer.execute("BEGIN; INSERT INTO posts VALUES (1000, 1, 1)")
        build = threading.Thread(target=lambda: done.append(applied(db, tiers)))
        build.start()
        try:
            until(lambda: rows(db, "SELECT 1 FROM pg_class WHERE relname = 'by_author'"))
            run(impatient(db), "INSERT INTO posts VALUES (1001, 1, 1)")
            assert done == [], "it waits for the open transaction"
        finally:
            writer.execute("COMMIT")
            build.join(timeout=20)
    assert done[0].ok
    assert definitions(db)[0][1] is True


UNIQUE = "-- by author\nCREATE UNIQUE INDEX by_author ON posts (author);\n"


class TestInvalid:
    @pytest.fixture
    def broken(self, db: Target, tiers: Project) -> Project:
        """A unique index over values that are not: PostgreSQL leaves it behind invalid, built by hand at least."""
        tiers.write({"sql/indexes/tier1_a.sql": UNIQUE})
        with pytest.raises(psycopg.errors.UniqueViolation):
            run(db, "CREATE UNIQUE INDEX CONCURRENTLY by_author ON posts (author)")
        assert [valid for _, valid in definitions(db)] == [False]
        return tiers

    def test_a_build_that_fails_leaves_nothing_and_a_row_that_says_why(self, db: Target, tiers: Project) -> None:
        tiers.write({"sql/indexes/tier1_a.sql": UNIQUE})
        with pytest.raises(ApplyFailed, match="by_author: could not create unique index") as caught:
            applied(db, tiers)
        assert "clears away" in caught.value.help
        assert definitions(db) == []
        assert [row[4] for row in history(db)] == ["started", "failed"]

    def test_status_finds_it(self, db: Target, broken: Project) -> None:
        report = index_status(db, broken.platform)
        (finding,) = [f for f in report.findings if f.severity is Severity.ERROR]
        assert (finding.rule, report.exit_code) == ("index-invalid", 1)

    def test_it_is_dropped_and_built_again(self, db: Target, broken: Project) -> None:
        run(db, "UPDATE posts SET author = id")
        report = applied(db, broken)
        assert [r.step.sql.split(" INDEX")[0] for r in report.steps][-2:] == ["DROP", "CREATE UNIQUE"]
        assert definitions(db) == [("CREATE UNIQUE INDEX by_author ON public.posts USING btree (author)", True)]
        assert index_status(db, broken.platform).ok


class TestChanged:
    CHANGED = "-- by author\nCREATE INDEX by_author ON posts (author, id);\n"

    def test_a_changed_definition_replaces_the_index_under_its_name(self, db: Target, tiers: Project) -> None:
        applied(db, tiers)
        tiers.write({"sql/indexes/tier1_a.sql": self.CHANGED})
        assert "index-changed" in [f.rule for f in index_status(db, tiers.platform).findings]
        assert applied(db, tiers).ok
        assert definitions(db) == [("CREATE INDEX by_author ON public.posts USING btree (author, id)", True)]
        assert applied(db, tiers).steps == ()

    def test_only_white_space_is_no_change(self, db: Target, tiers: Project) -> None:
        applied(db, tiers)
        tiers.write({"sql/indexes/tier1_a.sql": "-- other words\nCREATE  INDEX by_author\n  ON posts (author);\n"})
        assert applied(db, tiers).steps == ()

    def test_an_interrupted_replacement_is_cleaned_up_and_done_again(self, db: Target, tiers: Project) -> None:
        applied(db, tiers)
        tiers.write({"sql/indexes/tier1_a.sql": self.CHANGED})
        run(db, "CREATE INDEX by_author_replacement ON posts (likes)")
        assert applied(db, tiers).ok
        assert definitions(db) == [("CREATE INDEX by_author ON public.posts USING btree (author, id)", True)]

    def test_a_replacement_that_fails_leaves_the_old_index_serving(self, db: Target, tiers: Project) -> None:
        applied(db, tiers)
        tiers.write({"sql/indexes/tier1_a.sql": "-- by author\nCREATE UNIQUE INDEX by_author ON posts (author);\n"})
        with pytest.raises(ApplyFailed):
            applied(db, tiers)
        assert ("CREATE INDEX by_author ON public.posts USING btree (author)", True) in definitions(db)
        tiers.write({"sql/indexes/tier1_a.sql": self.CHANGED})
        assert applied(db, tiers).ok
        assert definitions(db) == [("CREATE INDEX by_author ON public.posts USING btree (author, id)", True)]

    def test_going_back_after_a_failed_replacement_leaves_nothing_behind(self, db: Target, tiers: Project) -> None:
        applied(db, tiers)
        good = (tiers.platform.sql / "indexes" / "tier1_a.sql").read_text()
        tiers.write({"sql/indexes/tier1_a.sql": "-- by author\nCREATE UNIQUE INDEX by_author ON posts (author);\n"})
        with pytest.raises(ApplyFailed):
            applied(db, tiers)
        tiers.write({"sql/indexes/tier1_a.sql": good})
        applied(db, tiers)
        assert definitions(db) == [("CREATE INDEX by_author ON public.posts USING btree (author)", True)]


def test_a_name_taken_on_another_table_is_refused_and_nothing_is_built(db: Target, tiers: Project) -> None:
    run(db, "CREATE TABLE other (x int); CREATE INDEX by_likes ON other (x)")
    before = picture(db)
    report = applied(db, tiers, 2)
    assert (report.exit_code, [f.rule for f in report.findings]) == (3, ["index-misplaced"])
    assert picture(db) == before


def test_wrong_tier_files_are_refused(db: Target, tiers: Project) -> None:
    tiers.write({"sql/indexes/tier3_a.sql": "CREATE INDEX j ON posts (id);"})
    report = applied(db, tiers)
    assert (report.exit_code, report.steps) == (3, ())


def test_an_index_on_a_table_that_is_not_there_is_a_failure_with_its_name(db: Target, tiers: Project) -> None:
    tiers.write({"sql/indexes/tier3_a.sql": "-- why\nCREATE INDEX j ON nowhere (id);"})
    with pytest.raises(ApplyFailed, match='j: relation "nowhere" does not exist') as caught:
        applied(db, tiers, 3)
    assert [r.state.value for r in caught.value.results][-2:] == ["applied", "failed"]
    assert str(caught.value.place) == "sql/indexes/tier3_a.sql:2"


def test_status_tells_tiers_apart_and_asks_for_none_that_nobody_began(db: Target, tiers: Project) -> None:
    applied(db, tiers)
    report = index_status(db, tiers.platform)
    assert (report.exit_code, report.summary) == (0, "demo: tier 1: 1 of 1, tier 2: 0 of 1")
    assert [(f.rule, f.severity) for f in report.findings] == [("index-missing", Severity.NOTE)]
    assert [(i["name"], i["state"]) for i in report.data["indexes"]] == [
        ("by_author", "built"),
        ("by_likes", "missing"),
    ]


def test_status_misses_tier_one_and_makes_no_history(db: Target, tiers: Project) -> None:
    before = picture(db)
    assert index_status(db, tiers.platform).exit_code == 1
    assert picture(db) == before


@pytest.mark.parametrize("name", ['"Größe; ""x"" %s"', "ö" * 31])
def test_any_name_can_be_built_replaced_and_rebuilt(db: Target, tiers: Project, name: str) -> None:
    for columns in ("author", "likes", "id"):
        tiers.write({"sql/indexes/tier1_a.sql": f"-- why\nCREATE INDEX {name} ON posts ({columns});"})
        assert applied(db, tiers).ok
    ((definition, valid),) = definitions(db)
    assert (str(definition).endswith("(id)"), valid) == (True, True)
    assert applied(db, tiers).steps == ()


def test_indexes_of_another_schema_are_built_replaced_and_mended_there(db: Target, project: Project) -> None:
    run(db, "CREATE SCHEMA away; CREATE TABLE away.things (a int, b int); CREATE TABLE things (a int)")
    run(db, "CREATE INDEX things_a ON things (a)")
    name = "sql/indexes/tier1_critical.sql"
    project.write({name: "-- why\nCREATE INDEX things_a ON away.things (a);"})
    assert len(apply_indexes(db, project.platform, Silent(), tier=1).steps) == 2
    assert apply_indexes(db, project.platform, Silent(), tier=1).steps == ()
    project.write({name: "-- why\nCREATE INDEX things_a ON away.things (b);"})
    assert apply_indexes(db, project.platform, Silent(), tier=1).ok
    found = rows(
        db, "SELECT schemaname, indexdef ~ 'btree \\(b\\)' FROM pg_indexes WHERE indexname = 'things_a' ORDER BY 1"
    )
    assert found == [("away", True), ("public", False)]
    assert apply_indexes(db, project.platform, Silent(), tier=1).steps == ()
