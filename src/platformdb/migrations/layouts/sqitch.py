"""Sqitch: ``sqitch.plan`` with deploy/, revert/ and verify/ beside it; a change's version is its place in the plan.

Source: Sqitch's manual, "sqitch-configuration", "sqitchchanges" and "sqitch-rework"; App::Sqitch::Target.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from platformdb.errors import ConfigError, Place, Refused
from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.layouts.sections import whole
from platformdb.migrations.layouts.sqitch_plan import (
    Change,
    SqitchPlan,
    change_ids,
    dependency_problems,
    read_plan,
    script_names,
)
from platformdb.migrations.model import Candidate, Kind
from platformdb.migrations.reading import Reading
from platformdb.project import Foreign
from platformdb.report.model import Finding, Severity
from platformdb.report.words import counted
from platformdb.sqltext.placeholders import PSQL, fill
from platformdb.sqltext.source import Source, read_source
from platformdb.variables import Variable, secrets_among

CONF = "sqitch.conf"
PLAN = "sqitch.plan"
DEFAULTS = {"top_dir": ".", "extension": "sql", "registry": "sqitch"}
KEYS = (*DEFAULTS, "plan_file", "deploy_dir", "revert_dir", "verify_dir", "reworked_dir")
# Those that hold for PostgreSQL go before those that hold for any database.
SECTIONS = ("core", "engine.pg")
VARIABLES = ("core.variables", "engine.pg.variables", "deploy.variables")
HEAD = re.compile(r'\[\s*(?P<name>[^\s"\]]+)\s*(?:"(?P<part>[^"]*)")?\s*\]')
VALUE = re.compile(r'(?P<key>[A-Za-z][\w.-]*)\s*=\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>[^#;]*))')


@dataclass(frozen=True, slots=True)
class Project:
    """A plan, the folder of which paths are relative, and the names in it."""

    folder: Folder
    names: frozenset[str]
    plan: str
    options: Mapping[str, str]

    @property
    def top(self) -> str:
        """Where deploy/ and the others are: with a slash at the end, or nothing."""
        return self.plan.removesuffix(PLAN) if self.plan.endswith(PLAN) else ""

    def inside(self, what: str, *, reworked: bool = False) -> str:
        """The folder of deploy, revert or verify files; of changes that were reworked it may be another one."""
        if reworked and "reworked_dir" in self.options:
            return _within(f"{self.options['reworked_dir']}/{what}", self.folder)
        own = self.options.get(f"{what}_dir")
        return _within(own, self.folder) if own else f"{self.top}{what}/"

    def script(self, what: str, change: Change) -> str:
        """The file of a change, whether it is there or not."""
        inside = self.inside(what, reworked=bool(change.later))
        names = [inside + name for name in script_names(change, self.options["extension"])]
        return next((name for name in names if name in self.names), names[0])


def read_settings(foreign: Foreign) -> Settings:
    """What sqitch.conf says that matters for the files; targets, which may hold passwords, are not read.

    Raises:
        ConfigError: it cannot be read.
    """
    places = (*foreign.locations, *(folder.parent for folder in foreign.locations), foreign.project)
    conf = next((folder / CONF for folder in places if (folder / CONF).is_file()), None)
    said = _configured(conf) if conf else {}
    sections = [said.get(name, {}) for name in SECTIONS]
    options = {key: value for section in sections for key, value in section.items() if key in KEYS}
    folder = conf.parent if conf else foreign.project
    paths = {key: str(folder / value) for key, value in options.items() if key.endswith(("_dir", "_file"))}
    options = {**DEFAULTS, **options, **paths, "top_dir": str(folder / options.get("top_dir", "."))}
    variables = {key: value for name in VARIABLES for key, value in said.get(name, {}).items()}
    top = Path(options["top_dir"]).resolve()
    locations = () if foreign.locations or not (conf or (top / PLAN).is_file()) else (top,)
    return Settings(
        {"registry": options["registry"], **variables}, locations, f"{options['registry']}.changes", options
    )


def _configured(path: Path) -> dict[str, dict[str, str]]:
    """The sections of a file in Git's format; one with a part in quotes is called ``name.part``."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"cannot read {path.name}: {why}", place=Place(str(path)), help="make it readable") from None
    found: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in map(str.strip, lines):
        if head := HEAD.match(line):
            name = head["name"].lower() + (f".{head['part']}" if head["part"] else "")
            section = found.setdefault(name, {})
        elif match := VALUE.match(line):
            section[match["key"]] = (match["bare"] or "").strip() if match["quoted"] is None else match["quoted"]
    return found


def _recognise(folder: Folder) -> Sign | None:
    plan = _plan_below(folder)
    return Sign(Strength.SURE, plan) if plan else None


def _plan_below(folder: Folder) -> str | None:
    """The plan in the folder, else the one plan below it."""
    plans = [name for name in folder.names if name.rpartition("/")[2] == PLAN]
    return PLAN if PLAN in plans else plans[0] if len(plans) == 1 else None


