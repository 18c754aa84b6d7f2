"""Roles that may do less than an owner: the same rows in the end, and one note for each thing that it costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog import rows, run
from platformdb.counters.run import check_counters
from platformdb.errors import ApplyFailed, Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Report
from platformdb.seeding.request import Existing, Request
from platformdb.seeding.run import seed
from runners import role_without_rights
from servers import Server

GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role};
GRANT USAGE ON SCHEMA platformdb TO {role};
GRANT TEMPORARY ON DATABASE "{database}" TO {role};
"""
# Triggers that write the time of a change cannot be told otherwise.
ROWS = "SELECT (to_jsonb(t) - 'updated_at')::text FROM {table} AS t ORDER BY 1"
TABLES = ("users", "storage_usage", "user_follows", "friendships", "posts", "post_media", "comments", "notifications")


@pytest.fixture
def plain(vrss_db: Target) -> Iterator[Target]:
    with role_without_rights(vrss_db) as target:
        granted(vrss_db, target, GRANTS)
        yield target


def granted(owner: Target, role: Target, statements: str) -> None:
    names = {"role": role.parameters["user"], "database": owner.parameters["dbname"]}
    run(owner, statements.format(**names))


def load(target: Target, platform: Platform, number: int = 1, existing: Existing = Existing.REFUSE) -> Report:
    with connect(target) as connection:
        return seed(connection, platform, Request(seed=number, existing=existing, jobs=2), target=target)


def notes(report: Report) -> list[str]:
    return [finding.message.partition(":")[0] for finding in report.findings if finding.rule == "seed-rights"]


def contents(target: Target) -> list[list[tuple[object, ...]]]:
    return [rows(target, ROWS.format(table=table)) for table in TABLES]


def test_where_triggers_fire_what_they_changed_is_put_right(
    vrss_db: Target, seeded_db: Target, plain: Target, vrss: Platform
) -> None:
    report = load(plain, vrss)
    assert notes(report) == ["the role may not disable triggers", "the role may not TRUNCATE",
                             "the role may not write platformdb.seed"]  # fmt: skip
    assert contents(vrss_db) == contents(seeded_db)
    assert check_counters(vrss_db, vrss).ok
    with pytest.raises(Refused, match="rows that seed did not make"):
        load(plain, vrss)
    granted(vrss_db, plain, "GRANT USAGE, CREATE ON SCHEMA platformdb TO {role}")
    assert "the role may not write platformdb.seed" not in notes(load(plain, vrss, 2, Existing.REPLACE))
    assert check_counters(vrss_db, vrss).ok
    assert "nothing to do" in load(plain, vrss, 2).summary
    with pytest.raises(Refused, match="what they do beside rows that stay cannot be put right"):
        load(plain, vrss, 3, Existing.APPEND)


@pytest.mark.newest_server
def test_a_session_that_may_be_a_replica_fires_no_triggers_and_checks_keys_itself(
    vrss_db: Target, seeded_db: Target, plain: Target, vrss: Platform, server: Server
) -> None:
    granted(vrss_db, plain, "GRANT SET ON PARAMETER session_replication_role TO {role};"
                            "GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {role}")  # fmt: skip
    assert notes(load(plain, vrss))[0] == "the role owns not all of the tables"
    assert contents(vrss_db) == contents(seeded_db)
    assert rows(vrss_db, "SELECT count(*) FROM users WHERE updated_at <> created_at") != [(0,)]
    run(vrss_db, "CREATE TABLE rare (id uuid PRIMARY KEY); "
                 "ALTER TABLE comments ADD CONSTRAINT to_rare FOREIGN KEY (user_id) REFERENCES rare NOT VALID; "
                 "GRANT SELECT ON rare TO public; "
                 "UPDATE pg_constraint SET convalidated = TRUE WHERE conname = 'to_rare'")  # fmt: skip
    with pytest.raises(ApplyFailed, match='rows of comments violate foreign key constraint "to_rare"'):
        load(plain, vrss, 2, Existing.REPLACE)


@pytest.mark.newest_server
def test_a_role_that_may_not_insert_is_told_so(vrss_db: Target, vrss: Platform) -> None:
    with role_without_rights(vrss_db) as target:
        granted(
            vrss_db,
            target,
            "GRANT USAGE ON SCHEMA platformdb TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
        )
        with pytest.raises((ApplyFailed, Refused), match="permission denied"):
            load(target, vrss)


