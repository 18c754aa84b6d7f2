"""A Report as JUnit's XML, as Jenkins and GitLab read it.

There is no standard; this keeps to what the schema of Jenkins' xUnit plugin (junit-10.xsd) allows, of which GitLab
reads a part: https://docs.gitlab.com/ci/testing/unit_test_reports/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from platformdb.report.model import Case, Finding, Report, Severity, StepResult, StepState

PLANNED = StepState.PLANNED
# XML 1.0 has no way to write these, not even escaped.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: Report, *, command: str, elapsed_ms: float) -> str:
    """A suite for each suite of the report's cases, and one of the command for all else that was done or found."""
    cases = (*report.cases, *_other_cases(report, f"platformdb {command}"))
    root = Element("testsuites", _numbers(cases, f"platformdb {command}", elapsed_ms))
    for suite in dict.fromkeys(case.suite for case in cases):
        _add_suite(root, suite, [case for case in cases if case.suite == suite])
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}'


def _other_cases(report: Report, suite: str) -> Iterator[Case]:
    """What is in no case: steps and findings; and the command itself, where it failed and nothing else says so."""
    told = {finding for case in report.cases for finding in case.findings}
    suites = {case.suite for case in report.cases}
    others = [each for each in report.findings if each not in told and each.subject not in suites]
    cases = [_of_step(suite, result, report.summary) for result in report.steps if result.state is not PLANNED]
    cases += [Case(suite, f"{each.rule} {each.subject}".strip(), (each,)) for each in others]
    yield from cases
    if not report.ok and not any(_errors(case) for case in (*report.cases, *cases)):
        yield Case(suite, report.summary, (Finding("failed", report.summary),))


def _of_step(suite: str, result: StepResult, summary: str) -> Case:
    failed = (Finding("step-failed", summary),) if result.state is StepState.FAILED else ()
    return Case(suite, f"{result.step.kind} {result.step.subject}", failed, elapsed_ms=result.elapsed_ms)


def _add_suite(root: Element, name: str, cases: Sequence[Case]) -> None:
    suite = SubElement(root, "testsuite", _numbers(cases, name, sum(case.elapsed_ms for case in cases)))
    facts = {f"{case.name}.{fact}": value for case in cases for fact, value in case.facts.items()}
    # The schema has them in a suite only: a test with properties of its own is refused as a whole report.
    properties = SubElement(suite, "properties") if facts else suite
    for fact, value in facts.items():
        SubElement(properties, "property", _texts({"name": fact, "value": value}))
    for case in cases:
        given = {"name": case.name, "classname": case.suite, "time": f"{case.elapsed_ms / 1000:.6f}"}
        _add_findings(SubElement(suite, "testcase", _texts(given)), case)


def _add_findings(element: Element, case: Case) -> None:
    """One failure, for Jenkins keeps only the last of several; below it what is no failure."""
    if errors := _errors(case):
        message = "; ".join(error.message for error in errors)
        failure = SubElement(element, "failure", _texts({"message": message, "type": errors[0].rule}))
        failure.text = _text("\n\n".join(_told(error) for error in errors))
    if others := [_told(finding) for finding in case.findings if not _is_error(finding)]:
        SubElement(element, "system-out").text = _text("\n\n".join(others))


def _told(finding: Finding) -> str:
    lines = (
        f"{finding.severity.value}: {finding.message} [{finding.rule}]",
        f"at {finding.place}" if finding.place else "",
        finding.detail,
        f"what to do: {finding.help}" if finding.help else "",
    )
    return "\n".join(line for line in lines if line)


def _numbers(cases: Sequence[Case], name: str, elapsed_ms: float) -> dict[str, str]:
    failures = sum(bool(_errors(case)) for case in cases)
    # The schema takes milliseconds at most, here: of a test any number.
    numbers = {"tests": str(len(cases)), "failures": str(failures), "errors": "0", "time": f"{elapsed_ms / 1000:.3f}"}
    return {"name": _text(name), **numbers}


def _errors(case: Case) -> list[Finding]:
    return [finding for finding in case.findings if _is_error(finding)]


def _is_error(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR


def _texts(attributes: Mapping[str, str]) -> dict[str, str]:
    return {name: _text(value) for name, value in attributes.items()}


def _text(text: str) -> str:
    return UNWRITABLE.sub("\ufffd", text)
