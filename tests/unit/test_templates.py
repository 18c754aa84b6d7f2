from __future__ import annotations

import json
import subprocess
import sys

import pytest

from platformdb.errors import Refused
from platformdb.sqltext.source import Source
from platformdb.sqltext.templates import identifier, literal, masking, qualified, render
from platformdb.variables import Variable

PASSWORD = "s3'cr\"e\\t"
VARIABLES = {
    "schema": Variable("app"),
    "owner": Variable("O'Brien"),
    "count": Variable("3"),
    "empty": Variable(""),
    "password": Variable(PASSWORD, secret=True),
}


def rendered(text: str) -> str:
    return render(Source("a.sql", text), VARIABLES).text


def refused(text: str) -> Refused:
    with pytest.raises(Refused) as caught:
        rendered(text)
    return caught.value


def place(text: str) -> str:
    return str(refused(text).place)


def test_a_file_without_tags_stays_the_same_object() -> None:
    source = Source("a.sql", "SELECT '{\"a\": {}}', '{1}' \r\n-- } }} %} #}\n")
    assert render(source, VARIABLES) is source


def test_values_are_filled_in_and_all_else_stays() -> None:
    assert rendered("CREATE TABLE {{ schema }}.t ();  \n\n") == "CREATE TABLE app.t ();  \n\n"
    assert rendered("{# {{ nothing }} #}{% raw %}{{ schema }}{% endraw %}\n") == "{{ schema }}\n"


def test_statements_of_templates_work() -> None:
    assert rendered("{% for i in range(count | int) -%}\n ({{ i }})\n{%- endfor %};\n") == "(0)(1)(2);\n"
    assert rendered("{% if schema == 'app' %}A{% else %}B{% endif %}{% set x = 'y' %}{{ x }}") == "Ay"
    assert rendered("{{ other | default('none') }}{% if other is defined %}!{% endif %}") == "none"
    assert rendered("{{ 'a b'.split(' ') | map('identifier') | join(', ') }}") == '"a", "b"'


def test_a_value_that_looks_like_a_template_is_not_rendered_again() -> None:
    source = Source("a.sql", "SELECT {{ x }}")
    assert render(source, {"x": Variable("{{ password }}{% if %}")}).text == "SELECT {{ password }}{% if %}"


def test_carriage_returns_of_the_file_stay() -> None:
    assert rendered("'a\r\nb\rc' {{ schema }}\r\n") == "'a\r\nb\rc' app\r\n"


def test_blocks_that_were_left_out_of_the_text_pass_through() -> None:
    text = "COPY {{ schema }}.t FROM stdin;\n\x000\n{% if schema %}\x001\n{% endif %}"
    assert rendered(text) == "COPY app.t FROM stdin;\n\x000\n\x001\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "'a'"),
        ("", "''"),
        ("O'Brien'; DROP TABLE t; --", "'O''Brien''; DROP TABLE t; --'"),
        ("back\\'slash", " E'back\\\\''slash'"),
        ("line\nend ä", "'line\nend ä'"),
        (None, "NULL"),
        (True, "TRUE"),
        (False, "FALSE"),
        (5, "5"),
        (-5, " -5"),
        (1.5, "1.5"),
        (float("nan"), "'nan'"),
        (float("-inf"), "'-inf'"),
    ],
)
def test_a_literal_is_always_one_value(value: object, expected: str) -> None:
    assert literal(value) == expected


def test_a_minus_before_a_negative_number_makes_no_comment() -> None:
    assert rendered("SELECT 1 -{{ (0 - count | int) | literal }}") == "SELECT 1 - -3"


def test_an_identifier_is_one_name_and_only_qualified_knows_dots() -> None:
    assert identifier('a"; DROP TABLE "t.u') == '"a""; DROP TABLE ""t.u"'
    assert qualified('app.my "table"') == '"app"."my ""table"""'


