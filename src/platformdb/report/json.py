"""A Report for programs: one envelope for every command; envelope.schema.json beside this module describes it."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, cast

from platformdb import __version__
from platformdb.report.model import Finding, Report, StepResult

SCHEMA_VERSION = 1


def render_json(report: Report, *, command: str, elapsed_ms: float) -> str:
    """The envelope as one line of JSON."""
    envelope = {
        "schema": SCHEMA_VERSION,
        "command": command,
        "ok": report.ok,
        "exit_code": report.exit_code,
        "summary": report.summary,
        "steps": [_step(result) for result in report.steps],
        "findings": [_finding(finding) for finding in report.findings],
        "data": dict(report.data),
        "elapsed_ms": round(elapsed_ms, 1),
        "version": __version__,
    }
    return json.dumps(envelope, ensure_ascii=False, default=str)


def envelope_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every envelope validates against."""
    text = resources.files("platformdb.report").joinpath("envelope.schema.json").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(text))


def _step(result: StepResult) -> dict[str, Any]:
    step = result.step
    return {
        "kind": step.kind,
        "subject": step.subject,
        "reason": step.reason,
        "transactional": step.transactional,
        "state": result.state.value,
        "rows": result.rows,
        "elapsed_ms": round(result.elapsed_ms, 3),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.place
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "message": finding.message,
        "help": finding.help,
        "detail": finding.detail,
        "place": {"name": place.name, "line": place.line, "column": place.column} if place else None,
    }