@pytest.mark.newest_server
def test_an_owner_whom_policies_hold_loads_all_the_same(vrss_db: Target, vrss: Platform) -> None:
    forced = "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'posts'"
    with role_without_rights(vrss_db) as owner:
        name = owner.parameters["user"]
        granted(
            vrss_db,
            owner,
            "GRANT USAGE, CREATE ON SCHEMA platformdb TO {role}; GRANT CREATE ON SCHEMA public TO {role}",
        )
        run(vrss_db, "ALTER TABLE posts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; ALTER TABLE users "
                     "FORCE ROW LEVEL SECURITY")  # fmt: skip
        tables = rows(vrss_db, "SELECT c.oid::regclass::text FROM pg_class AS c "
                               "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')")  # fmt: skip
        run(vrss_db, "; ".join(f"ALTER TABLE {table} OWNER TO {name}" for (table,) in tables))
        report = load(owner, vrss)
        assert notes(report) == []
        assert rows(vrss_db, forced) == [(True, True)]
        run(vrss_db, "; ".join(f"ALTER TABLE {table} OWNER TO CURRENT_USER" for (table,) in tables))


SEED = """
start = 2025-01-01T00:00:00Z
end = 2025-06-30T18:00:00Z
[profiles.dev]
people = 5
[profiles.many]
people = 20000
[tables.people]
rows = { shape = "independent", count = "$people" }
[tables.people.columns]
id = { make = "ordinal", start = 1 }
[tables.pets]
rows = { shape = "per", of = [{ table = "people", link = "whose", count = { dist = "uniform", min = 0, max = 1 } }] }
[tables.pets.columns]
id = { make = "ordinal", start = 1 }
whose = { make = "copy", of = "whose.id" }
"""
PETS = """
CREATE TABLE people (id serial PRIMARY KEY, name text);
CREATE TABLE pets (id int PRIMARY KEY, whose int REFERENCES people);
"""


@pytest.fixture
def pets(tmp_path: Path) -> Platform:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/seed.toml").write_text(SEED)
    return Platform("pets", tmp_path, tmp_path / "phases", tmp_path / "sql", tmp_path / "seeds")


@pytest.mark.newest_server
def test_rows_that_policies_hide_from_the_owner_are_rows_of_others_all_the_same(db: Target, pets: Platform) -> None:
    with role_without_rights(db) as owner:
        granted(db, owner, 'GRANT CREATE ON SCHEMA public TO {role}; GRANT CREATE ON DATABASE "{database}" TO {role}')
        run(owner, PETS)
        run(owner, "INSERT INTO people (name) VALUES ('mine'); ALTER TABLE people ENABLE ROW LEVEL SECURITY, "
                   "FORCE ROW LEVEL SECURITY")  # fmt: skip
        with connect(owner) as connection, pytest.raises(Refused, match="rows that seed did not make"):
            seed(connection, pets, Request("many"))
        assert rows(db, "SELECT name FROM people") == [("mine",)]
        load(owner, pets, existing=Existing.REPLACE)
        assert rows(db, "SELECT max(id), (SELECT last_value FROM people_id_seq) FROM people") == [(5, 5)]
        assert rows(db, "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'people'") == [(True,)]
        run(db, "REASSIGN OWNED BY {0} TO CURRENT_USER; DROP OWNED BY {0}".format(owner.parameters["user"]))


@pytest.mark.newest_server
def test_rows_that_refer_to_those_a_replica_deletes_go_with_them(db: Target, pets: Platform) -> None:
    run(db, PETS)
    with role_without_rights(db) as target:
        granted(db, target, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};"
                            "GRANT USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role};"
                            "GRANT CREATE ON DATABASE \"{database}\" TO {role};"
                            "GRANT SET ON PARAMETER session_replication_role TO {role}")  # fmt: skip
        load(target, pets)
        run(db, "INSERT INTO people VALUES (99); INSERT INTO pets VALUES (99, 99)")
        with connect(target) as connection:
            seed(connection, pets, Request(existing=Existing.REPLACE, tables=("people",)))
        assert rows(db, "SELECT id FROM pets") == []
        run(db, "REASSIGN OWNED BY {0} TO CURRENT_USER; DROP OWNED BY {0}".format(target.parameters["user"]))
