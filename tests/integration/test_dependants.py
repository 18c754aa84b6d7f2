from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import psycopg
import pytest

from platformdb.errors import ApplyFailed
from platformdb.migrations.rescue import rescuer
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.execute import execute
from platformdb.postgres.target import Target
from platformdb.report.history import Record
from platformdb.report.model import Statement, Step
from platformdb.report.progress import Silent
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import split
from sessions import SUMS, session_on

# Everything that must come back as it was, by name and in words; no numbers of objects.
STATE = """
SELECT 'relation', format('%I.%I', n.nspname, c.relname) AS name,
       concat_ws(' ', c.relkind, pg_get_userbyid(c.relowner), c.relispopulated, am.amname, t.spcname),
       c.relacl::text, concat_ws(' ', c.reloptions, toast.reloptions), obj_description(c.oid, 'pg_class'),
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) WHEN c.relkind = 'i' THEN pg_get_indexdef(c.oid) END
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_class AS toast ON toast.oid = c.reltoastrelid
LEFT JOIN pg_am AS am ON am.oid = c.relam LEFT JOIN pg_tablespace AS t ON t.oid = c.reltablespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION ALL
SELECT 'column', format('%s.%I', a.attrelid::regclass, a.attname),
       concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), a.attstorage, a.attcompression,
                 CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END),
       a.attacl::text, a.attoptions::text, col_description(a.attrelid, a.attnum), pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'function', p.oid::regprocedure::text, pg_get_userbyid(p.proowner), p.proacl::text, NULL,
       obj_description(p.oid, 'pg_proc'), pg_get_functiondef(p.oid)
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND p.prokind <> 'a'
UNION ALL
SELECT 'trigger', format('%s.%I', t.tgrelid::regclass, t.tgname), NULL, NULL, NULL,
       obj_description(t.oid, 'pg_trigger'), pg_get_triggerdef(t.oid)
FROM pg_trigger AS t WHERE NOT t.tgisinternal
UNION ALL
SELECT 'rule', format('%s.%I', r.ev_class::regclass, r.rulename), NULL, NULL, NULL,
       obj_description(r.oid, 'pg_rewrite'), pg_get_ruledef(r.oid)
FROM pg_rewrite AS r WHERE r.rulename <> '_RETURN' AND r.oid >= 16384
UNION ALL
SELECT 'index', i.indexrelid::regclass::text, concat_ws(' ', i.indisunique, i.indisclustered, i.indisvalid),
       NULL, NULL, NULL, NULL
FROM pg_index AS i WHERE i.indexrelid >= 16384 AND i.indexrelid::regclass::text !~ '^pg_toast'
UNION ALL
SELECT 'statistics', s.stxname,
       concat_ws(' ', pg_get_userbyid(s.stxowner), CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END),
       NULL, NULL, obj_description(s.oid, 'pg_statistic_ext'), pg_get_statisticsobjdef(s.oid)
FROM pg_statistic_ext AS s
ORDER BY 1, 2, 3
"""

State = dict[tuple[str, str], tuple[object, ...]]

ROLES = ("dep_owner", "dep_reader", "dep_lender", "dep Borrower", "dep_default")

BASE = """
CREATE SCHEMA app;
CREATE TABLE app.orders (id int PRIMARY KEY, customer text, amount numeric);
INSERT INTO app.orders VALUES (1, 'ada', 10), (2, 'bob', 20), (3, 'ada', 30);
CREATE VIEW app.v AS SELECT id, customer, amount FROM app.orders;
"""


@pytest.fixture
def work(db: Target) -> Iterator[Connection]:
    with connect(db) as connection:
        for role in ROLES:
            connection.execute(f'CREATE ROLE "{role}"'.encode())
        connection.execute(BASE.encode())
        yield connection
        for role in ROLES:
            connection.execute(f'DROP OWNED BY "{role}" CASCADE'.encode())
            connection.execute(f'DROP ROLE "{role}"'.encode())


def state(connection: Connection) -> State:
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL search_path = ''")
        return {(row[0], row[1]): row[2:] for row in connection.execute(STATE.encode()).fetchall()}


