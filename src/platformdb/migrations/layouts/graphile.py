"""graphile-migrate: committed/000001-name.sql, each with its own hash and that of the one before in its header.

What is in ``current`` is still being written, and not run. Includes are part of the text once it is committed.
Source: graphile-migrate's src/migration.ts, hash.ts, header.ts, current.ts and commands/_common.ts, of 1.4 and 2.0.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from platformdb.errors import ConfigError, Place, Refused
from platformdb.migrations.layouts.json5 import read_json5
from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.layouts.sequence import in_sequence, refusal
from platformdb.migrations.model import Candidate, Kind
from platformdb.migrations.reading import Reading, Section, Side
from platformdb.project import Foreign
from platformdb.report.model import Finding, Severity
from platformdb.sqltext.lexer import PieceKind, lex
from platformdb.sqltext.placeholders import Syntax, fill
from platformdb.sqltext.source import Source
from platformdb.variables import Variable, secrets_among

FILE = re.compile(r"(?P<top>(?:committed/)?)(?P<number>[0-9]+)(?:-(?P<name>[-_a-zA-Z0-9]*))?\.sql")
CURRENT = re.compile(r"current\.sql|current/.*\.sql")
HEADER = re.compile(r"--! (?P<key>[A-Z][a-zA-Z0-9_]*)(?::(?P<value>[^\n]*))?(?:\n|\Z)")
COMMITTED = re.compile(r"\A--! Previous:", re.MULTILINE)
NO_TRANSACTION = re.compile(r"--!\s*no-transaction\b")
MARK = re.compile(r"^--!\s*(?P<word>[\w-]+)[^\n]*", re.MULTILINE)
# What it writes itself into the body when it commits.
WRITTEN = ("split", "Included", "EndIncluded")
PLACEHOLDER = Syntax(re.compile(r":(?P<name>[A-Z][0-9A-Z_]+)\b"))
BUILT_IN = {"DATABASE_NAME": "database", "DATABASE_OWNER": "owner"}
FROM_ENVIRONMENT = "!ENV"
CONFIG, PROGRAMS = ".gmrc", (".gmrc.js", ".gmrc.cjs")
ACTIONS = ("beforeAllMigrations", "afterAllMigrations", "afterReset")
SPACES = " \t\n\r\f\v\u00a0\ufeff"  # what JavaScript trims


def body_hash(body: str, previous: str | None) -> str:
    """What graphile_migrate.migrations.hash and a file's header hold: SHA-1 of the body, below the hash before it."""
    text = f"{previous or ''}\n{body.strip(SPACES)}".strip(SPACES) + "\n"
    return "sha1:" + hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def read_header(text: str) -> tuple[Mapping[str, str], int]:
    """What the header of a committed migration says, and where its body begins."""
    found, at = {}, 0
    while match := HEADER.match(text, at):
        found[match["key"]] = (match["value"] or "").strip()
        at = match.end()
    return found, at


def _recognise(folder: Folder) -> Sign | None:
    found = next((name for name, head in folder.heads.items() if FILE.fullmatch(name) and COMMITTED.match(head)), None)
    return Sign(Strength.SURE, f"'--! Previous:' in {found}") if found else None


def _find(folders: Sequence[Folder], settings: Settings, findings: list[Finding]) -> Iterator[Candidate]:
    needed = (*BUILT_IN, *settings.options.get("unset", "").split())
    asked = {name: fact for name, fact in BUILT_IN.items() if name not in settings.variables}
    filling = partial(_filled, settings.variables, needed)
    reading = Reading("graphile-migrate", _cut, filling, asked, secrets=secrets_among(settings.variables))
    findings += _not_done(settings)
    for folder in folders:
        findings += _uncommitted(folder)
        top = "committed/" if any(name.startswith("committed/") for name in folder.names) else ""
        found = [match for match in map(FILE.fullmatch, folder.names) if match and match["top"] == top]
        found.sort(key=itemgetter("number"))
        findings += _broken_chain(folder, [match[0] for match in found])
        versions = dict(in_sequence(((match[0], match["number"]) for match in found), "graphile-migrate", findings))
        for match in found:
            yield folder.candidate(match[0], Kind.VERSIONED, versions[match[0]], match["name"] or "committed", reading)


