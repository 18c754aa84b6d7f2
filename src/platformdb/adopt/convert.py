"""convert: another tool's directory as a project of platformdb's own files, with the same versions.

What was written is read again and compared, statement by statement, with what the tool's files say; only then does it
take its place. The history of a database that was adopted or migrated before goes on to hold.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdb.adopt.native import (
    NativeText,
    differences,
    present_name,
    rewritten,
    settings_text,
    variable_name,
    versioned_name,
    with_directives,
)
from platformdb.config import CONFIG_FILE
from platformdb.errors import ConfigError, Place, Refused
from platformdb.migrations.layouts.listing import recognised
from platformdb.migrations.load import load_all
from platformdb.migrations.model import Files, Kind, Migration, MigrationFile, version_key
from platformdb.migrations.read import list_files
from platformdb.project import Platform
from platformdb.report.model import Finding, Outcome, Report, Severity
from platformdb.report.words import counted
from platformdb.sqltext.source import read_source
from platformdb.variables import Variable


@dataclass(frozen=True, slots=True)
class Converted:
    """A file of the new project: its name there, its text, and what the tool's file says."""

    name: str
    native: NativeText
    migration: Migration


def convert(platform: Platform, variables: Mapping[str, Variable], folder: Path) -> Report:
    """Writes the migrations of another tool's directory into ``folder``, as a project of their own.

    Raises:
        ConfigError: the platform is no other tool's, or the folder is there and not empty.
        Refused: the folder cannot be written; then nothing was made.
    """
    foreign = platform.foreign
    if foreign is None:
        help_text = "name another tool's folder with --migrations"
        raise ConfigError(f"{platform.name} has platformdb's own files already", help=help_text)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there, and not empty", help="name a folder with --to that is not there yet")
    files = list_files(platform)
    problems = [*files.findings, *_not_convertible(files)]
    found = [] if _forbid(problems) else list(_read(files, platform, variables, problems))
    if _forbid(problems):
        return _refused(problems)
    values = {name: Variable(value) for name, value in recognised(platform, foreign)[1].variables.items()}
    values |= variables
    converted = tuple(_converted(found, files, platform.name, values))
    with _beside(folder) as made:
        _write(made, converted, values)
        after = _read_again(made, platform.name, converted, values, problems)
        problems += _unlike(converted, after)
        if _forbid(problems):
            return _refused(problems)
        _put(made, folder)
    return _report(folder, converted, after, problems)


