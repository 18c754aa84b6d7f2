"""Flyway: ``V1__title.sql``, ``U1__title.sql``, ``B1__title.sql``, ``R__title.sql``, callbacks, per-file ``.conf``.

Source: Flyway's reference, "Migrations" and "Script Configuration"; its ResourceNameParser.java for names,
ResolvedMigrationComparator.java for the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from platformdb.errors import Place
from platformdb.migrations.layouts.flyway_settings import (
    CONF,
    DEFAULTS,
    RESOURCES,
    SOURCES,
    TOML,
    properties,
    read_settings,
)
from platformdb.migrations.layouts.flyway_values import default_schema, filled
from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.layouts.native import EVENTS
from platformdb.migrations.layouts.sections import whole
from platformdb.migrations.model import VERSION, Candidate, Kind
from platformdb.migrations.reading import Reading
from platformdb.report.model import Finding, Severity
from platformdb.sqltext.placeholders import Syntax
from platformdb.variables import secrets_among

NAME = re.compile(r"(?:.*/)?(?:[VUB][0-9][0-9._]*__|R__)[^/]*(?i:\.sql)")
KINDS = {
    "sqlMigrationPrefix": Kind.VERSIONED,
    "undoSqlMigrationPrefix": Kind.UNDO,
    "baselineMigrationPrefix": Kind.BASELINE,
    "repeatableSqlMigrationPrefix": Kind.REPEATABLE,
}
LANGUAGES = {
    ".java": "Java",
    ".kt": "Kotlin",
    ".groovy": "Groovy",
    ".scala": "Scala",
    ".py": "Python",
    ".ps1": "PowerShell",
    ".sh": "shell",
    ".bash": "shell",
    ".cmd": "shell",
    ".bat": "shell",
}
VERBS = "Clean|Migrate|Undo|Validate|Baseline|Repair|Info"
EVENT = (
    rf"(?:before|after)(?:{VERBS})|after(?:{VERBS})Error|(?:before|after)Each(?:Migrate|Undo)(?:Statement)?|"
    rf"afterEach(?:Migrate|Undo)(?:Statement)?Error|after(?:{VERBS})OperationFinish|afterMigrateApplied|afterVersioned|"
    "beforeRepeatables|beforeCreateSchema|createSchema|beforeConnect|afterConnect"
)
# Of commands that platformdb has in another way or not at all: nothing of a migration waits for these.
OTHER_COMMANDS = re.compile(r"(?:before|after)(?:Clean|Baseline|Repair|Info).*")


@dataclass(frozen=True, slots=True)
class Rules:
    """How the files of one configuration are named and read.

    ``name`` has the groups prefix, version, title and suffix.
    """

    name: re.Pattern[str]
    kinds: Mapping[str, Kind]
    filled: Reading
    plain: Reading
    alone: bool
    replaces: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A file whose name is one of Flyway's; ``conf`` says that a .conf lies beside it."""

    folder: Folder
    file: str
    match: re.Match[str]
    conf: bool

    @property
    def shown(self) -> str:
        """What people know it by."""
        return self.folder.shown_name(self.file)

    @property
    def title(self) -> str:
        """What Flyway calls its description: repeatable files and callbacks are ordered by it."""
        return (self.match["title"] or "").replace("_", " ")

    def finding(self, rule: str, message: str, help_text: str, severity: Severity = Severity.ERROR) -> Finding:
        """Something about this file."""
        return Finding(rule, f"{self.shown} {message}", self.shown, severity, Place(self.shown), help_text)


def version_of(written: str) -> str:
    """A version of a file's name or of Flyway's history: ``1_20_0`` is ``1.20``, as MigrationVersion.java compares."""
    return re.sub(r"(?:\.0+)+$", "", written.replace("_", "."))


def _recognise(folder: Folder) -> Sign | None:
    found = next((name for name in folder.names if NAME.fullmatch(name)), None)
    if found:
        return Sign(Strength.SURE, f"files such as {found}")
    beside = next((name for name in (*TOML, *CONF) if (folder.path / name).is_file()), None)
    return Sign(Strength.SURE, beside) if beside and folder.heads else None