def _broken_chain(folder: Folder, files: Iterable[str]) -> Iterator[Finding]:
    """Every migration names the hash of the one before it; else a merge or an edit has put two histories together."""
    before, last = "-", ""
    for file in files:
        header, _ = read_header(folder.heads[file])
        shown = folder.shown_name(file)
        if not header.get("Previous") or not header.get("Hash"):
            message = f"{shown} is not committed: it lacks '--! Previous:' or '--! Hash:'"
            yield refusal("chain-broken", message, shown, "let graphile-migrate commit write it")
        elif header["Previous"] != before:
            stands = f"{last} with {before}" if last else "nothing"
            message = f"{shown} follows {header['Previous']}, and before it stands {stands}"
            help_text = "bring back the file that is missing, or graphile-migrate uncommit and commit it again"
            yield refusal("chain-broken", message, shown, help_text)
        before, last = header.get("Hash", ""), shown


def _uncommitted(folder: Folder) -> Iterator[Finding]:
    """Work that its author has not committed yet is said, and not run."""
    for name in filter(CURRENT.fullmatch, folder.names):
        head = Source(name, folder.heads[name])
        if any(line.strip() and not line.lstrip().startswith("--") for line in head.text.splitlines()):
            shown = folder.shown_name(name)
            message = f"{shown} is not committed yet: it is not run"
            help_text = "graphile-migrate commit makes a migration of it"
            yield Finding("uncommitted", message, shown, Severity.WARNING, Place(shown), help_text)


def _not_done(settings: Settings) -> Iterator[Finding]:
    """What the tool would do besides, by its configuration."""
    config = settings.options.get("config", CONFIG)
    if settings.options.get("program"):
        message = f"{config} is a program, which is not run: nothing is known of what it says"
        help_text = "give the values of its placeholders with --var NAME=VALUE"
        yield Finding("configuration-unread", message, config, Severity.WARNING, Place(config), help_text)
    for key in ACTIONS:
        if said := settings.options.get(key):
            message = f"{key} of {config} is not run: {said}"
            help_text = "make it sql/callbacks/beforeMigrate.sql or afterMigrate.sql, or run it yourself"
            yield Finding("not-run", message, config, Severity.WARNING, Place(config), help_text)
    if said := settings.options.get("pgSettings"):
        message = f"pgSettings of {config} are not set: {said}"
        help_text = "set them for the database (ALTER DATABASE … SET), or in the URL (?options=-c…)"
        yield Finding("not-run", message, config, Severity.WARNING, Place(config), help_text)