@pytest.mark.parametrize("text", ["{{ empty | identifier }}", "{{ 'a..b' | qualified }}", "{{ [1] | literal }}"])
def test_what_no_filter_can_quote_is_refused_at_its_place(text: str) -> None:
    assert place(f"SELECT\n  {text}") == "a.sql:2:6"


def test_an_undefined_variable_is_named_with_its_place_and_how_to_declare_it() -> None:
    error = refused("SELECT 1;\nSELECT {{ schema }}, {{ shema | upper }};\n")
    assert error.message == "undefined variable 'shema'"
    assert str(error.place) == "a.sql:2:25"
    assert error.place is not None
    assert error.place.text == "SELECT {{ schema }}, {{ shema | upper }};"
    for part in ("declared are count, empty, owner, password, schema;", "[variables]", "PLATFORMDB_VAR_SHEMA", "--var"):
        assert part in error.help


def test_without_variables_the_help_says_that_none_is_declared() -> None:
    with pytest.raises(Refused) as caught:
        render(Source("a.sql", "{{ x | literal }}"), {})
    assert "no variable is declared" in caught.value.help


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% if x %}{% endif %}", "1:7"),
        ("a\n{% set y = x %}{{ y }}", "2:12"),
        ("{% macro m(a) %}{{ a }}{% endmacro %}\n{{ m(x) }}", "2:6"),
        ("{% for i in [1] %}\n{{ i }} {{ x }}{% endfor %}", "2:12"),
        ("{% filter upper %}{{ x }}{% endfilter %}", "1:22"),
        ("{{ schema | replace('a', x) }}", "1:26"),
        ("ä😀 {{ x }}", "1:7"),
        ("{{ x | literal }}", "1:4"),
        ("{{ x | identifier }}", "1:4"),
        ("{{ x | qualified }}", "1:4"),
    ],
)
def test_an_undefined_variable_is_found_wherever_it_is_used(text: str, expected: str) -> None:
    assert place(text) == f"a.sql:{expected}"
    assert refused(text).message == "undefined variable 'x'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT\n {{ schema ) }}", "2:12"),
        ("SELECT\n {{ $ }}", "2:5"),
        ("'{{}}'", "1:4"),
        ("SELECT format('{%s}')", "1:18"),
        ("-- {# never closed", "1:6"),
        ("{% raw %} never closed", "1:10"),
        ("{{ schema | nofilter }}", "1:4"),
        ("{% if schema is notest %}{% endif %}", "1:4"),
        ("{{ schema.__class__ }}", "1:4"),
        ("{{ schema['__class__'] }}", "1:4"),
        ("{{ schema | attr('__class__') | string }}", "1:4"),
        ("{{ schema.nothing }}", "1:4"),
        ("{{ range(10 ** 9) | list | length }}", "1:4"),
        ("{{ 1 // 0 + count }}", "1:4"),
        ("a {{ schema + 1 }}", "1:6"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "1:19"),
        ("{{ " + "(" * 3000 + "count" + ")" * 3000 + " }}", "1:1"),
        ("{{ count" + " + count" * 3000 + " }}", "1:1"),
        ("{{ lipsum() }}", "1:4"),
        ("{{ schema | random }}", "1:4"),
    ],
)
def test_what_is_wrong_with_a_template_is_shown_at_its_place(text: str, expected: str) -> None:
    assert place(text) == f"a.sql:{expected}"
    assert "template=off" in refused(text).help


@pytest.mark.parametrize(
    "statement",
    [
        "include 'b.sql'",
        "import 'b.sql' as b",
        "from 'b.sql' import b",
        "extends 'b.sql'",
        "block b %}{% endblock",
        "autoescape true %}{% endautoescape",
    ],
)
def test_a_file_stands_alone(statement: str) -> None:
    error = refused(f"SELECT 1;\n{{% {statement} %}}")
    assert str(error.place) == "a.sql:2:4"
    assert f"'{statement.split()[0]}'" in error.message