def _find(folders: Sequence[Folder], settings: Settings, findings: list[Finding]) -> Iterator[Candidate]:
    options = {**DEFAULTS, **settings.options}
    rules = _rules(options, settings.variables)
    findings += _differing(options)
    findings += _elsewhere(folders, rules)
    every = sorted(_named(folders, rules), key=lambda each: (each.title, each.file))
    findings += _same_title(each for each in every if rules.kinds.get(each.match["prefix"]) is Kind.REPEATABLE)
    for named in every:
        yield from _candidate(named, rules, findings)


def _rules(options: Mapping[str, str], variables: Mapping[str, str]) -> Rules:
    kinds = {options[key]: kind for key, kind in KINDS.items()}
    prefixes = "|".join(map(re.escape, sorted(kinds, key=len, reverse=True)))
    suffixes = [suffix.strip() for suffix in options["sqlMigrationSuffixes"].split(",")]
    suffix = "|".join(map(re.escape, (*suffixes, *LANGUAGES)))
    name = re.compile(
        rf"(?:.*/)?(?P<prefix>{EVENT}|{prefixes})(?P<version>{VERSION})?"
        rf"(?:{re.escape(options['sqlMigrationSeparator'])}(?P<title>[^/]*?))?(?P<suffix>(?i:{suffix}))"
    )
    opening, closing = (re.escape(options[f"placeholder{end}"]) for end in ("Prefix", "Suffix"))
    syntax = Syntax(re.compile(rf"{opening}(?P<name>.*?){closing}", re.DOTALL))
    secrets = secrets_among(variables)
    filling = partial(filled, syntax=syntax, options=options, variables=variables)
    return Rules(
        name,
        kinds,
        Reading("flyway", whole, filling, _built_in(options, variables), default_schema(options), secrets),
        Reading("flyway", whole, schema=default_schema(options)),
        alone=_is_off(options["executeInTransaction"]),
        replaces=not _is_off(options["placeholderReplacement"]),
    )


def _built_in(options: Mapping[str, str], variables: Mapping[str, str]) -> Mapping[str, str]:
    """What Flyway would ask the database for, where its configuration does not say it."""
    own = f"flyway{options['placeholderSeparator']}"
    names = {f"{own}database": "database", f"{own}user": "user"}
    if not default_schema(options):
        names[f"{own}defaultSchema"] = "schema"
    return {name: fact for name, fact in names.items() if name not in variables}


def _is_off(value: str) -> bool:
    return value.lower() == "false"


def _named(folders: Iterable[Folder], rules: Rules) -> Iterator[Named]:
    for folder in folders:
        names = frozenset(folder.names)
        for file in folder.names:
            if match := rules.name.fullmatch(file):
                yield Named(folder, file, match, f"{file}.conf" in names)


def _candidate(named: Named, rules: Rules, findings: list[Finding]) -> Iterator[Candidate]:
    """The file as a migration, if its name is whole; of others the listing says that they belong to none."""
    prefix, version = named.match["prefix"], version_of(named.match["version"] or "")
    kind = rules.kinds.get(prefix, Kind.CALLBACK)
    if bool(version) is (kind in {Kind.REPEATABLE, Kind.CALLBACK}) or (kind is Kind.REPEATABLE and not named.title):
        return
    language = LANGUAGES.get(named.match["suffix"].lower(), "")
    if language and not version:
        message = f"is in {language}: only Flyway runs it"
        findings.append(named.finding("migration-not-sql", message, "write it in SQL", Severity.WARNING))
        return
    name = named.title
    if kind is Kind.CALLBACK:
        name = _event(prefix) + f"__{named.match['title'] or ''}"
        findings += _unknown_event(named)
        if _event(prefix) not in EVENTS:
            return
    elif kind is Kind.BASELINE:
        name = named.file.rpartition("/")[2]  # not to be taken for the versioned file of that version
    reading, alone = _reading(named, rules, findings)
    yield named.folder.candidate(named.file, kind, version, name, reading, alone=alone, language=language)


