"""The fingerprint of a schema: every fact of every kind counts, and nothing that two databases do not share."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from commandline import url_of
from databases import clone, rolled_back
from dump import dumped
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.server.binaries import find_candidates
from platformdb.postgres.target import Target
from platformdb.schema.differences import differences
from platformdb.schema.fingerprint import fingerprint
from platformdb.schema.snapshot import Snapshot, read_snapshot
from servers import Server


@dataclass(frozen=True, slots=True)
class Case:
    """A schema, a change of one fact, and what is said of it; ``since`` is the first version that knows the SQL."""

    name: str
    setup: str
    change: str
    words: tuple[str, ...]
    since: int = 0


T = "CREATE TABLE t (a int PRIMARY KEY, b text);"
ROLE = "CREATE ROLE fp_reader;"
FUNCTION = "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
TRIGGER = (
    "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
    "CREATE TRIGGER w BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION g();"
)
FOREIGN = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"
COMPLEX = (
    "CREATE TYPE c; CREATE FUNCTION c_in(cstring) RETURNS c LANGUAGE internal IMMUTABLE STRICT AS 'int4in';"
    "CREATE FUNCTION c_out(c) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';"
    "CREATE TYPE c (INPUT = c_in, OUTPUT = c_out, LIKE = int4{});"
)
EQUAL = (
    "CREATE FUNCTION same(int, text) RETURNS bool LANGUAGE sql AS 'SELECT true';"
    "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = text, FUNCTION = same);"
)

CASES = (
    # Objects as a whole, with what belongs to them said once.
    Case("a table", T, "CREATE TABLE x (id serial PRIMARY KEY, y int UNIQUE)", ("table x is left behind",)),
    Case("a table that goes", T, "DROP TABLE t", ("table t is gone",)),
    Case("a schema", "", "CREATE SCHEMA s; CREATE TABLE s.t (a int)", ("schema s is left behind",)),
    Case(
        "a column",
        T,
        "ALTER TABLE t ADD c int NOT NULL UNIQUE REFERENCES t",
        ("column t.c is left behind",),
    ),
    Case(
        "another name",
        T,
        "ALTER TABLE t RENAME b TO c",
        ("column t.b is gone", "column t.c is left behind"),
    ),
    Case("a view", T, "CREATE VIEW v AS SELECT a FROM t", ("view v is left behind",)),
    # Schemas
    Case("a schema's owner", f"CREATE SCHEMA s; {ROLE}", "ALTER SCHEMA s OWNER TO fp_reader", ("owner of schema s",)),
    Case(
        "a grant on a schema",
        f"CREATE SCHEMA s; {ROLE}",
        "GRANT USAGE ON SCHEMA s TO fp_reader",
        ("grant USAGE on schema s to fp_reader is left behind",),
    ),
    # Tables
    Case("unlogged", T, "ALTER TABLE t SET UNLOGGED", ("table t was not unlogged and is",)),
    Case(
        "a storage parameter",
        T,
        "ALTER TABLE t SET (fillfactor = 70)",
        ("option fillfactor=70 of table t is left behind",),
    ),
    Case(
        "a storage parameter of the TOAST table",
        T,
        "ALTER TABLE t SET (toast.autovacuum_enabled = off)",
        ("TOAST option autovacuum_enabled=off of table t is left behind",),
    ),
    Case("row security", T, "ALTER TABLE t ENABLE ROW LEVEL SECURITY", ("table t was not under row security and is",)),
    Case(
        "forced row security",
        T,
        "ALTER TABLE t FORCE ROW LEVEL SECURITY",
        ("table t was not under row security for its owner, too and is",),
    ),
    Case(
        "replica identity",
        T,
        "ALTER TABLE t REPLICA IDENTITY FULL",
        ("replica identity full of table t is left behind",),
    ),
    Case(
        "an access method",
        "CREATE ACCESS METHOD m TYPE TABLE HANDLER heap_tableam_handler;" + T,
        "DROP TABLE t; CREATE TABLE t (a int PRIMARY KEY, b text) USING m",
        ("access method m of table t is left behind",),
    ),
    Case(
        "inheritance",
        "CREATE TABLE p (a int); CREATE TABLE t (a int)",
        "ALTER TABLE t INHERIT p",
        ("column t.a was not inherited and is", "parent p of table t is left behind"),
    ),
    Case(
        "a partition key",
        "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a)",
        "DROP TABLE p; CREATE TABLE p (a int, b int) PARTITION BY LIST (a)",
        ("partition key of table p was RANGE (a) and is LIST (a)",),
    ),
    Case(
        "the bounds of a partition",
        "CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE q PARTITION OF p FOR VALUES FROM (1) TO (2)",
        "DROP TABLE q; CREATE TABLE q PARTITION OF p FOR VALUES FROM (1) TO (3)",
        ("partition of table q was FOR VALUES FROM (1) TO (2) and is FOR VALUES FROM (1) TO (3)",),
    ),
    Case("an owner", T + ROLE, "ALTER TABLE t OWNER TO fp_reader", ("owner of table t",)),
    Case(
        "a grant",
        T + ROLE,
        "GRANT SELECT ON t TO fp_reader",
        ("grant SELECT on table t to fp_reader is left behind",),
    ),
    Case(
        "a grant that goes",
        T + ROLE + "GRANT SELECT, INSERT ON t TO fp_reader",
        "REVOKE SELECT ON t FROM fp_reader",
        ("grant SELECT on table t to fp_reader is gone",),
    ),
    Case(
        "the right to grant",
        T + ROLE + "GRANT SELECT ON t TO fp_reader",
        "GRANT SELECT ON t TO fp_reader WITH GRANT OPTION",
        (
            "grant SELECT on table t to fp_reader is gone",
            "grant SELECT on table t to fp_reader with grant option is left behind",
        ),
    ),
    Case(
        "a comment",
        T + "COMMENT ON TABLE t IS 'old'",
        "COMMENT ON TABLE t IS 'new'",
        ("comment of table t was old and is new",),
    ),
    Case(
        "a comment that goes",
        T + "COMMENT ON TABLE t IS 'old'",
        "COMMENT ON TABLE t IS NULL",
        ("comment old of table t is gone",),
    ),
    Case(
        "a security label",
        T,
        "SET LOCAL allow_system_table_mods = on;"
        "INSERT INTO pg_seclabel VALUES ('t'::regclass, 'pg_class'::regclass, 0, 'selinux', 'secret')",
        ("security label of selinux secret of table t is left behind",),
    ),
    # Columns
    Case(
        "a type",
        T,
        "ALTER TABLE t ALTER b TYPE varchar(9)",
        ("type of column t.b was text and is character varying(9)",),
    ),
    Case(
        "a length",
        "CREATE TABLE t (b varchar(9))",
        "ALTER TABLE t ALTER b TYPE varchar(10)",
        ("type of column t.b was character varying(9) and is character varying(10)",),
    ),
    Case("NOT NULL", T, "ALTER TABLE t ALTER b SET NOT NULL", ("column t.b was nullable and is not",)),
    Case("a default", T, "ALTER TABLE t ALTER b SET DEFAULT 'x'", ("default 'x'::text of column t.b is left behind",)),
    Case(
        "an identity",
        T,
        "ALTER TABLE t ALTER a ADD GENERATED ALWAYS AS IDENTITY",
        ("identity always of column t.a is left behind", "sequence t_a_seq is left behind"),
    ),
    Case(
        "a generated column",
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED)",
        "ALTER TABLE t ALTER b DROP EXPRESSION",
        ("generated a + 1 stored of column t.b is gone",),
    ),
    Case(
        "a collation", T, 'ALTER TABLE t ALTER b TYPE text COLLATE "C"', ('collation "C" of column t.b is left behind',)
    ),
    Case(
        "storage", T, "ALTER TABLE t ALTER b SET STORAGE EXTERNAL", ("storage external of column t.b is left behind",)
    ),
    Case(
        "compression",
        T,
        "ALTER TABLE t ALTER b SET COMPRESSION pglz",
        ("compression pglz of column t.b is left behind",),
    ),
    Case(
        "a statistics target",
        T,
        "ALTER TABLE t ALTER b SET STATISTICS 7",
        ("statistics target 7 of column t.b is left behind",),
    ),
    Case(
        "an option of a column",
        T,
        "ALTER TABLE t ALTER b SET (n_distinct = 5)",
        ("option n_distinct=5 of column t.b is left behind",),
    ),
    Case(
        "a grant on a column",
        T + ROLE,
        "GRANT SELECT (a) ON t TO fp_reader",
        ("grant SELECT on column t.a to fp_reader is left behind",),
    ),
    Case("a comment on a column", T, "COMMENT ON COLUMN t.a IS 'key'", ("comment key of column t.a is left behind",)),
    Case(
        "the order of columns",
        "CREATE TABLE t (a int, b int, c int)",
        "ALTER TABLE t DROP b; ALTER TABLE t ADD b int",
        ("columns of table t are in another order: a, c, b",),
    ),
    # Constraints and indexes
    Case(
        "a constraint",
        T,
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0 AND b <> '')",
        ("constraint k on t is left behind",),
    ),
    Case(
        "what a constraint says",
        T + "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
        "ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k CHECK (a > 1)",
        ("definition of constraint k on t was CHECK (a > 0) and is CHECK (a > 1)",),
    ),
    Case(
        "a constraint that is not valid",
        T + "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
        "ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID",
        ("constraint k on t was valid and is not",),
    ),
    Case(
        "deferrable",
        T + "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES t",
        "ALTER TABLE t ALTER CONSTRAINT k DEFERRABLE",
        (
            "definition of constraint k on t was FOREIGN KEY (a) REFERENCES t(a) and is FOREIGN KEY (a) "
            "REFERENCES t(a) DEFERRABLE",
        ),
    ),
    Case(
        "not enforced",
        T + "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES t",
        "ALTER TABLE t ALTER CONSTRAINT k NOT ENFORCED",
        ("definition of constraint k on t", "constraint k on t was valid and is not"),
        since=18,
    ),
    Case(
        "the name of NOT NULL",
        "CREATE TABLE t (a int CONSTRAINT n1 NOT NULL)",
        "ALTER TABLE t RENAME CONSTRAINT n1 TO n2",
        ("constraint n1 on t is gone", "constraint n2 on t is left behind"),
        since=18,
    ),
    Case("an index", T, "CREATE INDEX i ON t (b)", ("index i is left behind",)),
    Case(
        "what an index is of",
        T + "CREATE INDEX i ON t (b)",
        "DROP INDEX i; CREATE INDEX i ON t (b DESC)",
        (
            "definition of index i was CREATE INDEX i ON t USING btree (b) and is "
            "CREATE INDEX i ON t USING btree (b DESC)",
        ),
    ),
    Case(
        "an index that is not valid",
        T + "CREATE INDEX i ON t (b)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass",
        ("index i was valid and is not",),
    ),
    Case(
        "an index that is not ready",
        T + "CREATE INDEX i ON t (b)",
        "UPDATE pg_index SET indisready = false WHERE indexrelid = 'i'::regclass",
        ("index i was ready and is not",),
    ),
    Case(
        "clustered",
        T + "CREATE INDEX i ON t (b)",
        "ALTER TABLE t CLUSTER ON i",
        ("index i was not what its table is clustered by and is",),
    ),
    Case(
        "an index as replica identity",
        "CREATE TABLE t (a int NOT NULL); CREATE UNIQUE INDEX i ON t (a)",
        "ALTER TABLE t REPLICA IDENTITY USING INDEX i",
        ("index i was not the replica identity and is", "replica identity index of table t is left behind"),
    ),
    Case(
        "statistics of an index",
        T + "CREATE INDEX i ON t (lower(b))",
        "ALTER INDEX i ALTER 1 SET STATISTICS 9",
        ("statistics target 1: 9 of index i is left behind",),
    ),
    # Views, rules, triggers, policies
    Case(
        "a view's query",
        T + "CREATE VIEW v AS SELECT a FROM t",
        "CREATE OR REPLACE VIEW v AS SELECT a FROM t WHERE a > 1",
        ("definition of view v differs, first in line 2: it was FROM t; and is FROM t",),
    ),
    Case(
        "a view's options",
        T + "CREATE VIEW v AS SELECT a FROM t",
        "ALTER VIEW v SET (security_barrier)",
        ("option security_barrier=true of view v is left behind",),
    ),
    Case(
        "a materialized view without rows",
        T + "CREATE MATERIALIZED VIEW m AS SELECT a FROM t",
        "REFRESH MATERIALIZED VIEW m WITH NO DATA",
        ("materialized view m was populated and is not",),
    ),
    Case("a rule", T, "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING", ("rule r on t is left behind",)),
    Case(
        "a rule that is off",
        T + "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
        "ALTER TABLE t DISABLE RULE r",
        ("fires never of rule r on t is left behind",),
    ),
    Case("a trigger", T, TRIGGER, ("function g() is left behind", "trigger w on t is left behind")),
    Case(
        "a trigger that is off",
        T + TRIGGER,
        "ALTER TABLE t DISABLE TRIGGER w",
        ("fires never of trigger w on t is left behind",),
    ),
    Case(
        "when a trigger fires",
        T + TRIGGER,
        "DROP TRIGGER w ON t; CREATE TRIGGER w BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION g()",
        ("definition of trigger w on t",),
    ),
    Case(
        "an event trigger",
        "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE EVENT TRIGGER x ON ddl_command_end EXECUTE FUNCTION e()",
        ("event trigger x is left behind",),
    ),
    Case(
        "an event trigger that is off",
        "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        "CREATE EVENT TRIGGER x ON ddl_command_end EXECUTE FUNCTION e()",
        "ALTER EVENT TRIGGER x DISABLE",
        ("fires never of event trigger x is left behind",),
    ),
    Case("a policy", T, "CREATE POLICY p ON t USING (a > 0)", ("policy p on t is left behind",)),
    Case(
        "a policy's condition",
        T + "CREATE POLICY p ON t USING (a > 0)",
        "ALTER POLICY p ON t USING (a > 1)",
        ("using of policy p on t was a > 0 and is a > 1",),
    ),
    Case(
        "a policy's roles",
        T + ROLE + "CREATE POLICY p ON t USING (a > 0)",
        "ALTER POLICY p ON t TO fp_reader",
        (
            "role public of policy p on t is gone",
            "role fp_reader of policy p on t is left behind",
        ),
    ),
    # Functions
    Case("a function", "", FUNCTION, ("function f(integer) is left behind",)),
    Case(
        "a function's body",
        FUNCTION,
        "CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
        (
            "definition of function f(integer) differs, first in line 4: it was AS $function$SELECT 1$function$ and is "
            "AS $function$SELECT 2$function$",
        ),
    ),
    Case(
        "a function's rights",
        FUNCTION,
        "ALTER FUNCTION f SECURITY DEFINER",
        ("definition of function f(integer) differs",),
    ),
    Case(
        "a function's volatility", FUNCTION, "ALTER FUNCTION f STABLE", ("definition of function f(integer) differs",)
    ),
    Case(
        "a function's settings",
        FUNCTION,
        "ALTER FUNCTION f SET work_mem = '1MB'",
        ("definition of function f(integer) differs",),
    ),
    Case(
        "what of the usual grants is revoked",
        FUNCTION,
        "REVOKE EXECUTE ON FUNCTION f FROM public",
        ("the revocation of grant EXECUTE on function f(integer) to public is left behind",),
    ),
    Case("a procedure", "", "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'", ("procedure p() is left behind",)),
    Case(
        "an aggregate",
        "CREATE AGGREGATE s(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0')",
        "DROP AGGREGATE s(int); CREATE AGGREGATE s(int) (SFUNC = int4pl, STYPE = int, INITCOND = '1')",
        (
            "part initial '0' - of aggregate s(integer) is gone",
            "part initial '1' - of aggregate s(integer) is left behind",
        ),
    ),
    # Types
    Case(
        "a label",
        "CREATE TYPE e AS ENUM ('a', 'c')",
        "ALTER TYPE e ADD VALUE 'b' BEFORE 'c'",
        ("label b of type e is left behind",),
    ),
    Case(
        "the order of labels",
        "CREATE TYPE e AS ENUM ('a', 'b')",
        "DROP TYPE e; CREATE TYPE e AS ENUM ('b', 'a')",
        ("labels of type e are in another order: b, a",),
    ),
    Case(
        "a composite type",
        "CREATE TYPE k AS (a int)",
        "ALTER TYPE k ADD ATTRIBUTE b int",
        ("column k.b is left behind",),
    ),
    Case("a domain", "CREATE DOMAIN d AS int", "ALTER DOMAIN d SET NOT NULL", ("type d was nullable and is not",)),
    Case(
        "a domain's constraint",
        "CREATE DOMAIN d AS int",
        "ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE > 0)",
        ("constraint k on d is left behind",),
    ),
    Case(
        "a domain's default",
        "CREATE DOMAIN d AS int",
        "ALTER DOMAIN d SET DEFAULT 1",
        ("default 1 of type d is left behind",),
    ),
    Case(
        "a range",
        "CREATE TYPE r AS RANGE (SUBTYPE = float8)",
        "DROP TYPE r; CREATE TYPE r AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi)",
        (
            "trait difference - of type r is gone",
            "trait difference float8mi of type r is left behind",
        ),
    ),
    Case(
        "a base type",
        COMPLEX.format(""),
        "DROP TYPE c CASCADE;" + COMPLEX.format(", DELIMITER = ':'"),
        ("part category U f delimiter , of type c is gone", "part category U f delimiter : of type c is left behind"),
    ),
    Case(
        "a type's owner", "CREATE TYPE e AS ENUM ('a');" + ROLE, "ALTER TYPE e OWNER TO fp_reader", ("owner of type e",)
    ),
    Case(
        "a grant on a type",
        "CREATE TYPE e AS ENUM ('a')",
        "REVOKE USAGE ON TYPE e FROM public",
        ("the revocation of grant USAGE on type e to public is left behind",),
    ),
    # Sequences
    Case(
        "a sequence's step",
        "CREATE SEQUENCE q",
        "ALTER SEQUENCE q INCREMENT 2",
        ("parameters of sequence q differs, first in line 1",),
    ),
    Case(
        "whose a sequence is",
        T + "CREATE SEQUENCE q",
        "ALTER SEQUENCE q OWNED BY t.a",
        ("owned by t.a of sequence q is left behind",),
    ),
    # Operators, casts, languages, methods
    Case(
        "an operator",
        "",
        EQUAL,
        ("function same(integer,text) is left behind", "operator ===(integer,text) is left behind"),
    ),
    Case(
        "an operator's traits",
        EQUAL,
        "ALTER OPERATOR === (int, text) SET (RESTRICT = eqsel)",
        ("estimators of operator ===(integer,text) was - - and is eqsel -",),
    ),
    Case(
        "an operator family",
        "CREATE OPERATOR FAMILY fam USING btree",
        "ALTER OPERATOR FAMILY fam USING btree ADD FUNCTION 1 (int4, int2) btint42cmp(int4, int2)",
        ("function 1 (integer, smallint) btint42cmp of operator family public.fam using btree is left behind",),
    ),
    Case(
        "an operator class",
        "CREATE OPERATOR CLASS cls FOR TYPE int4 USING hash AS OPERATOR 1 =",
        "DROP OPERATOR FAMILY cls USING hash; CREATE OPERATOR CLASS cls FOR TYPE int8 USING hash AS OPERATOR 1 =",
        (
            "type of operator class public.cls using hash was integer and is bigint",
            "operator 1 =(integer,integer) of operator family public.cls using hash is gone",
            "operator 1 =(bigint,bigint) of operator family public.cls using hash is left behind",
        ),
    ),
    Case("a cast", EQUAL, "CREATE CAST (int4 AS point) WITH INOUT", ("cast (integer AS point) is left behind",)),
    Case(
        "when a cast is made",
        "CREATE CAST (int4 AS point) WITH INOUT",
        "DROP CAST (int4 AS point); CREATE CAST (int4 AS point) WITH INOUT AS ASSIGNMENT",
        ("context of cast (integer AS point) was explicit and is assignment",),
    ),
    Case(
        "an access method of its own",
        "",
        "CREATE ACCESS METHOD m TYPE TABLE HANDLER heap_tableam_handler",
        ("access method m is left behind",),
    ),
    Case(
        "a language",
        "CREATE LANGUAGE mine HANDLER plpgsql_call_handler",
        "DROP LANGUAGE mine; CREATE TRUSTED LANGUAGE mine HANDLER plpgsql_call_handler",
        ("language mine was not trusted and is",),
    ),
    Case(
        "a transform",
        "",
        "CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))",
        ("transform for integer language sql is left behind",),
    ),
    # Texts
    Case(
        "a collation of its own",
        'CREATE COLLATION co FROM "C"',
        'DROP COLLATION co; CREATE COLLATION co FROM "POSIX"',
        ("character classes of collation co was C and is POSIX", "locale of collation co was C and is POSIX"),
    ),
    Case(
        "a conversion",
        "CREATE CONVERSION co FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
        "DROP CONVERSION co; CREATE DEFAULT CONVERSION co FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
        ("conversion public.co was not default and is",),
    ),
    Case(
        "a text search configuration",
        "CREATE TEXT SEARCH CONFIGURATION tc (COPY = english)",
        "ALTER TEXT SEARCH CONFIGURATION tc DROP MAPPING FOR email",
        ("mapping 4: simple of text search configuration tc is gone",),
    ),
    Case(
        "a text search dictionary",
        "CREATE TEXT SEARCH DICTIONARY td (TEMPLATE = simple)",
        "ALTER TEXT SEARCH DICTIONARY td (accept = false)",
        ("parameters accept = 'false' of text search dictionary td is left behind",),
    ),
    Case(
        "a text search parser",
        "",
        "CREATE TEXT SEARCH PARSER tp (START = prsd_start, GETTOKEN = prsd_nexttoken,"
        " END = prsd_end, LEXTYPES = prsd_lextype)",
        ("text search parser public.tp is left behind",),
    ),
    Case(
        "a text search template",
        "",
        "CREATE TEXT SEARCH TEMPLATE tt (LEXIZE = dsimple_lexize)",
        ("text search template public.tt is left behind",),
    ),
    # Foreign data: options may be secrets, and are not told.
    Case(
        "a foreign data wrapper",
        FOREIGN,
        "ALTER FOREIGN DATA WRAPPER w OPTIONS (debug 'hunter2')",
        ("option debug of foreign data wrapper w is left behind",),
    ),
    Case(
        "a foreign server",
        FOREIGN + "ALTER SERVER s OPTIONS (host 'one')",
        "ALTER SERVER s OPTIONS (SET host 'hunter2')",
        ("option host of foreign server s has another value",),
    ),
    Case(
        "a user mapping",
        FOREIGN + "CREATE USER MAPPING FOR public SERVER s OPTIONS (password 'hunter1')",
        "ALTER USER MAPPING FOR public SERVER s OPTIONS (SET password 'hunter2')",
        ("option password of user mapping for public server s has another value",),
    ),
    Case(
        "a foreign table",
        FOREIGN + "CREATE FOREIGN TABLE ft (a int) SERVER s",
        "ALTER FOREIGN TABLE ft OPTIONS (name 'hunter2')",
        ("option name of foreign table ft is left behind",),
    ),
    # Replication and planning
    Case(
        "a publication",
        T + "CREATE PUBLICATION pub",
        "ALTER PUBLICATION pub ADD TABLE t",
        ("table t of publication pub is left behind",),
    ),
    Case(
        "what a publication publishes",
        T + "CREATE PUBLICATION pub FOR TABLE t",
        "ALTER PUBLICATION pub SET (publish = 'insert')",
        ("event update of publication pub is gone", "event delete", "event truncate"),
    ),
    Case(
        "a row filter",
        T + "CREATE PUBLICATION pub FOR TABLE t",
        "ALTER PUBLICATION pub SET TABLE t (a) WHERE (a > 1)",
        ("table t of publication pub is gone", "table t (a) WHERE (a > 1) of publication pub is left behind"),
        since=15,
    ),
    Case(
        "a schema in a publication",
        "CREATE SCHEMA s; CREATE PUBLICATION pub",
        "ALTER PUBLICATION pub ADD TABLES IN SCHEMA s",
        ("schema s of publication pub is left behind",),
        since=15,
    ),
    Case(
        "a subscription",
        "CREATE SUBSCRIPTION sub CONNECTION 'host=h password=hunter2' PUBLICATION pub "
        "WITH (connect = false, slot_name = NONE)",
        "ALTER SUBSCRIPTION sub SET (synchronous_commit = on)",
        ("synchronous commit of subscription sub was off and is on",),
    ),
    Case(
        "statistics",
        T + "CREATE STATISTICS st ON a, b FROM t",
        "ALTER STATISTICS st SET STATISTICS 5",
        ("target 5 of statistics public.st is left behind",),
    ),
    Case(
        "default privileges",
        ROLE,
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO fp_reader",
        ("default privileges of postgres in public for tables is left behind",),
    ),
    Case(
        "more default privileges",
        ROLE + "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO fp_reader",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT INSERT ON TABLES TO fp_reader",
        ("grant INSERT on default privileges of postgres in public for tables to fp_reader is left behind",),
    ),
    Case(
        "an extension",
        "CREATE SCHEMA s; CREATE EXTENSION hstore",
        "ALTER EXTENSION hstore SET SCHEMA s",
        ("schema of extension hstore was public and is s",),
    ),
    Case("an extension that comes", "", "CREATE EXTENSION hstore", ("extension hstore is left behind",)),
)


@pytest.fixture(scope="module")
def base(server: Server) -> Iterator[Connection]:
    target = clone(server, "template0", f"fingerprints{server.version}")
    with connect(target) as connection:
        yield connection
    server.execute(f"DROP DATABASE fingerprints{server.version} WITH (FORCE)")


@pytest.fixture
def connection(base: Connection) -> Iterator[Connection]:
    yield from rolled_back(base)


def execute(connection: Connection, sql: str) -> Snapshot:
    connection.execute(sql.encode() or b"SELECT 1")
    return read_snapshot(connection)


def every_word(before: Snapshot, after: Snapshot) -> list[str]:
    return [str(each) for each in differences(before, after)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_of_one_fact_is_seen_and_said(connection: Connection, case: Case) -> None:
    if connection.info.server_version < case.since * 10_000:
        pytest.skip(f"PostgreSQL {case.since} is the first that knows it")
    before = execute(connection, case.setup)
    after = execute(connection, case.change)
    said = every_word(before, after)
    assert len(said) == len(case.words), said
    for expected in case.words:
        assert any(words.startswith(expected) or words.endswith(expected) for words in said), (expected, said)
    assert fingerprint(before) != fingerprint(after)
    assert "hunter" not in repr((before, after))


def test_what_two_databases_do_not_share_makes_no_difference(connection: Connection) -> None:
    before = execute(connection, "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (b); CREATE SEQUENCE q;")
    after = execute(
        connection,
        "ALTER TABLE t ADD gap int; ALTER TABLE t DROP gap; DROP INDEX i; CREATE INDEX i ON t (b);"  # numbers
        "SELECT nextval('q'); INSERT INTO t VALUES (1, 2);"  # values and rows
        "CREATE TEMP TABLE passing (a int); CREATE SCHEMA platformdb; CREATE TABLE platformdb.history (a int);"
        "GRANT SELECT ON t TO postgres; REVOKE EXECUTE ON FUNCTION pg_catalog.now() FROM public;"  # as it is by itself
        "SET LOCAL search_path = pg_catalog;",
    )
    assert every_word(before, after) == []
    assert fingerprint(before) == fingerprint(after)


def test_what_an_extension_brought_is_the_extensions(connection: Connection) -> None:
    before = read_snapshot(connection)
    after = execute(connection, "CREATE SCHEMA s; CREATE EXTENSION hstore SCHEMA s")
    assert set(after.things) - set(before.things) == {"schema s", "extension hstore"}


def test_an_exact_undo_leaves_no_difference(connection: Connection) -> None:
    before = execute(connection, T + FUNCTION + "CREATE TYPE e AS ENUM ('a'); COMMENT ON TABLE t IS 'kept';")
    connection.execute(
        "ALTER TABLE t ADD c e DEFAULT 'a' NOT NULL; CREATE INDEX i ON t (c); CREATE VIEW v AS SELECT c FROM t;"
        "ALTER FUNCTION f STABLE; REVOKE EXECUTE ON FUNCTION f FROM public; COMMENT ON TABLE t IS NULL;"
    )
    after = execute(
        connection,
        "DROP VIEW v; ALTER TABLE t DROP c; ALTER FUNCTION f VOLATILE; GRANT EXECUTE ON FUNCTION f TO public;"
        "COMMENT ON TABLE t IS 'kept';",
    )
    assert every_word(before, after) == []
    assert fingerprint(before) == fingerprint(after)


# Every kind of object that pg_dump writes, at once.
RICH = f"""
    {T} {TRIGGER} {FUNCTION} {EQUAL} {COMPLEX.format("")} {FOREIGN}
    CREATE SCHEMA s;
    CREATE TABLE s.p (a int, b text) PARTITION BY RANGE (a);
    CREATE TABLE s.p1 PARTITION OF s.p FOR VALUES FROM (1) TO (2);
    CREATE INDEX pi ON s.p (b);
    ALTER TABLE t ADD gap int;
    ALTER TABLE t DROP gap;
    ALTER TABLE t ADD d serial, ADD x varchar(9) DEFAULT 'y';
    ALTER TABLE t ADD CHECK (a > 0 AND (a < 9 OR (a < 10 OR b = 'z'))) NOT VALID;
    CREATE TRIGGER rows BEFORE UPDATE ON t FOR EACH ROW
        WHEN ((OLD.a, OLD.b, OLD.d) IS DISTINCT FROM (NEW.a, NEW.b, NEW.d)) EXECUTE FUNCTION g();
    CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
    CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t WHERE b LIKE 'x%';
    CREATE DOMAIN dom AS int CHECK (VALUE > 0);
    CREATE TYPE e AS ENUM ('a', 'b');
    CREATE TYPE k AS (a int, b e);
    CREATE TYPE r AS RANGE (SUBTYPE = float8);
    CREATE POLICY pol ON t USING (a > 0);
    ALTER TABLE t ENABLE ROW LEVEL SECURITY;
    CREATE STATISTICS st ON a, b FROM t;
    CREATE RULE ru AS ON DELETE TO t DO INSTEAD NOTHING;
    CREATE COLLATION co FROM "C";
    CREATE PUBLICATION pub FOR TABLE t;
    CREATE TEXT SEARCH CONFIGURATION tc (COPY = english);
    CREATE AGGREGATE ag(int) (SFUNC = int4pl, STYPE = int);
    CREATE CAST (int4 AS point) WITH INOUT;
    CREATE FOREIGN TABLE ft (a int OPTIONS (n 'x')) SERVER s OPTIONS (t 'y');
    GRANT SELECT ON t TO public;
    GRANT UPDATE (b) ON t TO public;
    REVOKE EXECUTE ON FUNCTION f FROM public;
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO public;
    COMMENT ON COLUMN t.b IS 'said';
"""


def restored(server: Server, source: Target, name: str) -> Target:
    copy = clone(server, "template0", name)
    programs = next(candidate.folder for candidate in find_candidates(None))
    psql = [str(Path(programs) / "psql"), "-qX", "-v", "ON_ERROR_STOP=1", url_of(copy)]
    subprocess.run(psql, input=dumped(server, source), check=True, text=True, capture_output=True)
    return copy


def snapshot_of(target: Target) -> Snapshot:
    with connect(target) as connection:
        return read_snapshot(connection)


def test_a_restored_dump_has_the_same_fingerprint(server: Server, db: Target) -> None:
    with connect(db) as connection:
        connection.execute(RICH.encode())
    name = f"restored{server.version}"
    try:
        copy = restored(server, db, name)
        assert every_word(snapshot_of(db), snapshot_of(copy)) == []
        assert len(snapshot_of(copy).things) > 50
    finally:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_so_has_that_of_a_bundled_platform(server: Server, vrss_db: Target) -> None:
    name = f"restored_platform{server.version}"
    try:
        copy = restored(server, vrss_db, name)
        assert every_word(snapshot_of(vrss_db), snapshot_of(copy)) == []
    finally:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
