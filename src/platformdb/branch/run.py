"""check: what is wrong with a branch's migrations, said before they are merged; and new numbers for its new files.

list files → those of the base and of the commit where the branch left it, from git → compare (pure) → read what
differs → judge (pure) → report. Only ``fix`` changes anything: names of files that the base does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager

from platformdb.branch.fix import plan_fix, with_mentions
from platformdb.branch.judge import compare, edit_problems, order_problems, remarks
from platformdb.branch.model import Comparison, Renumbered
from platformdb.branch.read import find_base, find_checkout, read_edits, read_requirements, read_sides
from platformdb.branch.rename import carry_out
from platformdb.errors import Place
from platformdb.migrations.model import MigrationFile
from platformdb.migrations.outlook import Options, file_problems
from platformdb.migrations.past import fold
from platformdb.migrations.status import validate
from platformdb.postgres.connect import connect
from platformdb.postgres.history import read_history
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.leftout import merged
from platformdb.report.model import Case, Finding, Outcome, Report, Severity, Step, StepResult, StepState
from platformdb.report.words import counted

Opening = Callable[[], AbstractContextManager[Target]]


def check(platform: Platform, *, base: str | None = None, opening: Opening | None = None, options: Options) -> Report:
    """What is wrong with the files; with a ``base``, what the branch did to its files; with a database, their history.

    ``base`` is a branch, a tag or a commit; files that are not committed are the branch's. Changes nothing.

    Raises:
        ConfigError: there is no repository, or this clone has no commit that ``base`` names.
        NotNow: no server where ``opening`` wants one.
    """
    cases = [Case(platform.name, "files can be read", file_problems(platform, options.variables))]
    found = None
    if base is not None:
        found, beside = _against_base(platform, base, options)
        cases += beside
    if opening is None:
        cases.append(Case(platform.name, "history", (_not_asked(),)))
    else:
        with opening() as target:
            history = validate(target, platform, options=options)
        cases.append(Case(platform.name, "history agrees with the files", history.findings))
    findings = merged(finding for case in cases for finding in case.findings)
    return Report(
        f"{platform.name}: {_verdict(findings, found)}",
        findings=findings,
        cases=tuple(cases),
        data=_data(platform, found),
    )


def _against_base(platform: Platform, base: str, options: Options) -> tuple[Comparison, list[Case]]:
    checkout = find_checkout(platform)
    with read_sides(checkout, find_base(checkout, base)) as sides:
        found = compare(base, sides.here, sides.base, sides.fork)
        edits = read_edits(found.touched, checkout.platform, sides.base_platform, options.variables)
    return found, [
        Case(platform.name, f"new files come after those of {base}", (*order_problems(found), *remarks(found))),
        Case(platform.name, f"files of {base} are as they were", edit_problems(found, edits)),
    ]


def _not_asked() -> Finding:
    message = "no database was asked whether its history and the files agree"
    return Finding("history-not-asked", message, severity=Severity.NOTE, help="name one with --url")


def _verdict(findings: Iterable[Finding], found: Comparison | None) -> str:
    problems = sum(finding.severity is Severity.ERROR for finding in findings)
    if problems:
        return f"{counted(problems, 'problem')} found"
    if found is None:
        return "the files are sound (with --base REF they are compared with another branch)"
    new = counted(len(found.arrivals), "new migration") if found.arrivals else "no new migration"
    return f"{new}, and the {len(found.there):,} of {found.base} are as they were"


def _data(platform: Platform, found: Comparison | None) -> dict[str, object]:
    if found is None:
        return {"platform": platform.name, "base": None}
    return {
        "platform": platform.name,
        "base": found.base,
        "forked": found.forked,
        "new": [file.shown for file in found.arrivals],
        "behind": [file.shown for file in found.behind],
    }


def fix(platform: Platform, *, base: str, opening: Opening | None = None, options: Options) -> Report:
    """Renumbers the new files that do not come after those of ``base``; then what :func:`check` says.

    Where a database is given, nothing that it has had is renumbered.

    Raises:
        ConfigError: as :func:`check`.
        Refused: a file could not be renamed, or what it requires not be read; every file has its old name.
    """
    checkout = find_checkout(platform)
    with read_sides(checkout, find_base(checkout, base)) as sides:
        found = compare(base, sides.here, sides.base, sides.fork)
        plan, problems = plan_fix(found, checkout.layout)
        if plan:
            requirements = read_requirements(sides, checkout.platform, found, options.variables)
            plan = with_mentions(plan, requirements)
    if opening is not None and plan:
        with opening() as target:
            problems += tuple(_applied(target, platform, plan))
    if problems:
        summary = f"{platform.name}: nothing was renumbered"
        return Report(summary, Outcome.REFUSED, findings=problems, data=_data(platform, found))
    carry_out(platform.root, plan)
    report = check(platform, base=base, opening=opening, options=options)
    if not plan:
        return report
    steps = tuple(_results(plan))
    said = f"renumbered {counted(len(plan), 'migration')}"
    summary = report.summary.replace(f"{platform.name}: ", f"{platform.name}: {said}; ", 1)
    return report.but(summary=summary, steps=steps, next=("git status",))


def _applied(target: Target, platform: Platform, plan: Sequence[Renumbered]) -> Iterator[Finding]:
    """New files that the database has had: under another number they would run again."""
    with connect(target) as connection:
        pasts = fold(read_history(connection, platform.name).entries).pasts
    for file in (each.file for each in plan):
        past = pasts.get(file.identity)
        if past and (past.done or past.started) and _is_same(file, past.last.record.name, past.checksums.raw):
            yield Finding(
                "branch-not-fixed",
                f"{file.shown} was applied to this database: under another number it would run again",
                file.shown,
                place=Place(file.shown, 1, 1),
                help="take it back first (platformdb down), or leave out --url where this database does not matter",
            )


def _is_same(file: MigrationFile, name: str, raw: str) -> bool:
    """The number may be another file's there: one of the base."""
    return file.name == name or file.raw == raw


def _results(plan: Iterable[Renumbered]) -> Iterator[StepResult]:
    for each in plan:
        for mention in each.mentions:
            wanted = mention.requirement
            step = Step("requires", str(wanted.place), f"requires {mention.new} now, not {wanted.name}")
            yield StepResult(step, StepState.APPLIED)
        for move in each.moves:
            yield StepResult(Step("renumber", move.old, f"is {move.new.rpartition('/')[2]} now"), StepState.APPLIED)