def _event(prefix: str) -> str:
    """The event as platformdb has it: its migrate runs callbacks only where something is applied, and down is undo."""
    return "afterMigrate" if prefix == "afterMigrateApplied" else prefix.replace("Undo", "Down")


def _unknown_event(named: Named) -> Iterator[Finding]:
    prefix = named.match["prefix"]
    if OTHER_COMMANDS.fullmatch(prefix):
        message = f"is a callback of another command than migrate: platformdb has no {prefix}"
        yield named.finding("callback-unknown", message, "Flyway still runs it", Severity.NOTE)
    elif _event(prefix) not in EVENTS:
        help_text = f"move what it does to one of {', '.join(EVENTS)}, or take the file away"
        yield named.finding("callback-unknown", f"is a callback, and platformdb has no {prefix}", help_text)


def _reading(named: Named, rules: Rules, findings: list[Finding]) -> tuple[Reading, bool]:
    """How a file is read, and whether outside transactions; a .conf beside it has the last word."""
    said = properties(_conf_text(named.folder.path / f"{named.file}.conf")) if named.conf else {}
    replaces, alone = rules.replaces, rules.alone
    for key, value in said.items():
        if key == "executeInTransaction":
            alone = _is_off(value)
        elif key == "placeholderReplacement":
            replaces = not _is_off(value)
        elif not (key == "shouldExecute" and value == "true") and not (key == "encoding" and _is_utf8(value)):
            findings.append(named.finding("conf-unknown", f"has {key}={value} in its .conf", CONF_HELP))
    return rules.filled if replaces else rules.plain, alone


CONF_HELP = "platformdb knows executeInTransaction and placeholderReplacement there; files are UTF-8"


def _conf_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:  # to be read beside it: who opens the file itself says what is wrong
        return ""


def _is_utf8(encoding: str) -> bool:
    return encoding.upper() in {"UTF-8", "UTF8", "US-ASCII", "ASCII"}


def _differing(options: Mapping[str, str]) -> Iterator[Finding]:
    """What the configuration says and platformdb does otherwise."""
    file = options.get("file", TOML[0])
    if not _is_utf8(options["encoding"]):
        message = f"{file} says that the files are {options['encoding']}; platformdb reads UTF-8"
        yield Finding("encoding", message, file, Severity.WARNING, help="save them as UTF-8 where they are not ASCII")


def _same_title(repeatable: Iterable[Named]) -> Iterator[Finding]:
    """Flyway knows a repeatable file by its description alone."""
    first: dict[str, Named] = {}
    for named in repeatable:
        other = first.setdefault(named.title, named)
        if other is not named:
            yield named.finding("name-duplicated", f"has the name of {other.shown}", "give one of the two another name")


def _elsewhere(folders: Sequence[Folder], rules: Rules) -> Iterator[Finding]:
    """Steps in other languages which Flyway finds on the classpath under the same path as the SQL."""
    taken = {folder.path for folder in folders}
    for folder in folders:
        for source in SOURCES if RESOURCES in folder.path.as_posix() else ():
            other = Path(folder.path.as_posix().replace(RESOURCES, source, 1))
            files = sorted(path.name for path in other.rglob("*") if rules.name.fullmatch(path.name))
            if files and other not in taken:
                shown = folder.shown.replace(RESOURCES, source, 1) if RESOURCES in folder.shown else other.as_posix()
                message = f"{shown} holds steps of the same place, which are not in this plan: {', '.join(files)}"
                help_text = f"where they matter, add --migrations {shown}: the plan then stops at each of them"
                yield Finding("steps-elsewhere", message, shown, Severity.WARNING, help=help_text)


FLYWAY = Layout(
    "flyway",
    "Flyway",
    _recognise,
    _find,
    read_settings,
    beside=re.compile(r"(?:.*/)?[^/]*\.conf|flyway(?:\.user)?\.toml"),
)
