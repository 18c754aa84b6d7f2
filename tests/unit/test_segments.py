from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformdb.errors import Refused
from platformdb.migrations.model import Segment
from platformdb.migrations.segments import Part, segments
from platformdb.sqltext.source import Source
from platformdb.sqltext.statements import split


def cut(text: str, *, alone: bool = False) -> tuple[Segment, ...]:
    source = Source("a.sql", text)
    return segments([Part(statement) for statement in split(source)], source.place(0), alone=alone)


def shape(text: str, *, alone: bool = False) -> list[tuple[list[str], bool]]:
    return [([statement.sql for statement in part.statements], part.solo) for part in cut(text, alone=alone)]


def refusal(text: str) -> Refused:
    with pytest.raises(Refused) as caught:
        cut(text)
    return caught.value


class TestRuns:
    def test_a_plain_file_is_one_transaction(self) -> None:
        assert shape("-- a\nCREATE TABLE t (x int);\n\n-- b\nCREATE INDEX i ON t (x);\n") == [
            (["CREATE TABLE t (x int)", "CREATE INDEX i ON t (x)"], False)
        ]

    def test_a_statement_that_refuses_a_transaction_cuts_the_file(self) -> None:
        assert shape("SELECT 1; SELECT 2; VACUUM; VACUUM a; SELECT 3;") == [
            (["SELECT 1", "SELECT 2"], False),
            (["VACUUM"], True),
            (["VACUUM a"], True),
            (["SELECT 3"], False),
        ]

    def test_three_indexes_built_concurrently_are_three_segments(self) -> None:
        text = ";\n".join(f"CREATE INDEX CONCURRENTLY i{n} ON t (x{n})" for n in range(3))
        assert [solo for _, solo in shape(text)] == [True, True, True]

    def test_a_part_that_wants_to_be_alone_is(self) -> None:
        source = Source("a.sql", "SELECT 1; CALL p(); SELECT 2;")
        parts = [Part(statement, alone=statement.kind == "call_stmt") for statement in split(source)]
        found = segments(parts, source.place(0))
        assert [(part.text, part.solo) for part in found] == [
            ("SELECT 1", False),
            ("CALL p()", True),
            ("SELECT 2", False),
        ]

    def test_a_do_block_that_commits_is_alone(self) -> None:
        assert [solo for _, solo in shape("SELECT 1; DO $$ BEGIN COMMIT; END $$; DO $$ BEGIN NULL; END $$")] == [
            False,
            True,
            False,
        ]

    def test_a_whole_file_can_stay_out_of_transactions(self) -> None:
        assert shape("SELECT 1; SELECT 2; BEGIN; SELECT 3; SELECT 4; COMMIT; SELECT 5", alone=True) == [
            (["SELECT 1"], True),
            (["SELECT 2"], True),
            (["SELECT 3", "SELECT 4"], False),
            (["SELECT 5"], True),
        ]

    @pytest.mark.parametrize("text", ["", "-- nothing yet\n", ";", "BEGIN; COMMIT;"])
    def test_a_file_without_statements_has_one_empty_segment(self, text: str) -> None:
        (only,) = cut(text)
        assert (only.statements, only.solo, only.text, str(only.place)) == ((), False, "", "a.sql:1:1")

    def test_a_segment_knows_its_place(self) -> None:
        assert [str(part.place) for part in cut("-- ä\nSELECT 'ß'; VACUUM;\n\n SELECT 3")] == [
            "a.sql:2:1",
            "a.sql:2:13",
            "a.sql:4:2",
        ]

    def test_a_statement_knows_its_place_in_the_file(self) -> None:
        (only,) = cut("SELECT 1;\n  SELECT nope FROM t")
        origin = only.statements[1].origin
        assert origin is not None
        assert str(origin.place(7)) == "a.sql:2:10"

    def test_copy_with_its_rows_is_transactional(self) -> None:
        (only,) = cut("CREATE TABLE t (x text);\nCOPY t FROM stdin;\na;b\n\\.\nSELECT 1;\n")
        assert [statement.sql for statement in only.statements] == [
            "CREATE TABLE t (x text)",
            "COPY t FROM stdin",
            "SELECT 1",
        ]
        assert only.statements[1].data is not None
        assert b"".join(only.statements[1].data.chunks()) == b"a;b\n"

    def test_secrets_are_masked_in_the_text_and_sent_as_they_are(self) -> None:
        source = Source("a.sql", "SELECT 'hunter2'")
        (only,) = segments([Part(split(source)[0], "SELECT '***'")], source.place(0))
        assert (only.text, only.statements[0].sql) == ("SELECT '***'", "SELECT 'hunter2'")

    def test_settings_are_kept_for_the_segments_below(self) -> None:
        first, second, third = cut("SET search_path = a; SELECT 1; SET LOCAL work_mem = '1MB'; VACUUM; SET x.y = 'z'")
        assert [statement.sql for statement in first.settings] == ["SET search_path = a"]
        assert second.settings == ()
        assert [statement.sql for statement in third.settings] == ["SET x.y = 'z'"]

    def test_the_digest_tells_other_statements_and_not_other_comments(self) -> None:
        same = {part.digest for text in ("SELECT 1; VACUUM", "-- a\nselect  1 ;\nVACUUM;") for part in cut(text)}
        assert len(same) == 2
        assert cut("SELECT 2")[0].digest not in same