def differences(before: State, connection: Connection) -> set[str]:
    """The names of what is not as it was."""
    after = state(connection)
    return {key[1] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def step_of(text: str) -> Step:
    statements = tuple(Statement(each.sql) for each in split(Source("sql/views/v.sql", text)))
    return Step("repeatable", "sql/views/v.sql", "the file changed", statements)


def run(connection: Connection, step: Step) -> psycopg.Error | None:
    """One transaction, as the executor would have it."""
    try:
        with connection.transaction():
            for statement in step.statements:
                connection.execute(statement.sql.encode())
    except psycopg.Error as error:
        return error
    return None


def failure(connection: Connection, step: Step, sqlstate: str) -> psycopg.Error:
    error = run(connection, step)
    assert error is not None
    assert error.sqlstate == sqlstate
    return error


def rescued(connection: Connection, text: str, sqlstate: str) -> Step:
    """Applies a file that fails at first and does not with what is made of it; the step that did it."""
    step = step_of(text)
    error = failure(connection, step, sqlstate)
    found = rescuer()(connection, step, error)
    assert found is not None, getattr(error, "__notes__", error)
    texts = [statement.sql for statement in found.statements]
    assert [sql for sql in texts if sql in {own.sql for own in step.statements}] == [s.sql for s in step.statements]
    assert not any("cascade" in sql.lower() for sql in texts if sql.startswith("DROP"))
    assert run(connection, found) is None
    return found


def refused(connection: Connection, text: str, sqlstate: str) -> str:
    """What is said of a file that cannot be helped; nothing may have changed."""
    step = step_of(text)
    before = state(connection)
    error = failure(connection, step, sqlstate)
    assert rescuer()(connection, step, error) is None
    assert differences(before, connection) == set()
    return "\n".join(getattr(error, "__notes__", ()))


def do(connection: Connection, text: str) -> None:
    connection.execute(text.encode())


CHAIN = """
GRANT USAGE ON SCHEMA app TO dep_lender, dep_owner;
CREATE VIEW app.v1 WITH (security_barrier = true) AS SELECT customer, sum(amount) AS total FROM app.v GROUP BY customer;
CREATE VIEW app.v2 WITH (security_invoker = true, check_option = cascaded) AS SELECT customer FROM app.orders
    WHERE customer IN (SELECT customer FROM app.v1);
CREATE VIEW app."V 3" AS SELECT * FROM app.v2;
ALTER VIEW app.v1 OWNER TO dep_owner;
GRANT SELECT, UPDATE ON app.v1 TO dep_reader;
GRANT SELECT ON app.v1 TO dep_lender WITH GRANT OPTION;
SET ROLE dep_lender; GRANT SELECT ON app.v1 TO "dep Borrower"; RESET ROLE;
GRANT SELECT (customer), REFERENCES (customer) ON app.v2 TO PUBLIC;
GRANT UPDATE (customer) ON app.v2 TO dep_reader WITH GRANT OPTION;
REVOKE ALL ON app."V 3" FROM CURRENT_USER;
GRANT SELECT ON app."V 3" TO PUBLIC;
COMMENT ON VIEW app.v1 IS 'it''s the %s total';
COMMENT ON COLUMN app.v2.customer IS 'who';
ALTER VIEW app.v2 ALTER COLUMN customer SET DEFAULT 'nobody';
"""


def test_a_chain_of_views_comes_back_with_all_that_belongs_to_it(work: Connection) -> None:
    do(work, CHAIN)
    do(
        work,
        "GRANT SELECT ON app.v TO dep_reader; COMMENT ON VIEW app.v IS 'base'; ALTER VIEW app.v OWNER TO dep_owner",
    )
    before = state(work)
    step = rescued(work, "CREATE OR REPLACE VIEW app.v AS SELECT customer, amount FROM app.orders", "42P16")
    assert step.reason == ('the file changed, re-creates 3 dependants: view app.v1, view app.v2, view app."V 3"')
    # The view itself is new, and nobody's privileges on it are lost.
    assert differences(before, work) == {"app.v.id", "app.v.customer", "app.v.amount", "app.v"}
    assert state(work)["relation", "app.v"][:4] == before["relation", "app.v"][:4]


@pytest.mark.parametrize(
    "changed",
    [
        "SELECT id, customer AS who, amount FROM app.orders",
        "SELECT id, customer, amount::int AS amount FROM app.orders",
        "SELECT customer, amount FROM app.orders",
    ],
)
def test_a_column_can_be_renamed_retyped_or_dropped(work: Connection, changed: str) -> None:
    do(work, "CREATE VIEW app.w AS SELECT count(*) FROM app.v")
    rescued(work, f"CREATE OR REPLACE VIEW app.v AS {changed}", "42P16")
    assert work.execute("SELECT * FROM app.w").fetchall() == [(3,)]


def test_a_materialized_view_comes_back_filled_with_its_indexes(work: Connection) -> None:
    do(
        work,
        """
        CREATE MATERIALIZED VIEW app.m WITH (fillfactor = 70, toast.autovacuum_enabled = false) AS
            SELECT customer, sum(amount) AS total FROM app.v GROUP BY customer;
        CREATE UNIQUE INDEX m_customer ON app.m (customer);
        CREATE INDEX m_lower ON app.m (lower(customer)) WHERE total > 5;
        ALTER MATERIALIZED VIEW app.m CLUSTER ON m_customer;
        ALTER MATERIALIZED VIEW app.m ALTER COLUMN customer SET STORAGE EXTERNAL;
        ALTER MATERIALIZED VIEW app.m ALTER COLUMN customer SET STATISTICS 50;
        ALTER MATERIALIZED VIEW app.m ALTER COLUMN customer SET (n_distinct = -0.5);
        CREATE STATISTICS app.m_both ON customer, total FROM app.m;
        COMMENT ON STATISTICS app.m_both IS 'both'; ALTER STATISTICS app.m_both SET STATISTICS 77;
        COMMENT ON INDEX app.m_customer IS 'one row each'; COMMENT ON MATERIALIZED VIEW app.m IS 'totals';
        GRANT SELECT ON app.m TO dep_reader;
        CREATE MATERIALIZED VIEW app.empty AS SELECT * FROM app.m WITH NO DATA;
        """,
    )
    before = state(work)
    rescued(work, "CREATE OR REPLACE VIEW app.v AS SELECT customer, amount FROM app.orders", "42P16")
    assert differences(before, work) == {"app.v", "app.v.id", "app.v.customer", "app.v.amount"}
    assert work.execute("SELECT * FROM app.m ORDER BY 1").fetchall() == [("ada", 40), ("bob", 20)]


FUNCTIONS = """
CREATE FUNCTION app.all_of() RETURNS SETOF app.v LANGUAGE sql AS 'SELECT * FROM app.v';
CREATE FUNCTION app.many(app.v[]) RETURNS int LANGUAGE plpgsql STRICT AS 'BEGIN RETURN cardinality($1); END';
CREATE FUNCTION app.total(who text DEFAULT 'ada') RETURNS numeric BEGIN ATOMIC
    SELECT sum(amount) FROM app.v WHERE customer = who; END;
CREATE PROCEDURE app.put() BEGIN ATOMIC INSERT INTO app.orders SELECT id + 100, customer, amount FROM app.v; END;
CREATE VIEW app.of_function AS SELECT app.total('bob') AS total;
REVOKE ALL ON FUNCTION app.total FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.total TO dep_lender WITH GRANT OPTION;
ALTER FUNCTION app.all_of OWNER TO dep_owner; ALTER PROCEDURE app.put SET work_mem = '8MB';
COMMENT ON FUNCTION app.total IS 'sum'; COMMENT ON PROCEDURE app.put IS 'put';
"""


def test_functions_over_a_view_and_of_its_rows_come_back(work: Connection) -> None:
    do(work, FUNCTIONS)
    before = state(work)
    text = "CREATE OR REPLACE VIEW app.v AS SELECT id, customer, amount::int AS amount FROM app.orders"
    step = rescued(work, text, "42P16")
    assert step.reason.startswith("the file changed, re-creates 5 dependants: ")
    assert differences(before, work) == {"app.v", "app.v.amount"}
    assert work.execute("SELECT total FROM app.of_function").fetchall() == [(20,)]


def test_the_old_body_of_a_function_is_not_checked_anew(work: Connection) -> None:
    do(work, "SET search_path = app; CREATE FUNCTION f(v) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM orders'")
    do(work, "RESET search_path")
    before = state(work)
    rescued(work, "CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders", "42P16")
    assert differences(before, work) == {"app.v", "app.v.customer", "app.v.amount"}
    assert work.execute("SHOW check_function_bodies").fetchone() == ("on",)


TRIGGERED = """
CREATE FUNCTION app.put() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE VIEW app.w AS SELECT id, customer FROM app.v;
CREATE TRIGGER put_w INSTEAD OF INSERT ON app.w FOR EACH ROW EXECUTE FUNCTION app.put();
CREATE TRIGGER put_v INSTEAD OF UPDATE ON app.v FOR EACH ROW EXECUTE FUNCTION app.put();
COMMENT ON TRIGGER put_w ON app.w IS 'puts';
CREATE RULE forget AS ON DELETE TO app.w DO INSTEAD DELETE FROM app.orders WHERE id = OLD.id;
COMMENT ON RULE forget ON app.w IS 'forgets';
ALTER VIEW app.v ALTER COLUMN customer SET DEFAULT 'eve';
"""


def test_triggers_rules_and_defaults_of_views_come_back(work: Connection) -> None:
    do(work, TRIGGERED)
    before = state(work)
    rescued(work, "CREATE OR REPLACE VIEW app.v AS SELECT id, customer FROM app.orders", "42P16")
    assert differences(before, work) == {"app.v", "app.v.amount"}


def test_a_recursive_view_comes_back(work: Connection) -> None:
    do(
        work,
        """
        CREATE RECURSIVE VIEW app.numbers (n) AS SELECT min(id) FROM app.v UNION ALL SELECT n + 1 FROM numbers
            WHERE n < (SELECT max(id) FROM app.v)
        """,
    )
    before = state(work)
    rescued(work, "CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders", "42P16")
    assert differences(before, work) == {"app.v", "app.v.customer", "app.v.amount"}
    assert work.execute("SELECT count(*) FROM app.numbers").fetchone() == (3,)


@pytest.mark.parametrize(
    "changed",
    [
        "f(a int) RETURNS bigint LANGUAGE sql AS 'SELECT 2::bigint'",
        "f(b int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "f(a int, OUT x int, OUT y int) LANGUAGE sql AS 'SELECT 2, 3'",
    ],
)
def test_a_function_can_change_what_it_returns_and_how_its_arguments_are_called(work: Connection, changed: str) -> None:
    do(
        work,
        """
        CREATE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION app.f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE VIEW app.uses AS SELECT count(app.f(id)) AS n FROM app.orders;
        REVOKE ALL ON FUNCTION app.f(int) FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.f(int) TO dep_reader;
        COMMENT ON FUNCTION app.f(int) IS 'f of int'; ALTER FUNCTION app.f(int) OWNER TO dep_owner;
        GRANT SELECT ON app.uses TO dep_reader;
        """,
    )
    before = state(work)
    # count() over a row of two is a function over another type: nothing of it may get lost on the way.
    step = rescued(work, f"SET search_path = app; CREATE OR REPLACE FUNCTION {changed}", "42P13")
    assert step.reason == "the file changed, re-creates 1 dependant: view app.uses"
    assert differences(before, work) == {"app.f(integer)"}
    key = ("function", "app.f(integer)")
    assert state(work)[key][:4] == before[key][:4]


def test_a_default_of_an_argument_can_be_taken_away(work: Connection) -> None:
    do(work, "CREATE FUNCTION app.f(a int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1'")
    text = "CREATE OR REPLACE FUNCTION app.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'"
    assert rescued(work, text, "42P13").reason == "the file changed, drops the old function app.f(integer)"


def test_an_argument_of_a_procedure_can_be_renamed(work: Connection) -> None:
    do(work, "CREATE PROCEDURE app.p(a int) LANGUAGE sql AS ''; GRANT EXECUTE ON PROCEDURE app.p TO dep_reader")
    before = state(work)
    rescued(work, "CREATE OR REPLACE PROCEDURE app.p(b int) LANGUAGE sql AS ''", "42P13")
    (name,) = differences(before, work)
    assert state(work)["function", name][:2] == before["function", name][:2]


def test_a_dependant_of_two_replaced_views_is_counted_once(work: Connection) -> None:
    do(work, "CREATE VIEW app.u AS SELECT id, amount FROM app.orders")
    do(work, "CREATE VIEW app.w AS SELECT id FROM app.v JOIN app.u USING (id); GRANT SELECT ON app.w TO dep_reader")
    before = state(work)
    text = """
        CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders;
        CREATE OR REPLACE VIEW app.u AS SELECT id FROM app.orders;
    """
    assert rescued(work, text, "42P16").reason == "the file changed, re-creates 1 dependant: view app.w"
    assert not {name for name in differences(before, work) if name.startswith("app.w")}


def test_a_file_that_drops_its_view_itself_gets_what_stands_on_it_out_of_the_way(work: Connection) -> None:
    do(work, CHAIN)
    before = state(work)
    text = "DROP VIEW IF EXISTS app.v; CREATE VIEW app.v AS SELECT customer, amount FROM app.orders"
    rescued(work, text, "2BP01")
    assert differences(before, work) == {"app.v", "app.v.id", "app.v.customer", "app.v.amount"}


def test_a_file_that_drops_its_function_itself_does_too(work: Connection) -> None:
    do(work, "CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW app.w AS SELECT app.f()")
    do(work, "GRANT SELECT ON app.w TO dep_reader")
    text = "DROP FUNCTION app.f(); CREATE FUNCTION app.f(a int DEFAULT 2) RETURNS int LANGUAGE sql AS 'SELECT 2'"
    assert "view app.w cannot be re-created" not in rescued(work, text, "2BP01").reason
    assert work.execute("SELECT * FROM app.w").fetchone() == (2,)
    assert work.execute("SELECT to_regprocedure('app.f()')").fetchone() == (None,)


def test_a_view_that_is_dropped_and_not_made_again_stays(work: Connection) -> None:
    do(work, "CREATE VIEW app.w AS SELECT * FROM app.v")
    assert refused(work, "DROP VIEW app.v", "2BP01") == ""


def test_a_materialized_view_is_made_anew_and_keeps_what_others_gave_it(work: Connection) -> None:
    do(
        work,
        """
        CREATE MATERIALIZED VIEW app.m AS SELECT id, customer FROM app.orders;
        CREATE UNIQUE INDEX m_id ON app.m (id); CREATE INDEX m_customer ON app.m (customer);
        CREATE VIEW app.over_m AS SELECT count(*) FROM app.m;
        GRANT SELECT ON app.m TO dep_reader; GRANT SELECT (customer) ON app.m TO PUBLIC;
        """,
    )
    before = state(work)
    rescued(
        work,
        """
        CREATE MATERIALIZED VIEW app.m AS SELECT id, customer, amount FROM app.orders;
        CREATE UNIQUE INDEX m_id ON app.m (id);
        """,
        "42P07",
    )
    assert differences(before, work) == {"app.m", "app.m.amount"}
    assert work.execute("SELECT count(*) FROM app.m").fetchone() == (3,)


def test_what_creation_would_give_by_default_is_taken_again(work: Connection) -> None:
    do(
        work,
        """
        CREATE VIEW app.w AS SELECT id FROM app.v; CREATE FUNCTION app.f(app.v) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE VIEW app.x AS SELECT id FROM app.w; GRANT SELECT ON app.x TO dep_reader;
        ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO dep_default;
        ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO dep_default;
        """,
    )
    rescued(work, "CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders", "42P16")
    for name in ("v", "w", "x"):
        assert work.execute("SELECT has_table_privilege('dep_default', %s, 'SELECT')", (f"app.{name}",)).fetchone() == (
            False,
        )
    assert work.execute("SELECT proacl = acldefault('f', proowner) FROM pg_proc WHERE proname = 'f'").fetchone() == (
        True,
    )


def test_a_file_can_still_change_the_privileges_of_what_it_replaces(work: Connection) -> None:
    do(work, "GRANT SELECT ON app.v TO dep_reader, dep_lender")
    text = """
        CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders;
        REVOKE ALL ON app.v FROM dep_reader; GRANT UPDATE ON app.v TO dep_default; COMMENT ON VIEW app.v IS 'new';
    """
    rescued(work, text, "42P16")
    rights = {
        role: work.execute("SELECT has_table_privilege(%s, 'app.v', 'SELECT')", (role,)).fetchone() for role in ROLES
    }
    assert {role for role, found in rights.items() if found == (True,)} == {"dep_lender"}
    assert work.execute("SELECT obj_description('app.v'::regclass)").fetchone() == ("new",)


def test_several_views_of_one_file_change_together(work: Connection) -> None:
    do(
        work,
        """
        CREATE VIEW app.w AS SELECT id, customer FROM app.v; GRANT SELECT ON app.w TO dep_reader;
        CREATE VIEW app.z AS SELECT id FROM app.w; GRANT SELECT ON app.z TO dep_lender;
        CREATE VIEW app.other AS SELECT id, amount FROM app.orders; GRANT SELECT ON app.other TO PUBLIC;
        """,
    )
    before = state(work)
    rescued(
        work,
        """
        CREATE OR REPLACE VIEW app.v AS SELECT id, amount FROM app.orders;
        CREATE OR REPLACE VIEW app.w AS SELECT id, amount FROM app.v;
        CREATE OR REPLACE VIEW app.other AS SELECT amount FROM app.orders;
        """,
        "42P16",
    )
    after = state(work)
    for name in ("app.w", "app.z", "app.other"):
        assert after["relation", name][1] == before["relation", name][1] is not None


def test_a_dependant_that_needs_a_column_that_is_gone_is_named(work: Connection) -> None:
    do(work, "CREATE VIEW app.w AS SELECT customer FROM app.v; CREATE VIEW app.fine AS SELECT id FROM app.v")
    said = refused(work, "CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders", "42P16")
    assert said.startswith("view app.w cannot be re-created: column ")
    assert said.endswith(" does not exist; everything was rolled back")


BLOCKED = {
    "policy p on table app.t": """
        CREATE TABLE app.t (a int); CREATE POLICY p ON app.t USING (a IN (SELECT id FROM app.v))
    """,
    "column r of table app.t": "CREATE TABLE app.t (r app.v)",
    "column r of composite type app.c": "CREATE TYPE app.c AS (r app.v)",
    "default value for column a of table app.t": """
        CREATE FUNCTION app.f(app.v) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
        CREATE TABLE app.t (a int DEFAULT app.f(NULL))
    """,
    "constraint t_check on table app.t": """
        CREATE FUNCTION app.f(app.v) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
        CREATE TABLE app.t (a int, CONSTRAINT t_check CHECK (a > app.f(NULL)))
    """,
    "index app.i": """
        CREATE FUNCTION app.f(int) RETURNS int IMMUTABLE BEGIN ATOMIC SELECT $1 FROM app.v; END;
        CREATE TABLE app.t (id int); CREATE INDEX i ON app.t (app.f(id))
    """,
    "rule r on table app.t": """
        CREATE TABLE app.t (a int); CREATE RULE r AS ON INSERT TO app.t DO ALSO SELECT count(*) FROM app.v
    """,
    "type app.d": """
        CREATE DOMAIN app.d AS app.v
    """,
}


@pytest.mark.parametrize("what", BLOCKED)
def test_what_belongs_to_a_table_is_never_dropped(work: Connection, what: str) -> None:
    do(work, BLOCKED[what])
    said = refused(work, "CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders", "42P16")
    assert said == f"platformdb does not drop and re-create {what}; make this change in a migration"


def test_a_trigger_of_a_table_keeps_its_function(work: Connection) -> None:
    do(
        work,
        """
        CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER touch BEFORE UPDATE ON app.orders FOR EACH ROW EXECUTE FUNCTION app.touch();
        """,
    )
    text = "DROP FUNCTION app.touch(); CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'"
    said = refused(work, text, "2BP01")
    assert said.startswith("platformdb does not drop and re-create trigger touch on table app.orders; ")


def test_a_temporary_view_of_another_session_is_left_alone(work: Connection, db: Target) -> None:
    with connect(db) as other:
        do(other, "CREATE TEMP VIEW mine AS SELECT id FROM app.v")
        said = refused(work, "CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders", "42P16")
    assert said.startswith("platformdb does not drop and re-create view ")


def test_other_failures_and_other_steps_are_left_alone(work: Connection) -> None:
    assert refused(work, "CREATE OR REPLACE VIEW app.v AS SELECT nothing FROM app.orders", "42703") == ""
    assert refused(work, "CREATE TABLE app.orders ()", "42P07") == ""
    step = step_of("CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders")
    error = failure(work, step, "42P16")
    versioned = Step("versioned", step.subject, step.reason, step.statements)
    assert rescuer()(work, versioned, error) is None


def test_members_of_an_extension_are_left_to_it(work: Connection) -> None:
    do(work, "CREATE VIEW app.w AS SELECT id FROM app.v; ALTER EXTENSION plpgsql ADD VIEW app.w")
    said = refused(work, "CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders", "42P16")
    assert said.startswith("platformdb does not drop and re-create view app.w; ")


def test_objects_that_stand_on_each_other_are_left_alone(work: Connection) -> None:
    do(
        work,
        """
        CREATE FUNCTION app.f() RETURNS bigint BEGIN ATOMIC SELECT 1::bigint; END;
        CREATE VIEW app.w AS SELECT app.f(), id FROM app.v;
        CREATE OR REPLACE FUNCTION app.f() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM app.w; END;
        """,
    )
    said = refused(work, "CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders", "42P16")
    assert said.startswith("these stand on each other, so none can be dropped: ")


def test_only_the_overload_that_is_meant_is_touched(work: Connection) -> None:
    do(
        work,
        """
        CREATE FUNCTION app.f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
        CREATE FUNCTION app.f(text) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
        CREATE TABLE app.t (a int DEFAULT app.f('x')); CREATE VIEW app.w AS SELECT app.f(1);
        """,
    )
    text = "DROP FUNCTION app.f(int); CREATE FUNCTION app.f(int) RETURNS bigint LANGUAGE sql AS 'SELECT 2::bigint'"
    assert rescued(work, text, "2BP01").reason == "the file changed, re-creates 1 dependant: view app.w"


def test_two_views_dropped_by_one_statement_are_both_helped(work: Connection) -> None:
    do(work, CHAIN)
    do(work, "CREATE VIEW app.other AS SELECT id FROM app.orders; CREATE VIEW app.over AS SELECT * FROM app.other")
    before = state(work)
    text = """
        DROP VIEW app.v, app.other;
        CREATE VIEW app.v AS SELECT id, customer, amount FROM app.orders;
        CREATE VIEW app.other AS SELECT id FROM app.orders;
    """
    rescued(work, text, "2BP01")
    assert differences(before, work) == set()


def test_a_dependant_whose_own_file_changed_too_is_made_from_there(work: Connection) -> None:
    do(
        work,
        """
        CREATE VIEW app.w AS SELECT id, customer FROM app.v; GRANT SELECT, UPDATE (id) ON app.w TO dep_reader;
        CREATE VIEW app.x AS SELECT id FROM app.w; COMMENT ON COLUMN app.w.customer IS 'is no more';
        """,
    )
    before = state(work)
    first = step_of("CREATE OR REPLACE VIEW app.v AS SELECT id, amount FROM app.orders")
    second = step_of("SELECT 1; CREATE OR REPLACE VIEW app.w AS SELECT id, amount FROM app.v")
    found = rescuer((first, second))(work, first, failure(work, first, "42P16"))
    assert found is not None
    assert run(work, found) is None
    assert run(work, second) is None
    changed = {"app.v", "app.v.customer", "app.v.amount", "app.w", "app.w.customer", "app.w.amount"}
    assert differences(before, work) == changed
    assert state(work)["relation", "app.w"][1] == before["relation", "app.w"][1]


def test_a_dependant_that_somebody_uses_is_waited_for_no_longer_than_a_lock_may_take(
    work: Connection, db: Target
) -> None:
    do(work, "CREATE VIEW app.w AS SELECT id FROM app.v")
    step = step_of("CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders")
    error = failure(work, step, "42P16")
    with connect(db) as other, other.transaction():
        other.execute("COMMENT ON VIEW app.w IS 'mine'")
        assert rescuer(lock_timeout="50ms")(work, step, error) is None
    assert error.__notes__ == [
        "view app.w stands in the way and cannot be dropped: canceling statement due to lock timeout"
    ]


def test_what_the_file_says_wrong_besides_is_said(work: Connection) -> None:
    do(work, "CREATE VIEW app.w AS SELECT id FROM app.v")
    text = "CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders; SELECT nothing"
    assert refused(work, text, "42P16") == (
        'with what stands in its way dropped, the file fails too: column "nothing" does not exist'
    )


def test_names_without_a_schema_are_found_where_the_file_finds_them(work: Connection) -> None:
    do(work, 'CREATE SCHEMA "other %s"; CREATE VIEW "other %s".v AS SELECT 1 AS one')
    do(work, 'CREATE VIEW "other %s"."w%" AS SELECT one FROM "other %s".v')
    before = state(work)
    rescued(work, 'SET search_path = "other %s"; CREATE OR REPLACE VIEW v AS SELECT 2::bigint AS one', "42P16")
    do(work, "RESET search_path")
    changed = {'"other %s".v', '"other %s".v.one', '"other %s"."w%"', '"other %s"."w%".one'}
    assert differences(before, work) <= changed


def test_what_is_made_again_does_not_hang_on_the_search_path_of_the_file(work: Connection) -> None:
    do(work, "CREATE VIEW app.w AS SELECT id FROM app.v; GRANT SELECT ON app.w TO dep_reader")
    before = state(work)
    text = """
        SET search_path = app; CREATE OR REPLACE VIEW v AS SELECT id FROM orders;
        SET search_path = pg_catalog; CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders;
    """
    rescued(work, text, "42P16")
    do(work, "RESET search_path")
    assert differences(before, work) == {"app.v", "app.v.customer", "app.v.amount"}


def test_a_dependant_is_back_as_soon_as_it_can_be(work: Connection) -> None:
    do(work, "CREATE VIEW app.w AS SELECT id FROM app.v; CREATE SCHEMA other")
    text = """
        CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders;
        CREATE VIEW app.z AS SELECT id FROM app.w;
        CREATE VIEW other.w AS SELECT 1;
    """
    rescued(work, text, "42P16")
    assert work.execute("SELECT count(*) FROM app.z").fetchone() == (3,)


def test_a_dependant_of_two_views_is_back_when_both_are(work: Connection) -> None:
    do(
        work,
        """
        CREATE VIEW app.w AS SELECT id, customer FROM app.v;
        CREATE VIEW app.other AS SELECT id, amount FROM app.orders; CREATE VIEW app.y AS SELECT id FROM app.other;
        CREATE VIEW app.x AS SELECT w.id FROM app.w JOIN app.y USING (id); GRANT SELECT ON app.x, app.y TO dep_reader;
        """,
    )
    before = state(work)
    text = """
        CREATE OR REPLACE VIEW app.v AS SELECT id, amount FROM app.orders;
        CREATE OR REPLACE VIEW app.other AS SELECT id FROM app.orders;
        CREATE OR REPLACE VIEW app.w AS SELECT id, amount FROM app.v;
    """
    rescued(work, text, "42P16")
    assert not {name for name in differences(before, work) if name.startswith(("app.x", "app.y"))}


@pytest.mark.parametrize(("own", "expected"), [(None, "7s"), ("3s", "3s")])
def test_it_waits_for_locks_as_long_as_the_step_does(work: Connection, own: str | None, expected: str) -> None:
    do(work, "CREATE VIEW app.w AS SELECT id FROM app.v")
    step = replace(step_of("CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders"), lock_timeout=own)
    error = failure(work, step, "42P16")
    asks = Statement(f"SELECT 1 / (current_setting('lock_timeout') = '{expected}')::int")
    step = replace(step, statements=(asks, *step.statements))
    assert rescuer(lock_timeout="7s")(work, step, error) is not None


def test_it_is_one_transaction_with_the_row_of_the_history(work: Connection, db: Target) -> None:
    do(work, CHAIN)
    record = Record("demo", "repeatable", "", "sql/views/v.sql", SUMS, text="what the file says")
    step = replace(step_of("CREATE OR REPLACE VIEW app.v AS SELECT customer, amount FROM app.orders"), record=record)
    with session_on(db) as session:
        (result,) = execute(session, [step], Silent(), rescue=rescuer())
    assert result.step.record == record
    assert result.step.reason.startswith("the file changed, re-creates 3 dependants: ")
    rows = work.execute("SELECT DISTINCT xmin::text FROM platformdb.history WHERE name = 'sql/views/v.sql'").fetchall()
    assert rows == work.execute("SELECT xmin::text FROM pg_class WHERE oid = 'app.v'::regclass").fetchall()


def test_a_dependant_that_fails_only_for_real_is_named_and_all_is_as_before(work: Connection, db: Target) -> None:
    do(
        work,
        """
        CREATE OR REPLACE VIEW app.v AS SELECT DISTINCT ON (customer) id, customer, amount FROM app.orders;
        CREATE MATERIALIZED VIEW app.m AS SELECT customer FROM app.v;
        CREATE UNIQUE INDEX m_customer ON app.m (customer);
        """,
    )
    step = step_of("CREATE OR REPLACE VIEW app.v AS SELECT customer, amount FROM app.orders")
    with session_on(db) as session:
        before = state(work)
        with pytest.raises(ApplyFailed) as caught:
            execute(session, [step], Silent(), rescue=rescuer())
    assert str(caught.value.place) == "materialized view app.m"
    assert "rolled back whole" in caught.value.help
    assert differences(before, work) == set()


class Rows:
    """Data that nobody may touch."""

    digest = ""

    def chunks(self) -> Iterator[bytes]:
        raise AssertionError


def test_a_file_with_rows_to_copy_is_left_alone(work: Connection) -> None:
    step = step_of("CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders")
    error = failure(work, step, "42P16")
    rows = Statement("COPY app.orders FROM stdin", data=Rows())
    assert rescuer()(work, replace(step, statements=(rows, *step.statements)), error) is None
    assert not hasattr(error, "__notes__")


def test_the_statements_say_what_they_make_again(work: Connection) -> None:
    do(work, "CREATE VIEW app.w AS SELECT id FROM app.v")
    step = rescued(work, "CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders", "42P16")
    places: Sequence[str] = [str(statement.origin.place(0)) for statement in step.statements if statement.origin]
    assert set(places) == {"view app.v", "view app.w"}


def test_it_runs_under_the_role_of_the_session(work: Connection) -> None:
    do(
        work,
        """
        GRANT USAGE, CREATE ON SCHEMA app TO dep_owner; GRANT SELECT ON app.orders TO dep_owner;
        ALTER VIEW app.v OWNER TO dep_owner; ALTER ROLE dep_reader NOINHERIT; GRANT dep_owner TO dep_reader;
        CREATE VIEW app.w AS SELECT id FROM app.v; ALTER VIEW app.w OWNER TO dep_owner;
        """,
    )
    step = step_of("CREATE OR REPLACE VIEW app.v AS SELECT id FROM app.orders")
    error = failure(work, step, "42P16")
    before = state(work)
    work.execute("SET SESSION AUTHORIZATION dep_reader")
    try:
        assert rescuer()(work, step, error) is None
        found = rescuer(role="dep_owner")(work, step, error)
        assert found is not None
        work.execute("SET ROLE dep_owner")
        assert run(work, found) is None
    finally:
        work.execute("RESET SESSION AUTHORIZATION; RESET ROLE")
    assert differences(before, work) == {"app.v", "app.v.customer", "app.v.amount"}
