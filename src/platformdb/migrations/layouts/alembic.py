"""Alembic's revisions: Python files that name the one before, so that only the chain says which comes first.

None of them is run here; they are read as text (``ast``), never executed. Source: Alembic's documentation, "Tutorial"
and "Working with Branches", and the comments that ``alembic upgrade --sql`` prints (``runtime/migration.py``).
"""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.model import Candidate, Kind
from platformdb.project import Foreign
from platformdb.report.model import Finding

SAYS_REVISION = re.compile(r"^(?:down_)?revision\b.*=", re.MULTILINE)
# What alembic upgrade --sql prints above the SQL of a revision; a merge has several before the arrow.
RUNNING = re.compile(r"^-- Running upgrade (?P<after>[^\n>]*?)-> (?P<id>[^\s,]+)", re.MULTILINE)
# Alembic names revisions by 12 digits of a UUID, unless somebody says otherwise.
IN_NAME = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{12}(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision and those that it follows; None where the file does not say which, but for its place."""

    id: str
    after: tuple[str, ...] | None = ()


def read_revision(name: str, text: str) -> Revision | None:
    """The revision of a file: of Python by what it assigns, of SQL by Alembic's own comment, else by its name."""
    if name.endswith(".py"):
        return _from_python(text)
    if running := list(RUNNING.finditer(text)):
        return Revision(running[-1]["id"], tuple(re.findall(r"[^\s,]+", running[0]["after"])))
    named = IN_NAME.search(name)
    return Revision(named[0], None) if named else None


def _from_python(text: str) -> Revision | None:
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    values = dict(_assigned(module))
    revision = values.get("revision", ())
    after = (*values.get("down_revision", ()), *values.get("depends_on", ()))
    return Revision(revision[0], after) if revision else None


def _assigned(module: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names that the module assigns constants to, and the texts in these."""
    for statement in module.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
        for target in targets:
            value = getattr(statement, "value", None)
            if isinstance(target, ast.Name) and value is not None:
                yield target.id, tuple(_texts(value))


def _texts(value: ast.expr) -> Iterator[str]:
    for part in value.elts if isinstance(value, ast.Tuple | ast.List | ast.Set) else [value]:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def _recognise(folder: Folder) -> Sign | None:
    for name in folder.names:
        if name.endswith(".py") and len(SAYS_REVISION.findall(_text(folder.path / name))) > 1:
            return Sign(Strength.SURE, f"revisions of Alembic such as {name}")
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # who makes its checksum says what is wrong with it
        return ""


def _find(folders: Sequence[Folder], _: Settings, findings: list[Finding]) -> Iterator[Candidate]:
    found: dict[str, tuple[Revision, Folder, str]] = {}
    for folder in folders:
        for name in (each for each in folder.names if each.endswith(".py")):
            revision = read_revision(name, _text(folder.path / name))
            if revision and revision.id in found:
                findings.append(_problem(f"{name} and {found[revision.id][2]} are both revision {revision.id}", name))
            elif revision:
                found[revision.id] = revision, folder, name
    findings += _loose_ends(found)
    for number, key in enumerate(_in_order(found, findings), 1):
        folder, name = found[key][1:]
        yield folder.candidate(name, Kind.VERSIONED, str(number), Path(name).stem, language="Python")


def _loose_ends(found: Mapping[str, tuple[Revision, Folder, str]]) -> Iterator[Finding]:
    followed = {key for revision, _, _ in found.values() for key in revision.after or ()}
    for revision, _, name in found.values():
        for key in revision.after or ():
            if key not in found:
                yield _problem(f"{name} follows revision {key}, which no file is", name, "restore its file (git log)")
    heads = sorted(name for key, (_, _, name) in found.items() if key not in followed)
    if len(heads) > 1:
        message = f"there are {len(heads)} heads, and nobody can tell which comes first: {', '.join(heads)}"
        yield _problem(message, heads[0], "merge them: alembic merge heads")


def _in_order(found: Mapping[str, tuple[Revision, Folder, str]], findings: list[Finding]) -> list[str]:
    """The revisions, each after those that it follows; of those between which nothing decides, by name."""
    by_name = sorted(found, key=lambda key: found[key][2])
    graph = {key: sorted(set(found[key][0].after or ()) & found.keys()) for key in by_name}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        names = ", ".join(found[key][2] for key in dict.fromkeys(error.args[1]))
        findings.append(_problem(f"these revisions follow each other in a circle: {names}", names))
        return []


def _problem(message: str, subject: str, help_text: str = "correct down_revision in one of them") -> Finding:
    return Finding("alembic-chain", message, subject, help=help_text)


def _settings(foreign: Foreign) -> Settings:
    """Where alembic.ini says that the revisions are; of its other keys, a URL with a password among them, nothing."""
    reader = configparser.RawConfigParser()
    try:
        reader.read(foreign.project / "alembic.ini", encoding="utf-8")
        place = reader.get("alembic", "script_location", fallback="")
    except (configparser.Error, UnicodeDecodeError):
        place = ""
    if not place:
        return Settings()
    return Settings(locations=(foreign.project / place.replace("%(here)s", str(foreign.project)) / "versions",))


ALEMBIC = Layout(
    "alembic",
    "Alembic",
    _recognise,
    _find,
    _settings,
    beside=re.compile(r"(?:.*/)?(?:env\.py|__init__\.py|script\.py\.mako|README|[^/]+\.pyc)"),
)