class TestProbes:
    def test_a_statement_outside_a_transaction_is_asked_for(self) -> None:
        (only,) = cut("CREATE INDEX CONCURRENTLY i ON t (x)")
        assert only.statements[0].probe is not None

    def test_what_a_transaction_holds_together_is_not_asked_for(self) -> None:
        (only,) = cut("CREATE TABLE t (); ALTER TABLE IF EXISTS t ADD x int; SET a.b = 1; ANALYZE t")
        assert [statement.probe for statement in only.statements] == [None] * 4

    def test_a_constraint_that_is_validated_is_asked_for(self) -> None:
        (only,) = cut("ALTER TABLE t VALIDATE CONSTRAINT c")
        assert only.statements[0].probe is not None
        assert only.statements[0].probe.kind == "constraint_valid"


class TestEnums:
    def test_a_new_value_is_committed_before_its_use(self) -> None:
        text = "ALTER TYPE mood ADD VALUE 'ok'; ALTER TYPE mood ADD VALUE 'so'; SELECT 1; SELECT 'ok', 'so'; SELECT 2"
        assert [len(sent) for sent, _ in shape(text)] == [3, 2]

    def test_a_new_value_that_nobody_uses_cuts_nothing(self) -> None:
        assert len(shape("ALTER TYPE mood ADD VALUE 'ok'; SELECT 'other'; CREATE TABLE ok ()")) == 1

    def test_a_use_before_the_value_cuts_nothing(self) -> None:
        assert len(shape("SELECT 'ok'; ALTER TYPE mood ADD VALUE 'ok'")) == 1

    def test_values_of_a_type_made_in_the_same_transaction_may_be_used_at_once(self) -> None:
        text = "ALTER TYPE mood ADD VALUE 'ok'; SELECT 'ok'::mood"
        assert len(shape(f"CREATE TYPE mood AS ENUM ('bad'); {text}")) == 1
        assert len(shape(f"CREATE TYPE mood AS ENUM ('bad'); VACUUM; {text}")) == 4

    def test_after_the_cut_nothing_is_left_to_be_committed(self) -> None:
        assert len(shape("ALTER TYPE mood ADD VALUE 'ok'; SELECT 'ok'; SELECT 'ok'")) == 2


