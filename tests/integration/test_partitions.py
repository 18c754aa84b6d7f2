from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalog import picture, rows, run
from partitioned import GROWING, RETIRING, TABLES, ensured, grown, half_a_year_ago, neglected, partition_of, places
from platformdb.errors import ApplyFailed, ConfigError, NotNow
from platformdb.migrations.model import Plan
from platformdb.partitions.run import partition_planner, partition_status
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.report.history import History
from platformdb.report.model import Report, Severity
from projects import Project
from runners import role_without_rights

Policed = Callable[[str], Project]


def rules(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


def status(target: Target, project: Project) -> Report:
    return partition_status(target, project.platform)


@pytest.fixture
def policed(project: Project) -> Policed:
    """Writes a policy for the table t."""

    def write(more: str = "", interval: str = "month") -> Project:
        text = f'[[partition]]\ntable = "t"\ninterval = "{interval}"\n{more}\n'
        return project.write({"sql/partitions.toml": text})

    return write


T = "CREATE TABLE t (at {type} NOT NULL, n int) PARTITION BY RANGE (at); CREATE TABLE t_default PARTITION OF t DEFAULT;"


class TestMaking:
    def test_the_current_period_and_those_ahead_are_made_and_then_nothing(self, db: Target, policed: Policed) -> None:
        run(db, T.format(type="timestamptz"))
        project = policed("premake = 2")
        report = ensured(db, project)
        assert (report.exit_code, report.data["partitions"]) == (
            0,
            [f"public.{partition_of('t', months)}" for months in range(3)],
        )
        before = picture(db)
        assert ensured(db, project).steps == ()
        assert picture(db) == before
        assert status(db, project).ok

    @pytest.mark.parametrize("interval", ["hour", "day", "week", "month", "quarter", "year"])
    @pytest.mark.parametrize("type_", ["timestamptz", "timestamp", "date"])
    def test_every_interval_and_type_of_key_takes_a_row_of_now_whatever_the_sessions_zone(
        self, db: Target, policed: Policed, interval: str, type_: str
    ) -> None:
        run(db, T.format(type=type_))
        project = policed("premake = 1", interval)
        if (interval, type_) == ("hour", "date"):
            assert rules(ensured(db, project)) == ["partition-unsupported"]
            return
        zoned = Target(db.provider, {**db.parameters, "options": "-c timezone=Pacific/Auckland"})
        assert ensured(zoned, project).ok
        assert ensured(db, project).steps == ()
        moment = "now()" if type_ == "timestamptz" else "now() AT TIME ZONE 'UTC'"
        run(db, f"INSERT INTO t VALUES ({moment})")
        ((place, _),) = places(db, "t")
        assert place != "t_default"
        assert status(db, project).ok

    def test_a_partition_is_what_partition_of_would_have_made(self, db: Target, project: Project) -> None:
        """Name apart: indexes, constraints, triggers, foreign keys both ways, defaults, generated columns."""
        numbered = (
            "    id int NOT NULL,\n    at",
            "    id int NOT NULL, number bigint GENERATED ALWAYS AS IDENTITY,\n    at",
        )
        run(db, TABLES.replace(*numbered))
        project.write({"sql/partitions.toml": GROWING.format(start=datetime.now(UTC))})
        assert ensured(db, project).ok
        run(db, "CREATE TABLE model PARTITION OF messages FOR VALUES FROM ('2001-01-01') TO ('2001-02-01')")
        made = partition_of("messages")

        def said(table: str) -> list[Any]:
            described = f"""
            SELECT 'column', concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
                                       attgenerated, attstorage, attcompression, attislocal, attinhcount)
            FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0
            UNION ALL
            SELECT 'default', pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = '{table}'::regclass
            UNION ALL
            SELECT 'constraint', concat_ws(' ', contype, replace(pg_get_constraintdef(oid), '{table}', 'x'),
                                           conislocal, coninhcount, conparentid <> 0)
            FROM pg_constraint WHERE conrelid = '{table}'::regclass OR confrelid = '{table}'::regclass
            UNION ALL
            SELECT 'index', concat_ws(' ', indisprimary, replace(pg_get_indexdef(indexrelid), '{table}', 'x'),
                                      (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = indexrelid))
            FROM pg_index WHERE indrelid = '{table}'::regclass
            UNION ALL
            SELECT 'trigger', replace(pg_get_triggerdef(oid), '{table}', 'x')
            FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal
            UNION ALL
            SELECT 'internal', count(*)::text
            FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND tgisinternal
            UNION ALL
            SELECT 'table', concat_ws(' ', relkind, relpersistence, relam, reltablespace, relowner, relacl,
                                      reloptions, relrowsecurity)
            FROM pg_class WHERE oid = '{table}'::regclass
            ORDER BY 1, 2
            """
            return rows(db, described)

        assert said(made) == said("model")

    def test_a_gap_in_the_middle_is_closed_and_begins_where_the_policy_says(self, db: Target, policed: Policed) -> None:
        run(db, T.format(type="timestamptz"))
        ensured(db, policed(f'from = "{half_a_year_ago():%Y-%m-%d}"'))
        run(db, f"ALTER TABLE t DETACH PARTITION {partition_of('t', -2)}; DROP TABLE {partition_of('t', -2)}")
        project = policed()
        assert "partition-gap" in rules(status(db, project))
        assert ensured(db, project).data["partitions"] == [f"public.{partition_of('t', -2)}"]

    def test_a_missing_default_is_made_where_the_policy_wants_one(self, db: Target, policed: Policed) -> None:
        run(db, "CREATE TABLE t (at timestamptz NOT NULL) PARTITION BY RANGE (at)")
        assert ensured(db, policed("default = false")).ok
        with pytest.raises(Exception, match="no partition of relation"):
            run(db, "INSERT INTO t VALUES ('1999-01-01')")
        assert "partition-default-missing" in rules(status(db, policed()))
        assert ensured(db, policed()).data["partitions"] == ["public.t_default"]
        run(db, "INSERT INTO t VALUES ('1999-01-01')")

    def test_a_default_that_stands_aside_comes_back_with_its_name(self, db: Target, policed: Policed) -> None:
        run(db, T.format(type="timestamptz") + "ALTER TABLE t DETACH PARTITION t_default")
        ((oid,),) = rows(db, "SELECT 't_default'::regclass::oid")
        assert ensured(db, policed()).ok
        assert rows(db, "SELECT partdefid FROM pg_partitioned_table WHERE partrelid = 't'::regclass") == [(oid,)]

    def test_a_name_that_is_taken_stops_only_its_own_partition(self, db: Target, policed: Policed) -> None:
        run(db, T.format(type="timestamptz") + f"CREATE TABLE {partition_of('t', 1)} (x int)")
        report = ensured(db, policed())
        assert rules(report) == ["partition-name-taken"]
        assert report.data["partitions"] == [f"public.{partition_of('t', months)}" for months in (0, 2, 3)]

    def test_partitions_with_other_bounds_are_respected(self, db: Target, policed: Policed) -> None:
        year = datetime.now(UTC).year
        run(db, T.format(type="timestamptz"))
        run(db, f"CREATE TABLE t_long PARTITION OF t FOR VALUES FROM (MINVALUE) TO ('{year + 1}-12-15 00:00+00')")
        report = status(db, policed("premake = 2"))
        assert (report.exit_code, rules(report)) == (0, ["partition-unusual"])
        far = status(db, policed(f"premake = {(year + 1 - datetime.now(UTC).year) * 12 + 12}"))
        assert "partition-overlap" in rules(far)

    def test_a_table_of_another_schema_and_any_name_is_kept_there(self, db: Target, project: Project) -> None:
        run(
            db,
            'CREATE SCHEMA "Größe"; CREATE TABLE "Größe"."my ""T"" %s" ("At" timestamptz) PARTITION BY RANGE ("At");',
        )
        project.write(
            {"sql/partitions.toml": "[[partition]]\ntable = 'Größe.my \"T\" %s'\ninterval = 'month'\npremake = 0\n"}
        )
        assert ensured(db, project).ok
        assert ensured(db, project).steps == ()
        assert (
            len(
                rows(
                    db,
                    "SELECT FROM pg_inherits AS h JOIN pg_class AS c ON c.oid = h.inhrelid "
                    "WHERE c.relnamespace = '\"Größe\"'::regnamespace",
                )
            )
            == 2
        )

    @pytest.mark.parametrize(
        "made",
        [
            "CREATE TABLE t (at timestamptz)",
            "CREATE TABLE t (at timestamptz) PARTITION BY LIST (at)",
            "CREATE TABLE t (at timestamptz, n int) PARTITION BY RANGE (at, n)",
            "CREATE TABLE t (at timestamptz, n int) PARTITION BY RANGE (n)",
            "CREATE TABLE t (at timestamptz) PARTITION BY RANGE ((at AT TIME ZONE 'UTC'))",
        ],
    )
    def test_other_kinds_of_tables_are_refused_by_name(self, db: Target, policed: Policed, made: str) -> None:
        run(db, made)
        report = ensured(db, policed())
        assert (report.exit_code, rules(report), report.steps) == (1, ["partition-unsupported"], ())
        assert rules(status(db, policed())) == ["partition-unsupported"]

    def test_two_names_of_one_table_are_refused(self, db: Target, project: Project) -> None:
        run(db, T.format(type="timestamptz"))
        entries = [f'[[partition]]\ntable = "{name}"\ninterval = "month"\n' for name in ("t", "public.t")]
        report = ensured(db, project.write({"sql/partitions.toml": "".join(entries)}))
        assert [finding.message for finding in report.findings] == ["t and public.t are the same table, public.t"]
        assert all(result.step.subject.count("_") == 2 for result in report.steps)

    def test_a_table_that_is_not_there_is_named(self, db: Target, policed: Policed) -> None:
        assert rules(status(db, policed())) == ["partition-table-missing"]

    def test_a_table_without_a_policy_cannot_be_asked_for(self, db: Target, policed: Policed) -> None:
        with pytest.raises(ConfigError, match=r"partitions\.toml says nothing of u"):
            ensured(db, policed(), tables=["u"])


class TestMoving:
    def test_rows_move_without_triggers_or_foreign_keys_noticing(self, db: Target, project: Project) -> None:
        grown(db, project, without=("reactions", "messages"))
        before = rows(db, "SELECT * FROM messages ORDER BY id"), rows(db, "SELECT * FROM reactions ORDER BY message")
        counts = rows(db, "SELECT * FROM channels ORDER BY id")
        lying = rows(db, "SELECT count(*) FROM messages_default")
        report = ensured(db, project)
        assert report.exit_code == 0
        assert f"{lying[0][0]} row" in report.steps[0].step.reason
        assert (
            rows(db, "SELECT * FROM messages ORDER BY id"),
            rows(db, "SELECT * FROM reactions ORDER BY message"),
        ) == before
        assert rows(db, "SELECT * FROM channels ORDER BY id") == counts
        assert rows(db, "SELECT count(*) FROM messages_default UNION ALL SELECT count(*) FROM reactions_default") == [
            (0,),
            (0,),
        ]
        run(db, "DELETE FROM messages")
        assert rows(db, "SELECT sum(posts) FROM channels") == [(0,)]
        assert rows(db, "SELECT FROM reactions") == []

    def test_rows_outside_of_what_is_made_stay_and_are_reported(self, db: Target, policed: Policed) -> None:
        run(db, T.format(type="timestamptz"))
        run(db, "INSERT INTO t VALUES ('1999-05-05'), ('2999-01-01'), ('infinity'), ('-infinity')")
        report = ensured(db, policed())
        assert (report.exit_code, rules(report)) == (1, ["partition-default-strays"])
        assert report.findings[0].detail == "1999_05: 1, 2999_01: 1, without a time: 2"
        assert rows(db, "SELECT count(*) FROM t_default") == [(4,)]

    def test_a_role_that_may_not_move_rows_makes_the_others(self, db: Target, policed: Policed) -> None:
        run(db, T.format(type="timestamptz") + "INSERT INTO t VALUES (now())")
        with role_without_rights(db) as plain:
            role = plain.parameters["user"]
            run(db, f"ALTER TABLE t OWNER TO {role}; ALTER TABLE t_default OWNER TO {role}")
            run(db, f"GRANT CREATE ON SCHEMA public TO {role}")
            run(db, f"GRANT CREATE ON DATABASE {db.parameters['dbname']} TO {role}")
            report = ensured(plain, policed())
            assert rules(report) == ["partition-move-forbidden"]
            assert "GRANT SET ON PARAMETER session_replication_role" in report.findings[0].help
            assert len(report.data["partitions"]) == 3
            run(db, f"GRANT SET ON PARAMETER session_replication_role TO {role}")
            assert ensured(plain, policed()).data["partitions"] == [f"public.{partition_of('t')}"]
            run(db, f"REVOKE SET ON PARAMETER session_replication_role FROM {role}")


class TestRetiring:
    def test_what_is_old_is_archived_or_dropped_and_summed_up_before(self, db: Target, project: Project) -> None:
        grown(db, project)
        old = rows(db, f"SELECT * FROM {partition_of('messages', -6)} ORDER BY id")
        entries = rows(db, f"SELECT count(*) FROM {partition_of('logs', -6)}")
        project.write({"sql/partitions.toml": RETIRING})
        assert rules(status(db, project)) == ["partition-overdue"] * 3
        report = ensured(db, project)
        assert (report.exit_code, rules(report)) == (0, [])
        assert rows(db, f"SELECT * FROM archive.{partition_of('messages', -6)} ORDER BY id") == old
        assert rows(db, f"SELECT to_regclass('{partition_of('reactions', -6)}')") == [(None,)]
        assert rows(db, "SELECT entries FROM sums") == entries
        assert status(db, project).ok
        assert ensured(db, project).steps == ()

    def test_a_dry_run_names_every_partition_with_its_rows_and_changes_nothing(
        self, db: Target, project: Project
    ) -> None:
        neglected(db, project)
        before = picture(db), places(db, "messages")
        report = ensured(db, project, dry_run=True)
        ((count,),) = rows(db, f"SELECT count(*) FROM {partition_of('reactions', -6)}")
        reasons = {result.step.subject: result.step.reason for result in report.steps}
        assert f"{count} row" in reasons[f"public.{partition_of('reactions', -6)}"]
        assert "dropped" in reasons[f"public.{partition_of('reactions', -6)}"]
        assert 'DROP TABLE "public"' in report.data["sql"]
        assert (picture(db), places(db, "messages")) == before

    def test_rows_that_still_refer_to_it_keep_a_partition_and_only_it(self, db: Target, project: Project) -> None:
        grown(db, project)
        without_reactions = [part for part in RETIRING.split("[[partition]]") if "reactions" not in part]
        project.write({"sql/partitions.toml": "[[partition]]".join(without_reactions)})
        report = ensured(db, project)
        (finding,) = report.findings
        ((count,),) = rows(db, f"SELECT count(*) FROM {partition_of('reactions', -6)}")
        assert finding.rule == "partition-referenced"
        assert f"{count} row" in finding.message
        assert "public.reactions (reactions_message_fkey)" in finding.message
        assert rows(db, f"SELECT relispartition FROM pg_class WHERE relname = '{partition_of('messages', -6)}'") == [
            (True,)
        ]
        assert rows(db, "SELECT partdefid <> 0 FROM pg_partitioned_table WHERE partrelid = 'messages'::regclass") == [
            (True,)
        ]
        assert f"public.{partition_of('logs', -6)}" in report.data["partitions"]

    def test_rows_in_the_default_keep_a_referenced_table_whole(self, db: Target, project: Project) -> None:
        grown(db, project)
        run(db, "INSERT INTO messages VALUES (1, 1, '1999-01-01')")
        project.write({"sql/partitions.toml": RETIRING})
        report = ensured(db, project)
        assert rules(report) == ["partition-default-strays", "partition-default-in-the-way"]
        assert rows(db, f"SELECT relispartition FROM pg_class WHERE relname = '{partition_of('messages', -6)}'") == [
            (True,)
        ]

    def test_a_detachment_that_somebody_else_left_half_done_is_finished(self, db: Target, project: Project) -> None:
        grown(db, project)
        old = partition_of("logs", -6)
        with connect(db) as reader, connect(db) as other:
            reader.execute("BEGIN; SELECT count(*) FROM logs")
            other.execute("SET lock_timeout = '100ms'")
            with pytest.raises(Exception, match="lock timeout"):
                other.execute(f"ALTER TABLE logs DETACH PARTITION {old} CONCURRENTLY".encode())
        assert "partition-detach-pending" in rules(status(db, project))
        ensured(db, project)
        assert rows(db, f"SELECT relispartition FROM pg_class WHERE relname = '{old}'") == [(False,)]
        assert rows(db, "SELECT FROM pg_inherits WHERE inhdetachpending") == []

    def test_what_fails_in_before_retire_leaves_the_partition_where_it_was(self, db: Target, project: Project) -> None:
        grown(db, project)
        project.write({"sql/partitions.toml": RETIRING.replace("INSERT INTO sums", "INSERT INTO nowhere")})
        with pytest.raises(ApplyFailed, match='relation "nowhere" does not exist'):
            ensured(db, project)
        assert rows(db, f"SELECT relispartition FROM pg_class WHERE relname = '{partition_of('logs', -6)}'") == [
            (True,)
        ]

    def test_a_default_comes_back_at_once_when_the_detachment_beside_it_fails(
        self, db: Target, project: Project
    ) -> None:
        grown(db, project)
        project.write({"sql/partitions.toml": RETIRING})
        run(
            db,
            "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ "
            "BEGIN IF current_query() LIKE '%\"messages\"%CONCURRENTLY%' THEN RAISE 'not today'; END IF; END $$",
        )
        run(
            db, "CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION refuse()"
        )
        with pytest.raises(ApplyFailed, match="not today") as caught:
            ensured(db, project)
        assert [r.step.subject for r in caught.value.results][-3:] == [
            "public.messages_default",
            f"public.{partition_of('messages', -6)}",
            "public.messages_default",
        ]
        run(db, "INSERT INTO messages VALUES (1, 1, '1999-01-01'); DELETE FROM messages WHERE at < '2000-01-01'")
        run(db, "DROP EVENT TRIGGER refuse")
        assert ensured(db, project).ok


class TestBesideMigrations:
    def plan(self, db: Target, project: Project) -> Plan:
        planner = partition_planner(project.platform)
        assert planner.findings == ()
        with connect(db) as connection:
            return planner.plan(connection, History(exists=False))

    def test_only_what_is_missing_is_made(self, db: Target, project: Project) -> None:
        neglected(db, project)
        plan = self.plan(db, project)
        assert plan.steps == ()
        assert [(f.rule, f.severity) for f in plan.findings] == [("partition-default-rows", Severity.WARNING)] * 2

    def test_tables_that_are_still_to_come_are_no_problem(self, db: Target, policed: Policed) -> None:
        assert self.plan(db, policed()) == Plan()

    def test_a_wrong_file_is_a_finding_before_any_connection(self, policed: Policed) -> None:
        (finding,) = partition_planner(policed("premak = 3").platform).findings
        assert "premak" in finding.detail

    def test_without_a_file_there_is_nothing(self, db: Target, project: Project) -> None:
        assert self.plan(db, project) == Plan()
        assert "nothing to do" in ensured(db, project).summary
        assert "nothing to show" in status(db, project).summary


def test_a_busy_table_is_a_not_now_that_names_who_keeps_it(db: Target, policed: Policed) -> None:
    run(db, T.format(type="timestamptz"))
    with connect(db) as reader:
        reader.execute("BEGIN; SELECT count(*) FROM t")
        with pytest.raises(NotNow, match="3 attempts of 300ms") as caught:
            ensured(db, policed(), lock_retries=2)
    assert "SELECT count(*) FROM t" in caught.value.detail
    assert "--lock-retries" in caught.value.help


def test_status_shows_every_table_with_what_would_be_done(db: Target, project: Project) -> None:
    neglected(db, project)
    report = status(db, project)
    messages = report.data["tables"][0]
    assert (messages["table"], messages["ahead"], messages["next"]) == ("public.messages", 3, "make 1, retire 1")
    assert messages["default_rows"] == rows(db, "SELECT count(*) FROM messages_default")[0][0]
    assert messages["bytes"] > 0
    assert sorted(set(rules(report))) == ["partition-default-rows", "partition-gap", "partition-overdue"]
    assert report.tables[0].rows[0][0] == "messages"
    assert (
        timedelta(days=27)
        < datetime.fromisoformat(messages["partitions"][1]["to"])
        - datetime.fromisoformat(messages["partitions"][1]["from"])
        < timedelta(days=32)
    )