def _within(path: str, folder: Folder) -> str:
    """A path of the configuration as the names of a folder begin."""
    full = Path(path).resolve()
    inside = full.relative_to(folder.path).as_posix() if full.is_relative_to(folder.path) else full.as_posix()
    return "" if inside == "." else f"{inside}/"


def _find(folders: Sequence[Folder], settings: Settings, findings: list[Finding]) -> Iterator[Candidate]:
    options = {**DEFAULTS, **settings.options}
    filling = partial(_filled, variables=settings.variables)
    reading = Reading("sqitch", whole, filling, secrets=secrets_among(settings.variables))
    for folder in folders if len(folders) == 1 else _refused_several(folders, findings):
        plan = _plan_of(folder, options)
        if plan is None:
            message = f"there is no {PLAN} in {folder.shown}"
            help_text = f"name the folder that holds {PLAN}, or say plan_file in {CONF}"
            findings.append(Finding("no-plan", message, folder.shown, place=Place(folder.shown), help=help_text))
        else:
            yield from _planned(Project(folder, frozenset(folder.names), plan, options), reading, findings)


def _refused_several(folders: Sequence[Folder], findings: list[Finding]) -> Sequence[Folder]:
    """Places in two plans are no one order."""
    shown = ", ".join(folder.shown for folder in folders)
    message = f"{shown}: a Sqitch project has one plan, and nothing says which of several comes first"
    findings.append(
        Finding("plans-several", message, shown, help="name one of them; give each a --platform of its own")
    )
    return ()


def _plan_of(folder: Folder, options: Mapping[str, str]) -> str | None:
    """As the configuration has it, if it is about this folder; else as it lies there."""
    said = options.get("plan_file") or f"{options['top_dir']}/{PLAN}"
    configured = _within(said, folder).removesuffix("/")
    return configured if configured in folder.names else _plan_below(folder)


def plan_of(folder: Folder, settings: Settings) -> tuple[SqitchPlan, tuple[str, ...]]:
    """A folder's plan and the ids of its changes, of which the first is version 1: what a history is compared with.

    Raises:
        Refused: there is none, or it cannot be read.
    """
    plan = _plan_of(folder, {**DEFAULTS, **settings.options})
    if plan is None:
        raise Refused(f"there is no {PLAN} in {folder.shown}", place=Place(folder.shown), help="name its folder")
    found = read_plan(read_source(folder.path / plan, folder.shown_name(plan)))
    return found, change_ids(found)


def _planned(project: Project, reading: Reading, findings: list[Finding]) -> Iterator[Candidate]:
    folder = project.folder
    try:
        plan = read_plan(read_source(folder.path / project.plan, folder.shown_name(project.plan)))
    except Refused as error:
        findings.append(Finding(error.rule, error.message, project.plan, place=error.place, help=error.help))
        return
    findings += dependency_problems(plan)
    taken: set[str] = set()
    for version, change in enumerate(plan.changes, 1):
        deploy, revert = project.script("deploy", change), project.script("revert", change)
        if deploy not in project.names:
            findings.append(_missing(folder.shown_name(deploy), change))
            continue
        taken |= {deploy, revert}
        yield folder.candidate(deploy, Kind.VERSIONED, str(version), change.name, reading)
        if revert in project.names:
            yield folder.candidate(revert, Kind.UNDO, str(version), change.name, reading)
    findings += _unplanned(project, taken)


def _missing(shown: str, change: Change) -> Finding:
    message = f"the plan names the change {change.name}, and {shown} is not there"
    help_text = "restore the file, or take the change out of the plan"
    return Finding("plan-file-missing", message, shown, place=change.place, help=help_text)


def _unplanned(project: Project, taken: set[str]) -> Iterator[Finding]:
    """What lies with the others and in no plan; checks that only Sqitch runs."""
    folder, extension = project.folder, project.options["extension"]
    ours = tuple(project.inside(what, reworked=again) for what in ("deploy", "revert") for again in (False, True))
    for name in folder.names:
        if name.startswith(ours) and name.endswith(f".{extension}") and name not in taken:
            shown = folder.shown_name(name)
            help_text = "add it to the plan if it is a change; move it elsewhere if it is none"
            message = f"{shown} is in no plan: it is not run"
            yield Finding("file-unmatched", message, shown, Severity.WARNING, Place(shown), help_text)
    checks = sum(name.startswith(project.inside("verify")) for name in folder.names)
    if checks:
        message = f"{folder.shown_name(project.inside('verify'))} holds {counted(checks, 'check')} of what was deployed"
        help_text = "platformdb does not run them: sqitch verify does"
        yield Finding("verify-files", message, folder.shown, Severity.NOTE, help=help_text)


def _filled(source: Source, given: Mapping[str, Variable], *, variables: Mapping[str, str]) -> Source:
    """As psql does it with what Sqitch gives it; psql's own variables, such as DBNAME, have to be given."""
    return fill(source, (PSQL,), {**{name: Variable(value) for name, value in variables.items()}, **given})


# What else lies in such a folder is the project's own: what Sqitch reads is said by the plan.
SQITCH = Layout("sqitch", "Sqitch", _recognise, _find, read_settings, beside=re.compile(r".*", re.DOTALL))
