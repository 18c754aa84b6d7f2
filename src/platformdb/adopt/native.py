"""What another tool's file is called and says as one of platformdb's own: decisions only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from platformdb.migrations.layouts.native import VERSIONED_NAME
from platformdb.migrations.layouts.sections import part_of
from platformdb.migrations.model import Kind, Migration, MigrationFile
from platformdb.migrations.reading import Side
from platformdb.report.model import ended
from platformdb.sqltext.lexer import PieceKind, lex
from platformdb.sqltext.source import Source
from platformdb.variables import Variable, secrets_among

TAGS = re.compile(r"\{[{%#]")
# What a variable is, until the text around it is known.
STANDS_FOR = re.compile("\1(?P<name>[^\1]+)\1")
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
# What shows that a value is not for a file that everybody reads.


@dataclass(frozen=True, slots=True)
class NativeText:
    """A file's text with variables as ``{{ name }}``, and the ``variables`` in it, by the names they had.

    ``alone``: it says that it runs outside transactions. ``same``: nothing in it had to be changed.
    """

    text: str
    variables: frozenset[str]
    alone: bool
    same: bool


def rewritten(file: MigrationFile, source: Source, names: Iterable[str]) -> NativeText:
    """A file of another tool as it is natively: without marks, every part closed, its variables renamed.

    ``names`` are the variables that somebody declared.

    Raises:
        Refused: its marks or variables are wrong, with the place.
    """
    if file.reading is None:
        return NativeText(source.text, frozenset(), alone=False, same=True)
    side = Side.DOWN if file.kind is Kind.UNDO else Side.UP
    sections = [each for each in file.reading.cut(source) if each.side in {side, Side.EITHER}]
    parts = [part_of(source, section) for section in sections]
    filled = [file.reading.fill(part, {name: Variable(f"\1{name}\1") for name in names}) for part in parts]
    same = filled == [source]
    texts = [closed(replace(part, marks=(), original=None)) for part in filled]
    text = source.text if same else "".join(texts).rstrip("\n") + "\n"
    used = frozenset(match["name"] for match in STANDS_FOR.finditer(text))
    alone = file.alone or any(section.alone for section in sections)
    return NativeText(as_template(text) if used else text, used, alone, same)


def as_template(text: str) -> str:
    """A text in which variables are to be written as platformdb writes them, and what looks like a tag is none."""
    escaped = TAGS.sub(lambda tag: f"{{{{ '{tag[0]}' }}}}", text)
    return STANDS_FOR.sub(lambda match: f"{{{{ {variable_name(match['name'])} }}}}", escaped)


def variable_name(name: str) -> str:
    """A name that a template can hold: ``schema-name`` and ``tool:user`` of others have letters that mean something."""
    return re.sub(r"\W", "_", name)


def closed(part: Source) -> str:
    """A part of a file with a semicolon behind its last statement, for another part may follow."""
    pieces = [piece for piece in lex(part) if piece.kind is not PieceKind.BLANK]
    if not pieces or pieces[-1].kind is not PieceKind.STATEMENT:
        return part.text
    end = pieces[-1].end
    below = part.text[end:]
    return part.text if ";" in COMMENT.sub("", below) else ended(part.text[:end]) + below


def with_directives(native: NativeText, *, statements: bool, templates: bool) -> str:
    """The text below what platformdb must be told: that it runs alone, that it is no template among others."""
    off = templates and not native.variables and TAGS.search(native.text)
    said = [("transaction", native.alone and statements), ("template", bool(off))]
    words = [f"{key}=off" for key, holds in said if holds]
    return f"-- platformdb: {' '.join(words)}\n{native.text}" if words else native.text


def versioned_name(file: MigrationFile, title: str) -> str:
    """A versioned file's name, or that of its undo; ``title`` is what its migration is called."""
    stem = PurePosixPath(title).name.removesuffix(".sql")  # of a file without a title its name stands for it
    slug = _slug(stem.removeprefix(file.version))
    ending = ".undo.sql" if file.kind is Kind.UNDO else ".sql"
    match = VERSIONED_NAME.fullmatch(f"{file.version}_{slug}{ending}")
    if match is None or match["version"] != file.version:  # the title begins with digits, which would count
        slug = f"step_{slug}"
    return f"{file.version}_{slug}{ending}"


def present_name(file: MigrationFile, migration: Migration) -> str:
    """Where a repeatable file or a callback lies below ``sql/``."""
    stem = PurePosixPath(file.name).name.removesuffix(".sql")
    if file.kind is Kind.CALLBACK:
        return f"callbacks/{stem}.sql"
    made = {name.partition(" ")[0] for name in migration.names.defined}
    folder = "views" if "relation" in made else "triggers" if made == {"trigger"} else "functions"
    return f"{folder}/{_slug(re.sub('^R__', '', stem))}.sql"


def _slug(title: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", title).strip("_-") or "migration"


def settings_text(values: Mapping[str, Variable]) -> str:
    """platformdb.toml with the variables of the files; what is secret is to come from the environment."""
    if not values:
        return "# Settings of this project: platformdb's manual says which there are.\n"
    lines = [f"{variable_name(name)} = {_value(name, values[name])}" for name in sorted(values)]
    return "\n".join(("# What files use as {{ name }}.", "[variables]", *lines, ""))


def _value(name: str, variable: Variable) -> str:
    if variable.secret or secrets_among({name: variable.value}):
        return f'{{ env = "{variable_name(name).upper()}", secret = true }}'
    escaped = variable.value.translate({ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\t"): "\\t"})
    return f'"{escaped}"'


def differences(before: Mapping[str, Migration], after: Mapping[str, Migration]) -> Sequence[str]:
    """The names of those that would not run the same statements in the same transactions."""
    return [name for name, each in before.items() if name not in after or _run_of(each) != _run_of(after[name])]


def _run_of(migration: Migration) -> tuple[str, list[tuple[str, bool]]]:
    return migration.checksums.tokens, [(segment.digest, segment.solo) for segment in migration.segments]