def _settings(foreign: Foreign) -> Settings:
    """What .gmrc says: placeholders, with values of the environment, and what platformdb leaves to others.

    Raises:
        ConfigError: it cannot be read.
    """
    near = [foreign.project, *(up for folder in foreign.locations for up in (folder, *folder.parents[:2]))]
    path = next((each for each in (folder / CONFIG for folder in near) if each.is_file()), None)
    if path is None:
        program = next((name for folder in near for name in PROGRAMS if (folder / name).is_file()), "")
        return Settings(options={"config": program, "program": program})
    try:
        found = read_json5(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        help_text = "platformdb reads JSON with comments, names without quotes and commas at the end"
        raise ConfigError(f"cannot read {path.name}: {error}", place=Place(str(path)), help=help_text) from None
    return _understood(found if isinstance(found, dict) else {}, path.parent)


def _understood(found: Mapping[str, Any], folder: Path) -> Settings:
    given = found.get("placeholders") or {}
    values = {key.removeprefix(":"): str(value) for key, value in given.items()}
    known = {key: os.environ.get(key) if value == FROM_ENVIRONMENT else value for key, value in values.items()}
    variables = {key: value for key, value in known.items() if value is not None}
    if isinstance(owner := found.get("databaseOwner"), str):
        variables.setdefault("DATABASE_OWNER", owner)
    options = {key: _shown(found[key]) for key in (*ACTIONS, "pgSettings") if found.get(key)}
    options["unset"] = " ".join(key for key, value in known.items() if value is None)
    migrations = folder / str(found.get("migrationsFolder", "migrations"))
    return Settings(variables, (migrations,) if migrations.is_dir() else (), "migrations", options)


def _shown(value: Any) -> str:
    """Names of files and of settings: what a command or a value holds may be secret."""
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    if isinstance(value, dict):
        return str(value["file"]) if "file" in value else "a command" if "command" in value else ", ".join(value)
    return str(value)


def _filled(known: Mapping[str, str], needed: Sequence[str], source: Source, given: Mapping[str, Variable]) -> Source:
    """Names that somebody declared, for the tool leaves all others as they stand.

    Raises:
        Refused: nobody says what one of those ``needed`` is: the tool would know it, or refuse.
    """
    variables = {**{name: Variable(value) for name, value in known.items()}, **given}
    for match in PLACEHOLDER.pattern.finditer(source.text):
        name = match["name"]
        if name in needed and name not in variables:
            help_text = f"give it with --var {name}=…, as it is for the database that you migrate"
            place = source.place(match.start())
            raise Refused(f"nothing says what {match[0]} stands for", place=place, help=help_text)
    return fill(source, (PLACEHOLDER,), variables, all_of_them=False)


def _cut(source: Source) -> tuple[Section, ...]:
    """The header, and the body whole.

    Raises:
        Refused: the body is not what was committed, or has a mark that means nothing there.
    """
    header, begin = read_header(source.text)
    body = source.text[begin:]
    previous = header.get("Previous", "-")
    found = body_hash(body, None if previous == "-" else previous)
    if found != header.get("Hash") and "AllowInvalidHash" not in header:
        raise Refused(
            f"its header says {header.get('Hash')}, and its text has {found}: it was edited after its commit",
            place=source.place(0),
            help="take the edit back, or allow it with the line '--! AllowInvalidHash' in the header",
        )
    first = begin + len(body) - len(body.lstrip(SPACES))
    alone = NO_TRANSACTION.match(source.text, first) is not None
    _marks_are_known(source, first, begin)
    return Section(Side.MARK, 0, first), Section(Side.UP, first, len(source.text), alone)


def _marks_are_known(source: Source, allowed: int, begin: int) -> None:
    """A mark that nobody reads was meant to do something; what looks like one inside a statement is its own matter."""
    for match in MARK.finditer(source.text, begin):
        known = match["word"] in WRITTEN or (match["word"] == "no-transaction" and match.start() == allowed)
        if not known and _between_statements(source, match.start(), begin):
            advice = {
                "no-transaction": "it counts on the first line below the header only: move it there",
                "include": "graphile-migrate includes files when it commits: uncommit it, and commit it again",
            }
            help_text = advice.get(match["word"], f"graphile-migrate knows {', '.join(WRITTEN)} and no-transaction")
            raise Refused(f"'{match[0].strip()}' means nothing here", place=source.place(match.start()), help=help_text)


def _between_statements(source: Source, at: int, begin: int) -> bool:
    body = Source(source.name, source.text[begin:])
    return any(p.start <= at - begin < p.end and p.kind is PieceKind.BLANK for p in lex(body))


GRAPHILE = Layout(
    "graphile-migrate",
    "graphile-migrate",
    _recognise,
    _find,
    _settings,
    beside=re.compile(r"current\.sql|current/.*|fixtures/.*|schema_snapshot\.sql"),
)