class TestBlocks:
    def test_each_block_is_a_segment_of_its_own_without_begin_and_commit(self) -> None:
        assert shape("SELECT 1; BEGIN; SELECT 2; SELECT 3; COMMIT; START TRANSACTION; SELECT 4; END; SELECT 5") == [
            (["SELECT 1"], False),
            (["SELECT 2", "SELECT 3"], False),
            (["SELECT 4"], False),
            (["SELECT 5"], False),
        ]

    def test_a_file_wrapped_in_one_transaction_is_one_segment(self) -> None:
        assert shape("BEGIN;\nCREATE TABLE t ();\nCOMMIT;\n") == [(["CREATE TABLE t ()"], False)]

    def test_how_a_block_opens_is_kept_where_it_says_more_than_begin(self) -> None:
        text = "BEGIN; SELECT 1; COMMIT; BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 2; COMMIT; SELECT 3"
        assert [part.begin for part in cut(text)] == ["BEGIN", "BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN"]

    def test_concurrent_builds_between_blocks_are_alone(self) -> None:
        text = "BEGIN; SELECT 1; COMMIT; CREATE INDEX CONCURRENTLY i ON t (x); BEGIN; SELECT 2; COMMIT"
        assert [solo for _, solo in shape(text)] == [False, True, False]

    def test_savepoints_pass_through(self) -> None:
        inside = ["SAVEPOINT a", "SELECT 1", "ROLLBACK TO a", "RELEASE a"]
        assert shape(f"BEGIN; {'; '.join(inside)}; COMMIT") == [(inside, False)]
        assert shape("; ".join(inside)) == [(inside, False)]


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("SELECT 1;\nROLLBACK;", "ROLLBACK would throw away", "a.sql:2:1"),
        ("BEGIN; SELECT 1; ABORT", "ABORT would throw away", "a.sql:1:18"),
        (
            "BEGIN; SELECT 1; PREPARE TRANSACTION 'x'",
            "PREPARE TRANSACTION is about a transaction that outlives",
            "a.sql:1:18",
        ),
        ("COMMIT PREPARED 'x'", "COMMIT PREPARED is about a transaction that outlives", "a.sql:1:1"),
        ("ROLLBACK PREPARED 'x'", "ROLLBACK PREPARED is about a transaction that outlives", "a.sql:1:1"),
        (
            "BEGIN; SELECT 1; COMMIT AND CHAIN; COMMIT",
            "COMMIT begins a transaction that the file does not show",
            "a.sql:1:18",
        ),
        ("BEGIN; SELECT 1; BEGIN; COMMIT", "BEGIN begins a transaction inside another", "a.sql:1:18"),
        ("CREATE TABLE t ();\nCOMMIT;", "COMMIT ends a transaction that the file did not begin", "a.sql:2:1"),
        ("BEGIN; COMMIT; COMMIT", "COMMIT ends a transaction that the file did not begin", "a.sql:1:16"),
        ("SELECT 1; BEGIN", "BEGIN begins a transaction that the file does not end", "a.sql:1:11"),
        ("BEGIN; SELECT 1", "BEGIN begins a transaction that the file does not end", "a.sql:1:1"),
        ("BEGIN; VACUUM; COMMIT", "VACUUM runs outside any transaction only", "a.sql:1:8"),
        (
            "BEGIN; create  index\nconcurrently i ON t (x); COMMIT",
            "CREATE INDEX CONCURRENTLY runs outside",
            "a.sql:1:8",
        ),
        ("COPY t TO STDOUT", "COPY copies rows to the client", "a.sql:1:1"),
        ("BEGIN; COPY t TO STDOUT; COMMIT", "COPY copies rows to the client", "a.sql:1:8"),
    ],
)
def test_a_transaction_that_cannot_be_kept_whole_is_refused(text: str, message: str, place: str) -> None:
    error = refusal(text)
    assert message in error.message
    assert str(error.place) == place
    assert error.help


PLAIN = ["SELECT 1", "CREATE TABLE t ()", "SAVEPOINT a", "ALTER TYPE m ADD VALUE 'v'", "SELECT 'v'", "SET a.b = 1"]
SOLO = ["VACUUM", "CREATE INDEX CONCURRENTLY i ON t (x)", "DROP DATABASE d"]
BLOCK = st.lists(st.sampled_from(PLAIN)).map(lambda inside: ["BEGIN", *inside, "COMMIT"])


@given(st.lists(st.sampled_from([*PLAIN, *SOLO]).map(lambda one: [one]) | BLOCK), st.booleans())
def test_every_statement_is_in_exactly_one_segment_and_in_order(groups: list[list[str]], alone: bool) -> None:
    texts = [text for group in groups for text in group]
    found = cut(";\n".join(texts), alone=alone)
    sent = [statement.sql for part in found for statement in part.statements]
    assert sent == [text for text in texts if text not in {"BEGIN", "COMMIT"}]
    assert all(len(part.statements) == 1 for part in found if part.solo)
    assert all(part.statements for part in found) or len(found) == 1
    assert all(part.solo for part in found if part.statements and part.statements[0].sql in SOLO)
