"""One way for everything that is printed to lose its secrets: on values, before they are drawn as text or JSON."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from platformdb.config import Config
from platformdb.errors import Place
from platformdb.report.model import Case, Finding, Report, Statement, Step, StepResult, Table
from platformdb.report.progress import Observer
from platformdb.variables import Variable

Mask = Callable[[str], str]


def masking_of(config: Config) -> Mask:
    """What takes the secret variables and the database's password out of a text; ``str`` where there are none."""
    secrets = {name: variable for name, variable in config.variables.items() if variable.secret}
    if config.url is not None:
        from platformdb.postgres.providers.url import secrets_of

        secrets |= {f"url {n}": Variable(value, secret=True) for n, value in enumerate(secrets_of(config.url.reveal()))}
    if not secrets:
        return str
    from platformdb.sqltext.templates import masking

    return masking(secrets)


def masked_report(report: Report, mask: Mask) -> Report:
    """The report without secrets; vocabulary, such as rules, kinds and keys, stays."""
    if mask is str:
        return report
    return replace(
        report,
        summary=mask(report.summary),
        steps=tuple(replace(result, step=_step(result.step, mask)) for result in report.steps),
        findings=tuple(_finding(finding, mask) for finding in report.findings),
        tables=tuple(_table(table, mask) for table in report.tables),
        cases=tuple(_case(case, mask) for case in report.cases),
        facts=_value(report.facts, mask),
        data=_value(report.data, mask),
        next=_value(report.next, mask),
        raw=_value(report.raw, mask),
    )


@dataclass(frozen=True, slots=True)
class MaskedObserver:
    """Tells another observer everything but secrets."""

    observer: Observer
    mask: Mask

    def stage(self, title: str, total: int | None = None) -> None:
        """Passed on."""
        self.observer.stage(self.mask(title), total)

    def started(self, step: Step) -> None:
        """Passed on."""
        self.observer.started(_step(step, self.mask))

    def finished(self, result: StepResult) -> None:
        """Passed on."""
        self.observer.finished(replace(result, step=_step(result.step, self.mask)))

    def note(self, text: str) -> None:
        """Passed on."""
        self.observer.note(self.mask(text))

    def progress(self, text: str) -> None:
        """Passed on."""
        self.observer.progress(self.mask(text))


def _step(step: Step, mask: Mask) -> Step:
    statements = tuple(Statement(mask(statement.text)) for statement in step.statements)
    return replace(step, subject=mask(step.subject), reason=mask(step.reason), statements=statements)


def _finding(finding: Finding, mask: Mask) -> Finding:
    place = finding.place
    return replace(
        finding,
        message=mask(finding.message),
        subject=mask(finding.subject),
        help=mask(finding.help),
        detail=mask(finding.detail),
        place=place and Place(mask(place.name), place.line, place.column, place.text and mask(place.text)),
    )


def _table(table: Table, mask: Mask) -> Table:
    return replace(table, title=mask(table.title), rows=_value(table.rows, mask))


def _case(case: Case, mask: Mask) -> Case:
    findings = tuple(_finding(finding, mask) for finding in case.findings)
    return Case(mask(case.suite), mask(case.name), findings, _value(case.facts, mask), case.elapsed_ms)


def _value(value: Any, mask: Mask) -> Any:
    """Any value of ``data`` or of a table. What is neither text nor a container is drawn by ``str`` in the end."""
    if value is None or isinstance(value, int | float | enum.Enum):
        return value
    if isinstance(value, Mapping):
        return {key: _value(each, mask) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_value(each, mask) for each in value)
    return mask(str(value))