@pytest.mark.parametrize("array", ["{{1,2}}", "{{1}}", '{{"a","b"}}', '{{"a"}}', "{{true,false}}", "{{[1,2]}}"])
def test_an_array_of_arrays_is_not_taken_for_a_template(array: str) -> None:
    error = refused(f"SELECT '{array}'::int[]")
    assert str(error.place) == "a.sql:1:11"
    assert "{% raw %}" in error.help
    assert rendered(f"SELECT '{{% raw %}}{array}{{% endraw %}}'") == f"SELECT '{array}'"


def test_braces_can_be_written_as_text() -> None:
    assert rendered("{{ '{{' }}schema{{ '}}' }}") == "{{schema}}"


@pytest.mark.parametrize("text", ["{{ x }}", "{{ x | literal }}", "{{ '%c' % 0 ~ x }}", "{% if x %}{{ x }}{% endif %}"])
def test_a_nul_character_cannot_come_in_by_a_value(text: str) -> None:
    with pytest.raises(Refused, match="NUL"):
        render(Source("a.sql", text), {"x": Variable("a\x000\n")})


def test_bytes_of_the_environment_that_are_not_utf_8_cannot_come_in_by_a_value() -> None:
    with pytest.raises(Refused, match="UTF-8"):
        render(Source("a.sql", "SELECT {{ x | literal }}"), {"x": Variable("a\udcff")})


def test_a_result_out_of_all_proportion_is_refused() -> None:
    error = refused("\n{% for i in range(100) %}{{ schema * 999999 }}{% endfor %}")
    assert "more than 67,1" in error.message
    assert str(error.place) == "a.sql:2:29"


def test_a_secret_can_be_written_plainly_and_quoted() -> None:
    assert rendered("{{ password }}") == PASSWORD
    assert rendered("{{ password | literal }}") == " E's3''cr\"e\\\\t'"
    assert rendered("{% if count %}{{ password | identifier }}{% endif %}") == '"s3\'cr""e\\t"'


@pytest.mark.parametrize(
    "text",
    [
        "{{ password | upper }}",
        "{{ password | literal | upper }}",
        "{{ password | qualified }}",
        "{{ password | default('') }}",
        "{{ password | literal('x') }}",
        "{{ password[1:] }}",
        "{{ password.encode() }}",
        "{{ password ~ '' }}",
        "{{ 'a' ~ (password | literal) }}",
        "{{ '%s' % password }}",
        "{{ '{}'.format(password) }}",
        "{{ schema | replace('a', password) }}",
        "{{ password if schema }}",
        "{{ schema if password else '' }}",
        "{{ count + (password | length) }}",
        "{% if password %}{% endif %}",
        "{% if password is defined %}{% endif %}",
        "{% if schema < password %}{% endif %}",
        "{% for c in password %}{{ c }}{% endfor %}",
        "{% for password in [1] %}{% endfor %}",
        "{% for i in [1] recursive %}{{ password }}{% endfor %}",
        "{% set x = password %}",
        "{% set password = 1 %}",
        "{% set x %}{{ password }}{% endset %}{{ x | upper }}",
        "{% with x = password %}{{ x }}{% endwith %}",
        "{% with %}{% filter upper %}{{ password }}{% endfilter %}{% endwith %}",
        "{% macro m() %}{{ password }}{% endmacro %}{{ m() | upper }}",
        "{% macro m(password) %}{% endmacro %}",
        "{% macro m(x=password) %}{{ x }}{% endmacro %}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ password }}{% endcall %}",
        "{{ namespace(x=password).x }}",
        "{{ [password] | join }}",
    ],
)
def test_a_secret_cannot_be_changed_into_something_that_masking_would_miss(text: str) -> None:
    error = refused(f"SELECT 1;\n{text}")
    assert "password" in error.message
    assert error.place is not None
    assert error.place.line == 2
    assert error.place.column is not None
    assert text[error.place.column - 1 :].startswith("password")
    assert PASSWORD not in f"{error.message}{error.help}{error.detail}{error.place.text}"


