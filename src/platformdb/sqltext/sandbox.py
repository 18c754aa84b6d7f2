"""jinja2's sandbox for SQL files. Its line numbers count characters, so everything in a template has its place."""

from __future__ import annotations

import functools
import re
import traceback
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, NoReturn

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.lexer import Lexer
from jinja2.sandbox import ImmutableSandboxedEnvironment

from platformdb.errors import Place, Refused
from platformdb.sqltext.source import Source
from platformdb.sqltext.templates import identifier, literal, qualified

if TYPE_CHECKING:
    from platformdb.variables import Variable

NO_TEMPLATE = "if this is not meant as a template, write -- platformdb: template=off in the file's header"
# Not a name that a template could say, but one that the code jinja2 makes of it can carry.
MARK = "0mark"
# A file stands alone, and SQL is not HTML.
FOREIGN = (
    nodes.Extends,
    nodes.Block,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.ScopedEvalContextModifier,
)
CAPTURING = (nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock)
QUOTING = {"identifier": identifier, "literal": literal, "qualified": qualified}
MASKABLE = ("literal", "identifier")

# What jinja2 says of a wrong template, and what Python's compiler, operators and methods do.
WRONG = (
    TemplateError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)

Piece = tuple[str, int | None, int | None]


class _Lexer(Lexer):
    """Numbers tokens by their first character, from 1, where jinja2 counts lines."""

    def tokeniter(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> Iterator[tuple[int, str, str]]:
        at = 0
        try:
            for _, kind, value in super().tokeniter(source, name, filename, state):
                at = source.index(value, at)  # only white space that a "-" strips is in no token
                yield at + 1, kind, value
                at += len(value)
        except TemplateSyntaxError as error:
            error.lineno = at + 1
            raise


class _Sandbox(ImmutableSandboxedEnvironment):
    lexer = functools.cached_property(_Lexer)

    def handle_exception(self, source: str | None = None) -> NoReturn:
        """Keeps the traceback as it is: jinja2 would make one for a file with as many lines as we have characters."""
        raise


@functools.cache
def _sandbox() -> _Sandbox:
    sandbox = _Sandbox(undefined=StrictUndefined, keep_trailing_newline=True, optimized=False)
    sandbox.filters |= QUOTING
    del sandbox.filters["random"], sandbox.globals["lipsum"]  # a file says the same every time
    return sandbox


def pieces(source: Source, variables: Mapping[str, Variable]) -> Iterator[Piece]:
    """The rendered text in pieces, each with the offsets in the file at which it starts and stops.

    For a piece that is not the file's own text both are where its expression starts; None where that is not known.

    Raises:
        Refused: see :func:`platformdb.sqltext.templates.render`.
    """
    try:
        tree = _parsed(source)
        _refuse_foreign(tree, source)
        _refuse_leaks(tree, source, {name for name, variable in variables.items() if variable.secret})
        values = {name: variable.value for name, variable in variables.items()}
        filled = _filled(tree, values)
        yield from _run(tree, values) if filled is None else filled
    except WRONG as error:
        raise _explained(error, source, variables) from None


def _filled(tree: nodes.Template, values: Mapping[str, str]) -> list[Piece] | None:
    """The pieces of a file that only fills in variables, as most do; jinja2 takes four times as long."""
    if not all(isinstance(node, nodes.Output) for node in tree.body):
        return None
    filled: list[Piece] = []
    for child in (child for output in _open_outputs(tree) for child in output.nodes):
        if (text := _written(child, values)) is None:
            return None
        filled.append((text, *_span(child)))
    return filled


def _written(child: nodes.Expr, values: Mapping[str, str]) -> str | None:
    """What a piece of text, a variable or a quoted variable says; None for the rest, and where jinja2 will fail."""
    if isinstance(child, nodes.TemplateData):
        return child.data
    name = _unfiltered(child, QUOTING)
    if not isinstance(name, nodes.Name) or name.name not in values:
        return None
    try:
        return QUOTING[child.name](values[name.name]) if isinstance(child, nodes.Filter) else values[name.name]
    except ValueError:
        return None


def _run(tree: nodes.Template, values: Mapping[str, str]) -> Iterator[Piece]:
    for output in _open_outputs(tree):
        output.nodes = [_marked(child) for child in output.nodes]
    spans: list[tuple[int, int]] = []

    def mark(start: int, stop: int, value: object) -> object:
        spans.append((start, stop))
        return value

    for text in _sandbox().from_string(tree).generate({**values, MARK: mark}):
        yield (text, *(spans.pop() if spans else (None, None)))


def _parsed(source: Source) -> nodes.Template:
    # A carriage return alone would become a newline: jinja2 sees other white space, the text comes from the file.
    tree = _sandbox().parse(source.text.replace("\r", "\t"))
    for output in tree.find_all(nodes.Output):
        for child in output.nodes:
            child.lineno = min(node.lineno for node in (child, *child.find_all(nodes.Node)) if node.lineno)
            if isinstance(child, nodes.TemplateData):
                child.data = source.text[child.lineno - 1 : child.lineno - 1 + len(child.data)]
    return tree


def _open_outputs(node: nodes.Node) -> Iterator[nodes.Output]:
    """Those that write to the text itself, not to a value that filters could change."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Output):
            yield child
        elif not isinstance(child, CAPTURING) and not (isinstance(child, nodes.For) and child.recursive):
            yield from _open_outputs(child)


def _span(child: nodes.Expr) -> tuple[int, int]:
    start = child.lineno - 1
    return start, start + len(child.data) if isinstance(child, nodes.TemplateData) else start


def _marked(child: nodes.Expr) -> nodes.Expr:
    """Passes what is written through a call that notes where in the file it comes from."""
    span: list[nodes.Expr] = [nodes.Const(offset) for offset in _span(child)]
    return nodes.Call(nodes.Name(MARK, "load"), [*span, child], [], None, None, lineno=child.lineno)


def _refuse_foreign(tree: nodes.Template, source: Source) -> None:
    for node in tree.find_all(FOREIGN):
        word = re.compile(r"\w+").match(source.text, node.lineno - 1)
        raise Refused(
            f"a migration's template has no '{word[0] if word else 'such statement'}'",
            place=source.place(node.lineno - 1),
            help=f"a file stands alone; {NO_TEMPLATE}",
        )
    for output in tree.find_all(nodes.Output):
        for child in output.nodes:
            if _is_array(child):
                raise Refused(
                    "{{ … }} without a variable: is this an array?",
                    place=source.place(child.lineno - 1),
                    help=f"write {{% raw %}} and {{% endraw %}} around it; {NO_TEMPLATE}",
                )


def _is_array(child: nodes.Expr) -> bool:
    """Whether PostgreSQL's ``'{{1,2},{3,4}}'`` was taken for a template; ``{{ '{{' }}`` is how to write braces."""
    if isinstance(child, nodes.Const):
        return not (isinstance(child.value, str) and set("{}") & set(child.value))
    return isinstance(child, nodes.Tuple | nodes.List | nodes.Dict)


def _refuse_leaks(tree: nodes.Template, source: Source, secrets: Collection[str]) -> None:
    written = {id(_unfiltered(child, MASKABLE)) for output in _open_outputs(tree) for child in output.nodes}
    for name in tree.find_all(nodes.Name):
        if name.name in secrets and id(name) not in written:
            ways = (name.name, *(f"{name.name} | {way}" for way in MASKABLE))
            raise Refused(
                f"the secret variable '{name.name}' may only be written, not used",
                place=source.place(name.lineno - 1),
                help=f"write {' or '.join(f'{{{{ {way} }}}}' for way in ways)}, outside set, macro, call and filter "
                "blocks: a copy that was changed could not be masked",
            )


def _unfiltered(child: nodes.Expr, filters: Collection[str]) -> nodes.Expr | None:
    """What is written through one of these filters, without arguments, or through none."""
    if isinstance(child, nodes.Filter) and child.name in filters and len([*child.iter_child_nodes()]) == 1:
        return child.node
    return child


def _explained(error: Exception, source: Source, variables: Collection[str] = ()) -> Refused:
    offset = error.lineno - 1 if isinstance(error, TemplateSyntaxError) else _failed_at(error)
    if isinstance(error, UndefinedError):
        names = [
            name for name in _parsed(source).find_all(nodes.Name) if error.message == f"'{name.name}' is undefined"
        ]
        if names:
            first = min(names, key=lambda name: (name.lineno - 1 < offset, name.lineno))
            return _undefined(first.name, source.place(first.lineno - 1), variables)
    said = error.message if isinstance(error, TemplateError) else str(error)
    return Refused(f"not a template that can be rendered: {said}", place=source.place(offset), help=NO_TEMPLATE)


def _failed_at(error: Exception) -> int:
    """The offset of the innermost part of the template that was being run; jinja2 says line 1 where it knows none."""
    steps = traceback.walk_tb(error.__traceback__)
    running = [(frame.f_globals.get("__jinja_template__"), line) for frame, line in steps]
    lines = [template.get_corresponding_lineno(line) for template, line in running if isinstance(template, Template)]
    return next((line - 1 for line in reversed(lines) if line > 1), 0)


def _undefined(name: str, place: Place, variables: Collection[str]) -> Refused:
    known = f"declared are {', '.join(sorted(variables))}" if variables else "no variable is declared"
    return Refused(
        f"undefined variable '{name}'",
        place=place,
        help=f"{known}; declare it under [variables] in platformdb.toml, as PLATFORMDB_VAR_{name.upper()}"
        f" or with --var {name}=…; {NO_TEMPLATE}",
    )
