from __future__ import annotations

import pytest

from platformdb.seeding.files.places import find_line
from platformdb.seeding.plan import rehearse
from platformdb.seeding.problems import Invalid, Problem, explain
from platformdb.seeding.rows.world import World
from seeding_worlds import HEAD, definition, sources

TABLE = """
[profiles.test]
rows = 3
[tables.t]
rows = { shape = "independent", count = "$rows" }
[tables.t.columns]
"""
WORDS = {"words.csv": "word,kind,weight:int\nblue,x,1\nred,y,2\n"}


def problems(text: str, references: dict[str, str] | None = None, profile: str = "test") -> list[str]:
    """What reading and trying the definition finds, as the user sees it."""
    try:
        read = definition(text, references, profile)
    except Invalid as invalid:
        found = invalid.problems
    else:
        found = rehearse(read)[1]
    return shown(found, text)


def shown(found: tuple[Problem, ...], text: str) -> list[str]:
    error = explain(found, sources(text)) if found else None
    if error is None:
        return []
    return error.detail.splitlines() if len(found) > 1 else [f"{error.place}: {error.message}"]


def column(options: str, references: dict[str, str] | None = None) -> str:
    """The one problem of a table with one column c, without place and key."""
    found = problems(f"{HEAD}{TABLE}c = {options}\n", references or WORDS)
    assert len(found) == 1, found
    assert found[0].startswith("seeds/demo/seed.toml:10: tables.t.columns.c"), found
    return found[0].partition("tables.t.columns.c")[2]


def test_a_good_definition_has_no_problem() -> None:
    assert problems(f'{HEAD}{TABLE}c = {{ make = "uuid7" }}\n') == []