def test_no_other_name_leads_to_a_secret() -> None:
    for text in ("{{ self }}", "{{ cycler }}", "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m() }}"):
        assert PASSWORD not in rendered(text)
    inner = "_TemplateReference__context"
    for text in (
        f"self.{inner}",
        f"self['{inner}']",
        f"self | attr('{inner}')",
        f"'{{0.{inner}}}'.format(self)",
        f"('{{0.{inner}}}' | attr('format'))(self)",
    ):
        error = refused(f"{{{{ {text} | string }}}}")
        assert "unsafe" in error.message
        assert "s3" not in error.message


def test_positions_of_the_result_are_those_of_the_file() -> None:
    columns = "{%- for i in [1, 2] %}\n  c{{ i }} bigit,\n{%- endfor %}\n  d bigit\n"
    text = f"-- {{# note #}}\nCREATE TABLE {{{{ schema }}}}.t (\n{columns})\n"
    result = render(Source("a.sql", text), VARIABLES)
    first, second, last = (i for i in range(len(result.text)) if result.text.startswith("bigit", i))
    assert [str(result.place(at)) for at in (first, second, last)] == ["a.sql:4:12", "a.sql:4:12", "a.sql:6:5"]
    assert str(result.place(result.text.index("app") + 1)) == "a.sql:2:17"
    assert result.place(last).text == "  d bigit"
    assert str(result.place(len(result.text))) == "a.sql:8:1"


def test_what_a_filter_block_writes_is_placed_near_it_and_what_follows_exactly() -> None:
    result = render(Source("a.sql", "SELECT 1;\n{% filter upper %}\nselect\n{% endfilter %} x {{ count }}"), VARIABLES)
    assert result.text == "SELECT 1;\n\nSELECT\n x 3"
    assert str(result.place(result.text.index("SELECT", 3))) == "a.sql:2:1"
    assert str(result.place(result.text.index("x"))) == "a.sql:4:17"


def test_masking_covers_a_secret_in_every_form_it_is_written_in() -> None:
    mask = masking(VARIABLES)
    for form in (PASSWORD, literal(PASSWORD), identifier(PASSWORD)):
        masked = mask(f"a {form} b")
        assert "***" in masked
        assert "s3" not in masked
        masked = mask(json.dumps({"sql": f"a {form} b"}))
        assert "s3" not in masked
        assert json.loads(masked)["sql"].endswith(" b")
    assert mask("nothing here: app, O'Brien, 3") == "nothing here: app, O'Brien, 3"


def test_masking_covers_secrets_that_overlap_or_contain_each_other() -> None:
    mask = masking({"a": Variable("abc", True), "b": Variable("abcdef", True), "c": Variable("xab", True)})
    assert mask("1 abcdef 2 abc 3 xabcdef 4") == "1 *** 2 *** 3 *** 4"


def test_masking_covers_the_lines_of_a_long_secret_but_not_short_ones() -> None:
    mask = masking({"key": Variable("-----BEGIN KEY-----\nMIIEvQIBADANBg\nab==\n", True)})
    assert mask("  -----BEGIN KEY-----\n  MIIEvQIBADANBg\n  ab==") == "  ***\n  ***\n  ab=="
    assert mask("<-----BEGIN KEY-----\nMIIEvQIBADANBg\nab==\n>") == "<***>"


def test_without_secrets_or_with_an_empty_one_texts_are_returned_as_they_are() -> None:
    text = "".join(["some ", "text"])
    assert masking({"a": Variable("text")})(text) is text
    assert masking({"a": Variable("", secret=True)})(text) is text


def test_neither_files_without_tags_nor_masking_load_jinja2() -> None:
    program = (
        "import sys; from platformdb.sqltext.templates import masking, render; "
        "from platformdb.sqltext.source import Source; from platformdb.variables import Variable; "
        "secret = {'a': Variable('b', True)}; render(Source('a', 'SELECT 1'), secret); masking(secret)('b'); "
        "sys.exit('jinja2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