def _forbid(problems: Iterable[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in problems)


def _refused(problems: Iterable[Finding]) -> Report:
    return Report("converted nothing", Outcome.REFUSED, findings=tuple(problems))


def _not_convertible(files: Files) -> Iterator[Finding]:
    """Steps in other languages, without which a new database would be another one; files that stand for others."""
    for file in files.migrations:
        if file.language:
            message = f"{file.shown} is a step in {file.language}, and no SQL file can be made of it"
            help_text = "write a file with its version that does the same in SQL, or keep this layout"
            yield Finding("not-sql", message, file.shown, place=Place(file.shown), help=help_text)
    if renamed := sum(file.reading is not None and not file.version for file in files.migrations):
        message = f"{counted(renamed, 'repeatable file')} will have another name, which the history does not know"
        help_text = "the next migrate applies them once more; status goes on to list the old names as missing"
        yield Finding("renamed", message, "", Severity.NOTE, help=help_text)
    for file in files.baselines:
        message = f"{file.shown} stands for the versions up to its own, and platformdb's own files know no such thing"
        help_text = "it is left out: a new database runs all versions"
        yield Finding("left-out", message, file.shown, Severity.WARNING, Place(file.shown), help_text)


def _read(
    files: Files, platform: Platform, variables: Mapping[str, Variable], problems: list[Finding]
) -> Iterator[tuple[MigrationFile, Migration]]:
    """Every file with what it says; those of one text that hold the way forth and back are read for each way."""
    callbacks = tuple(file for event in files.callbacks.values() for file in event)
    for group in ((*files.migrations, *callbacks), tuple(files.undo.values())):
        loaded = load_all(group, platform, variables)
        problems += loaded.findings
        yield from ((file, loaded.migrations[file.path]) for file in group if file.path in loaded.migrations)


def _converted(
    found: Iterable[tuple[MigrationFile, Migration]], files: Files, name: str, values: Mapping[str, Variable]
) -> Iterator[Converted]:
    titles = {version_key(file.version): file.name for file in files.migrations if file.version}
    for file, migration in found:
        if file.version:
            title = titles.get(version_key(file.version), file.name)
            target = f"phases/{name}/{versioned_name(file, title)}"
        else:
            target = f"sql/{name}/{present_name(file, migration)}"
        native = rewritten(file, read_source(Path(file.path), file.shown), values)
        yield Converted(target, native, migration)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder beside the one that is wanted, which goes away unless it takes its place."""
    made = folder.parent / f".{folder.name}.converting.{os.getpid()}"
    try:
        made.mkdir(parents=True)
        yield made
    except OSError as error:
        message = f"cannot write {folder}: {error.strerror}"
        raise Refused(message, help="name a folder with --to in which you may write") from None
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _write(folder: Path, converted: Sequence[Converted], values: Mapping[str, Variable]) -> None:
    used = {name: values[name] for each in converted for name in each.native.variables}
    for each in converted:
        path = folder / each.name
        path.parent.mkdir(parents=True, exist_ok=True)
        statements = any(segment.statements for segment in each.migration.segments)
        text = with_directives(each.native, statements=statements, templates=bool(used))
        if each.native.same and text == each.native.text:
            shutil.copyfile(each.migration.file.path, path)
        else:
            path.write_text(text, encoding="utf-8", newline="")
    (folder / CONFIG_FILE).write_text(settings_text(used), encoding="utf-8")


def _read_again(
    folder: Path, name: str, converted: Sequence[Converted], values: Mapping[str, Variable], problems: list[Finding]
) -> Mapping[str, Migration]:
    """What was written, by its names, as the next command will read it."""
    platform = Platform(name, folder, folder / "phases" / name, folder / "sql" / name, folder / "seeds" / name)
    files = list_files(platform)
    problems += files.findings
    used = {variable_name(each): values[each] for every in converted for each in every.native.variables}
    return {file.shown: migration for file, migration in _read(files, platform, used, problems)}


def _unlike(converted: Sequence[Converted], after: Mapping[str, Migration]) -> Iterator[Finding]:
    before = {each.name: each.migration for each in converted}
    for changed in differences(before, after):
        shown = before[changed].file.shown
        message = f"{shown} would not run the same statements as {changed}"
        help_text = "say this to those who make platformdb; until then keep the layout, which is read as it is"
        yield Finding("not-the-same", message, shown, place=Place(shown), help=help_text)
    if len(before) < len(converted):
        yield Finding("not-the-same", "two repeatable files would have one name", help="rename one of them")


def _put(made: Path, folder: Path) -> None:
    if folder.exists():
        folder.rmdir()  # it is empty, and not every system lets a folder take its place
    made.rename(folder)


_BEFORE = Finding(
    "convert-adopt",
    "a database in which the tool ran these files has to be told so before these run there",
    severity=Severity.NOTE,
    help="run platformdb adopt there, with the same --migrations, if platformdb did not run them itself",
)


def _report(
    folder: Path, converted: Sequence[Converted], after: Mapping[str, Migration], problems: Sequence[Finding]
) -> Report:
    """What was made, and what a history of the tool's files needs to go on with these."""
    edited = sum(
        each.migration.checksums.normalised != after[each.name].checksums.normalised
        for each in converted
        if each.migration.file.kind is Kind.VERSIONED
    )
    there = f"--project {shlex.quote(str(folder))}"
    accepting = (f"platformdb repair --cosmetic {there}",) if edited else ()
    return Report(
        f"wrote {counted(len(converted), 'file')} to {folder}{f'; status will call {edited} edited' if edited else ''}",
        findings=(*problems, _BEFORE),
        data={"project": str(folder.resolve()), "files": sorted(each.name for each in converted), "edited": edited},
        next=(*accepting, f"platformdb status {there}"),
    )