def test_all_problems_are_said_at_once_each_with_its_line_and_key() -> None:
    text = f"""{HEAD}
colour = "blue"
[profiles.test]
rows = 3
[profiles.big]
rows = 9
more = 1
[tables.t]
rows = {{ shape = "independent", count = "$row" }}
wrong = 1
[tables.t.columns]
a = {{ make = "uuid8" }}
b = {{ make = "flag", share = "often" }}
c = {{ make = "flag" }}
d = {{ make = "flag", share = 0.5, colour = 1 }}
e = "text"
"""
    found = problems(text)
    for expected in (
        "seeds/demo/seed.toml:5: colour: unknown key",
        "seeds/demo/seed.toml:6: profiles.test: 'more' is missing",
        "seeds/demo/seed.toml:12: tables.t.rows.count: the profiles have no number 'row'",
        "seeds/demo/seed.toml:13: tables.t.wrong: unknown key",
        "seeds/demo/seed.toml:15: tables.t.columns.a: Input tag 'uuid8'",
        "seeds/demo/seed.toml:16: tables.t.columns.b.share: Input should be a valid number",
        "seeds/demo/seed.toml:17: tables.t.columns.c: share:",
        "seeds/demo/seed.toml:18: tables.t.columns.d.colour: colour:",
        "seeds/demo/seed.toml:19: tables.t.columns.e: must be a table such as",
    ):
        assert any(line.startswith(expected) for line in found), (expected, found)
    assert len(found) == 9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ('{ make = "copy", of = "nothing" }', ": t has no column, helper or link 'nothing'; it has time, c"),
        ('{ make = "copy", of = "time.id" }', ": 'time.id': 'time' of t is no link"),
        ('{ make = "copy", of = "c" }', ": these columns of t depend on each other: c → c"),
        ('{ make = "draw", table = "t" }', ': a link is no value: copy a column of it, such as "c.id"'),
        ('{ make = "draw", table = "u" }', ": there is no table 'u' in seed.toml"),
        ('{ make = "pick", file = "no.csv" }', ": there is no reference file 'no.csv'"),
        (
            '{ make = "pick", file = "words.csv", match = { size = "time" } }',
            ": words.csv has no column 'size', only word, kind, weight",
        ),
        ('{ make = "first", of = [] }', ": of needs at least one path"),
        ('{ make = "uuid7", of = "c" }', ": these columns of t depend on each other: c → c"),
        ('{ make = "choice", values = ["a", "b"], weights = [1] }', ": 2 values and 1 weights"),
        ('{ make = "choice", values = ["a", 1] }', ": values must be one or more, all texts"),
        ('{ make = "choice", values = ["a"], weights = [0] }', ": weights must not be negative"),
        ('{ make = "aggregate", function = "sum", of = "t", by = "x" }', ": sum, min and max need a value"),
        ('{ make = "aggregate", function = "count", of = "t", by = "time" }', ": 'time' of t is no link"),
        ('{ make = "member", of = "t", by = "time", at = "time" }', ": 'time' of t is no link"),
        ('{ make = "number", spread = { dist = "uniform", min = 3, max = 1 } }', ": min is greater than max"),
        ('{ make = "number", spread = { dist = "lognormal", median = 0, sigma = 1 } }', ": median must be greater"),
        ('{ make = "number", spread = { dist = "fixed", value = "3 weeks" } }', ": '3 weeks' is no duration"),
        ('{ make = "number", spread = { dist = "fixed", value = "xh" } }', ": 'xh' is no duration"),
        ('{ make = "number", spread = { dist = "fixed", value = 1 }, times = "time" }', ": 'time' is of kind time"),
        ('{ make = "draw", table = "t", skew = { childless = 1 } }', ": childless is a share from 0"),
        ('{ make = "text", templates = [] }', ": templates needs at least one text"),
        ('{ make = "array", of = [] }', ": of needs at least one path"),
        ('{ make = "gather", of = "t", by = "time", value = "time" }', ": 'time' of t is no link"),
        ('{ make = "bytes", size = -1 }', ": size must be from 0 to 10000"),
        ('{ make = "bytes", size = 99999999999 }', ": size must be from 0 to 10000"),
        ('{ make = "digest", of = "time" }', ": 'time' is of kind time, neither a text nor bytes"),
        ('{ make = "compute", of = ["time"], function = "add" }', ": of needs two or more paths or numbers"),
        ('{ make = "compute", of = ["time", "time"], function = "add" }', ": no add of values of the kinds time, time"),
        ('{ make = "compute", of = [0.5, 1], function = "bit_or" }', ": no bit_or of values of the kinds float, int"),
        ('{ make = "compute", of = ["time", 1], function = "least" }', ": no least or greatest of values of the kinds"),
        ('{ make = "compute", of = ["time", "3 weeks"], function = "add" }', ": '3 weeks' is no duration"),
        ('{ make = "compare", left = "time", op = "<", right = 1 }', ": 'time' is of kind time, and '1' of kind int"),
        ('{ make = "compare", left = "time", op = "<", right = 2025-01-01T00:00:00 }', ": a time needs its offset"),
        ('{ make = "compare", left = "time", op = "==", right = 1 }', "op: Input should be '<'"),
        ('{ make = "running", function = "sum", of = "time" }', ": 'time' is of kind time: no sum of that"),
        ('{ make = "embedding", of = "time", dims = 0 }', ": dims must be from 1 to 16000"),
        ('{ make = "embedding", of = "time", dims = 3, noise = -1 }', ": noise must be from 0 to 10"),
        ('{ make = "uuid7", extension = 1 }', ".extension: Input should be a valid string"),
        ('{ make = "uuid7", nulls = -0.5 }', ".nulls: Input should be greater than or equal to 0"),
        ('{ make = "flag", share = 2 }', ".share: Input should be less than or equal to 1"),
        ('{ make = "earlier", same = "time", share = 1.5 }', ".share: Input should be less than or equal to 1"),
        ('{ make = "number", spread = { dist = "fixed", value = nan } }', "value: nan is no number that can be"),
        ('{ make = "ordinal", start = 99999999999999999999 }', ".start: 1e+20 is no number that can be"),
        (
            '{ make = "number", spread = { dist = "fixed", value = 1 }, decimals = 16 }',
            "decimals: Input should be less",
        ),
        ('{ make = "number", spread = { dist = "lognormal", median = 1, sigma = 1, min = 2, max = 1 } }', "nor min"),
        ('{ make = "number", spread = { dist = "lognormal", median = 1, sigma = -1 } }', "sigma must not be negative"),
        ('{ make = "time", min = 2020-01-01, max = 2020-01-01 }', ": min must be before max"),
        ('{ make = "inet", network = "10.0.0.1/8" }', ": 10.0.0.1/8 has host bits set"),
        ('{ make = "inet", network = "10.0.0.0/8", prefix = 4 }', ": prefix must be from 8 to 32 in 10.0.0.0/8"),
        ('{ make = "pattern", of = "(a" }', ": '(a' from '': a '(' without ')'"),
        (
            '{ make = "prose", words = { dist = "fixed", value = 1 }, paragraphs = 0 }',
            ": paragraphs must be at least 1",
        ),
        ('{ make = "prose", words = { dist = "fixed", value = 1 }, title = true, vocabulary = "x" }', ": headings are"),
        ('{ make = "contract" }', ": choose one of model and of"),
        ('{ make = "contract", model = "X", documents = 0 }', ": documents must be from 1 to 4,096"),
        ('{ make = "gather", of = "t", by = "x", value = "y", limit = -1 }', ".limit: Input should be greater than"),
    ],
)
def test_what_a_column_cannot_be_is_said_with_its_line(options: str, message: str) -> None:
    found = column(options)
    assert message.lstrip(": ") in found, found


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ('{ shape = "independent", count = -1 }', "count must not be negative"),
        ('{ shape = "per", of = [] }', "of needs at least one source"),
        (
            '{ shape = "per", of = [{ table = "t", count = { dist = "fixed", value = 1 }, total = 1 }] }',
            "choose one of",
        ),
        ('{ shape = "per", of = [{ table = "t", share = 2 }] }', "share must be from 0 to 1"),
        ('{ shape = "per", of = [{ table = "t", total = -1 }] }', "total must not be negative"),
        ('{ shape = "per", of = [{ table = "t", skew = { zipf = 1 } }] }', "skew spreads a total"),
        ('{ shape = "per", of = [{ table = "t" }] }', "the rows of these tables depend on each other: t → t"),
        ('{ shape = "reference", file = "no.csv" }', "there is no reference file 'no.csv'"),
        (
            '{ shape = "pairs", left = { table = "t", link = "a" }, right = { table = "u", link = "b" }, total = 1,'
            " reciprocity = 0.5 }",
            "reciprocity needs the same table on both sides",
        ),
    ],
)
def test_rows_that_cannot_be(rows: str, message: str) -> None:
    text = f"{HEAD}[profiles.test]\n[tables.t]\nrows = {rows}\n[tables.t.columns]\nc = {{ make = 'uuid7' }}\n"
    found = problems(text)
    assert message in found[0], found
    assert "tables.t.rows" in found[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("start = 2025-01-01", "start: must be a date and time with offset"),
        ("start = 2025-01-01T00:00:00Z\nend = 2025-01-01T09:00:00Z", "end: end must be at least a day after start"),
        (HEAD + "rhythm = [1, 2]", "rhythm: rhythm needs 24 weights"),
        (HEAD + "rhythm = [" + "1," * 23 + "40]", "rhythm: no hour of the rhythm can be more than 3.9 times"),
        (HEAD + "[profiles]\ntest = { rows = 'many' }", "profiles.test.rows: must be a number"),
        (HEAD + "[profiles]\ntest = { rows = nan }", "profiles.test.rows: must be a number"),
        (HEAD + "[profiles]\ntest = 5", "profiles.test: must be a table"),
        (HEAD + "rhythm = [" + "1," * 23 + "nan]", "rhythm.23: Input should be a finite number"),
        (HEAD + "[profiles.test]\n[tables.t]\nstatistics = 10_001", "tables.t.statistics: must be from 1 to 10,000"),
        (HEAD + "[profiles.test]\n[tables.t]\nreserved = 1", "tables.t.reserved: Input should be a valid string"),
        (
            HEAD + "[profiles.test]\n[tables.t]\ntime = { lag = { dist = 'fixed', value = 1 }, together = true }",
            "choose",
        ),
        (HEAD + "[profiles.test]\n[tables.t]\ntime = { per = 'x' }", "gap and per belong together"),
        (HEAD + "[profiles.test]\n[tables.t]\ndiffer = ['x']", "differ: must name two links"),
        (HEAD + "[profiles.test]\n[tables.t.links]\ntime = { make = 'uuid7' }", "'time' is there already (built in)"),
        (
            HEAD + "[profiles.test]\n[tables.t.helpers]\na = { make = 'uuid7', extension = 'x' }",
            "tables.t.helpers.a.extension: only tables and columns can need an extension",
        ),
        (HEAD + "[profiles.test]\n[tables.t]\nextension = 1", "tables.t.extension: Input should be a valid string"),
        ("start = ", "not valid TOML"),
    ],
)
def test_what_is_wrong_around_the_tables(text: str, message: str) -> None:
    assert any(message in line for line in problems(text)), problems(text)


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    found = problems(f'{HEAD}{TABLE}c = {{ make = "uuid7" }}\n', profile="huge")
    assert found == ["seeds/demo/seed.toml:5: profiles: there is no profile 'huge', only test"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "words.csv: the file is empty"),
        ("a,b\n1\n", "words.csv:2: 1 fields where the header has 2"),
        ("a:int\nx\n", "words.csv: column 'a:int': invalid literal"),
        ("a:date\nx\n", "words.csv: column 'a:date': 'date' is no type"),
    ],
)
def test_a_broken_reference_file_is_named_with_its_line(content: str, message: str) -> None:
    found = problems(f'{HEAD}{TABLE}c = {{ make = "uuid7" }}\n', {"words.csv": content})
    assert found[0].startswith(f"seeds/demo/reference/{message}"), found


