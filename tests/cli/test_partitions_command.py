"""``partitions ensure`` and ``partitions status`` as users start them."""

from __future__ import annotations

import pytest

from catalog import picture, run
from commandline import envelope_of, environment, platformdb_run
from partitioned import TABLES, neglected, partition_of
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from projects import Project

pytestmark = pytest.mark.newest_server


def test_ensure_does_everything_and_status_then_has_nothing_to_say(db: Target, project: Project) -> None:
    neglected(db, project)
    env = environment(db)
    before = platformdb_run("partitions", "status", cwd=project.root, env=env)
    assert before.returncode == 1
    assert "make 1, retire 1" in before.stdout
    assert "→ run: platformdb partitions ensure" in before.stdout
    done = platformdb_run("partitions", "ensure", cwd=project.root, env=env)
    assert done.returncode == 0, done.stderr
    assert f"applied  partition  public.{partition_of('messages')} " in done.stdout
    assert f"public.{partition_of('reactions', -6)}" in done.stdout
    after = platformdb_run("partitions", "status", cwd=project.root, env=env)
    assert after.returncode == 0, after.stdout
    head, messages = after.stdout.splitlines()[3:5]
    assert head.split("  ")[0] == "table"
    assert head.endswith("size")  # no column `next` where there is nothing to do
    assert f"  {partition_of('messages', 3).removeprefix('messages_')}  " in messages
    assert platformdb_run("partitions", "ensure", cwd=project.root, env=env).stdout == "✓ demo: nothing to do\n"


def test_a_dry_run_shows_the_steps_and_changes_nothing(db: Target, project: Project) -> None:
    neglected(db, project)
    before = picture(db)
    shown = platformdb_run("partitions", "ensure", "--dry-run", cwd=project.root, env=environment(db))
    assert (shown.returncode, picture(db)) == (0, before)
    assert f"planned  partition  public.{partition_of('reactions', -6)} " in shown.stdout
    assert "rows dropped" in shown.stdout


def test_json_tells_programs_the_same(db: Target, project: Project) -> None:
    neglected(db, project)
    env = environment(db)
    dry = envelope_of(
        platformdb_run("partitions", "ensure", "--dry-run", "--format", "json", cwd=project.root, env=env).stdout
    )
    assert (dry["command"], dry["ok"], dry["data"]["steps"]) == ("partitions ensure", True, len(dry["steps"]))
    assert 'DROP TABLE "public"' in dry["data"]["sql"]
    status = envelope_of(platformdb_run("partitions", "status", "--format", "json", cwd=project.root, env=env).stdout)
    assert (status["ok"], status["exit_code"]) == (False, 1)
    assert [table["table"] for table in status["data"]["tables"]] == [
        "public.messages",
        "public.reactions",
        "public.logs",
    ]
    assert {finding["rule"] for finding in status["findings"]} == {
        "partition-gap",
        "partition-default-rows",
        "partition-overdue",
    }


def test_one_table_can_be_asked_for_and_an_unknown_one_is_a_mistake(db: Target, project: Project) -> None:
    neglected(db, project)
    env = environment(db)
    one = platformdb_run("partitions", "ensure", "--table", "logs", cwd=project.root, env=env)
    assert one.returncode == 0, one.stderr
    assert "messages" not in one.stdout
    wrong = platformdb_run("partitions", "ensure", "--table", "nothing", cwd=project.root, env=env)
    assert (wrong.returncode, "it knows: messages, reactions, logs" in wrong.stderr) == (2, True)


def test_a_role_that_is_not_there_is_named_and_nothing_was_changed(db: Target, project: Project) -> None:
    neglected(db, project)
    before = picture(db)
    wrong = platformdb_run("partitions", "ensure", "--role", "nobody_here", cwd=project.root, env=environment(db))
    assert 'role "nobody_here" does not exist' in wrong.stdout + wrong.stderr
    assert (wrong.returncode in {2, 3, 4}, picture(db)) == (True, before)


def test_a_wrong_file_is_refused_with_every_problem(db: Target, project: Project) -> None:
    project.write({"phases/001_t.sql": TABLES, "sql/partitions.toml": '[[partition]]\ntable = "t"\npremak = 1\n'})
    for command in (("partitions", "ensure"), ("partitions", "status"), ("migrate",)):
        refused = platformdb_run(*command, cwd=project.root, env=environment(db))
        assert refused.returncode == 3, refused.stdout
        assert "partition 1, interval: Field required" in refused.stderr
        assert "partition 1, premak: Extra inputs are not permitted" in refused.stderr


def test_a_table_that_stays_busy_is_exit_5_and_names_who_keeps_it(db: Target, project: Project) -> None:
    run(db, "CREATE TABLE t (at date) PARTITION BY RANGE (at); CREATE TABLE t_default PARTITION OF t DEFAULT")
    project.write({"phases/001_t.sql": "", "sql/partitions.toml": '[[partition]]\ntable = "t"\ninterval = "day"\n'})
    with connect(db) as reader:
        reader.execute("BEGIN; SELECT count(*) FROM t")
        busy = platformdb_run("partitions", "ensure", "--lock-retries", "1", cwd=project.root, env=environment(db))
    assert busy.returncode == 5
    assert "SELECT count(*) FROM t" in busy.stderr


def test_migrate_makes_what_is_missing(db: Target, project: Project) -> None:
    project.write(
        {
            "phases/001_t.sql": "CREATE TABLE t (at date) PARTITION BY RANGE (at);",
            "sql/partitions.toml": '[[partition]]\ntable = "t"\ninterval = "month"\npremake = 1\n',
        }
    )
    shown = platformdb_run("migrate", "--dry-run", cwd=project.root, env=environment(db))
    assert shown.returncode == 0, shown.stderr
    done = platformdb_run("migrate", cwd=project.root, env=environment(db))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("✓ demo: applied 1 versioned migration, made 3 partitions\n")
    assert f"public.{partition_of('t', 1)}" in done.stdout
    assert platformdb_run("migrate", cwd=project.root, env=environment(db)).stdout == (
        "✓ demo: nothing to do, the database is up to date\n"
    )
    run(db, f"DROP TABLE {partition_of('t', 1)}")
    later = platformdb_run("migrate", cwd=project.root, env=environment(db))
    assert later.stdout.startswith("✓ demo: made 1 partition\n")
