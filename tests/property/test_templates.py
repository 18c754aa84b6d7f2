"""Whatever the template: the text is jinja2's own, every character of the file keeps its place, no secret shows."""

from __future__ import annotations

import json
from itertools import count

import postgast
from hypothesis import assume, given
from hypothesis import strategies as st
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from platformdb.errors import Refused
from platformdb.sqltext.source import Source
from platformdb.sqltext.templates import identifier, literal, masking, qualified, render
from platformdb.variables import Variable

VALUES = {"x": "app", "y": "O'Brien\n", "z": "{{ x }}", "e": ""}
VARIABLES = {name: Variable(value) for name, value in VALUES.items()}
JINJA = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
JINJA.filters |= {"identifier": identifier, "literal": literal, "qualified": qualified}

OPEN, CLOSE = st.sampled_from(["", "", "-", "+"]), st.sampled_from(["", "", "-"])
EXPRESSIONS = st.sampled_from(
    ["x", "x", "y", "z", "e", "y | literal", "x | identifier", "y | upper", "x ~ y", "x | length", "s | default(x)"]
).flatmap(lambda usual: st.sampled_from([usual] * 8 + ["'{{'", "missing", "m()"]))
# No two characters of a file are alike where this stands, so that each can be looked for.
UNIQUE = "\ue000"
TEXT = st.text(st.sampled_from([UNIQUE, UNIQUE, " ", "\n", "'", "{", "}", "%", "#", "-", "\t"]), max_size=8)


@st.composite
def tags(draw: st.DrawFn, inside: str) -> str:
    return f"{{%{draw(OPEN)} {inside} {draw(st.sampled_from(['', '', '-', '+']))}%}}"


@st.composite
def blocks(draw: st.DrawFn, body: st.SearchStrategy[str]) -> str:
    """A statement with its body; what is captured has no unique characters, for its places are only near."""
    start, end, captures = draw(
        st.sampled_from(
            [
                ("if x", "endif", False),
                ("if e", "endif", False),
                ("for i in range(3)", "endfor", False),
                ("with v = x", "endwith", False),
                ("for i in [1, 2] recursive", "endfor", True),
                ("set s", "endset", True),
                ("filter upper", "endfilter", True),
                ("macro m()", "endmacro", True),
                ("raw", "endraw", False),
            ]
        )
    )
    middle = draw(body)
    if start == "if e":
        middle += draw(tags("else")) + draw(body)
    if start == "raw":
        return f"{{% raw {draw(CLOSE)}%}}{middle}{{%{draw(CLOSE)} endraw {draw(CLOSE)}%}}"
    return draw(tags(start)) + (middle.replace(UNIQUE, "q") if captures else middle) + draw(tags(end))


@st.composite
def outputs(draw: st.DrawFn) -> str:
    return f"{{{{{draw(CLOSE)} {draw(EXPRESSIONS)} {draw(CLOSE)}}}}}"


COMMENTS = st.sampled_from(["{# note #}", "{#- note {{ x }} -#}", "{% set s = x %}"])
PIECES = st.recursive(
    st.one_of(TEXT, TEXT, outputs(), COMMENTS),
    lambda inner: st.one_of(blocks(inner), st.lists(inner, max_size=4).map("".join)),
    max_leaves=12,
)


@st.composite
def templates(draw: st.DrawFn) -> Source:
    numbers = count(ord(UNIQUE))
    text = "".join(draw(st.lists(PIECES, max_size=5)))
    return Source("a.sql", "".join(chr(next(numbers)) if character == UNIQUE else character for character in text))


def plain(source: Source) -> str | None:
    try:
        return JINJA.from_string(source.text).render(VALUES)
    except (TemplateError, TypeError):
        return None


def ours(source: Source) -> Source | None:
    try:
        return render(source, VARIABLES)
    except Refused as error:
        assume("without a variable" not in error.message)  # what we refuse and jinja2 prints
        return None


@given(templates())
def test_the_text_is_what_jinja2_makes_of_it(source: Source) -> None:
    result = ours(source)
    assert (None if result is None else result.text) == plain(source)


@given(templates())
def test_every_character_of_the_file_keeps_its_place(source: Source) -> None:
    result = ours(source)
    assume(result is not None)
    assert result is not None
    for at, character in enumerate(result.text):
        place = result.place(at)  # whatever it is: none may fail
        if character >= UNIQUE:
            assert place == source.place(source.text.index(character))


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_postgresql_reads_a_literal_as_the_value(value: str) -> None:
    (statement,) = postgast.parse(f"SELECT{literal(value)}").stmts
    (target,) = statement.stmt.select_stmt.target_list
    assert target.res_target.val.a_const.sval.sval == value


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=15))
def test_postgresql_reads_an_identifier_as_the_name(value: str) -> None:
    (statement,) = postgast.parse(f"SELECT 1 AS {identifier(value)}").stmts
    (target,) = statement.stmt.select_stmt.target_list
    assert target.res_target.name == value


SECRETS = st.lists(st.text("ab'\"\\\nä", min_size=1, max_size=12), min_size=1, max_size=3)


@given(SECRETS, st.data())
def test_no_text_shows_a_secret_once_it_is_masked(secrets: list[str], data: st.DataObject) -> None:
    mask = masking({f"v{number}": Variable(value, secret=True) for number, value in enumerate(secrets)})
    forms = [form for value in secrets for form in (value, literal(value), identifier(value), value[:-1])]
    text = "".join(data.draw(st.lists(st.sampled_from([*forms, "-", "a", " "]), max_size=8)))
    for shown in (mask(text), mask(json.dumps(text)), mask(json.dumps(text, ensure_ascii=False))):
        assert not any(value in shown for value in secrets)


@given(st.text("ab'\"\\\n{%} ", min_size=1), st.sampled_from(["{{ v }}", "{{ v | literal }}", "{{ v | identifier }}"]))
def test_a_rendered_secret_is_masked_whole(value: str, template: str) -> None:
    secret = {"v": Variable(value, secret=True)}
    result = render(Source("a.sql", f"<{template}>"), secret)
    assert masking(secret)(result.text).strip("<> E") in {"***", "'***'", '"***"'}
