"""What is left out where the server lacks an extension: one line says it, whatever the number of parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from platformdb.report.model import Finding, Severity

RULE = "extension-missing"
HELP = "install it on the server, then run platformdb migrate and platformdb indexes apply: they bring what is left out"


def left_out(extension: str, parts: Sequence[str]) -> Finding:
    """A note that these parts, which say that they need the extension, were left out."""
    return Finding(RULE, f"{_lead(extension)}{', '.join(parts)}", extension, Severity.NOTE, help=HELP)


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, with one note for each extension in the place of the first."""
    every = tuple(findings)
    parts: dict[str, dict[str, None]] = {}
    for finding in every:
        if finding.rule == RULE:
            said = finding.message.removeprefix(_lead(finding.subject)).split(", ")
            parts.setdefault(finding.subject, {}).update(dict.fromkeys(said))
    kept: dict[Finding, None] = {}
    for finding in every:
        known = finding.rule == RULE
        kept.setdefault(left_out(finding.subject, tuple(parts[finding.subject])) if known else finding)
    return tuple(kept)


def _lead(extension: str) -> str:
    return f"the server has no extension {extension}, so these are left out: "