def test_the_line_of_a_key_is_that_of_the_nearest_assignment_or_header() -> None:
    text = 'a = 1\n[b."c d"]\n# note\ne = { f = 1 }\n[g.h]\nlinks.x = 2\n'
    assert find_line(text, ("a",)) == 1
    assert find_line(text, ("b", "c d", "e", "f")) == 4
    assert find_line(text, ("b", "c d", "z")) == 2
    assert find_line(text, ("g", "h", "links", "x")) == 6
    assert find_line(text, ("zz",)) is None


def test_the_checksum_covers_every_file_and_not_the_line_ends() -> None:
    one = sources("a\nb", {"x.csv": "1"})
    assert one.checksum() == sources("a\r\nb", {"x.csv": "1"}).checksum()
    assert (
        len({one.checksum(), sources("a", {"x.csv": "1"}).checksum(), sources("a\nb", {"x.csv": "2"}).checksum()}) == 3
    )


def test_a_column_may_be_called_time_and_paths_still_mean_the_instant() -> None:
    columns = 'time = { make = "ordinal", start = 7 }\nat = { make = "copy", of = "time" }\n'
    read = definition(f"{HEAD}{TABLE}{columns}")
    block = World(read, 1).whole("t")
    assert block.loaded("time").array.tolist() == [7, 8, 9]
    assert block.loaded("at").array.tolist() == block.value("time").array.tolist() != [7, 8, 9]
    assert rehearse(read)[0]["t", "time"] == "int"
