"""What a gate has to say about one entry, before it is a finding with a file and a line."""

from __future__ import annotations

from dataclasses import dataclass

from platformdb.bench.model import Gate
from platformdb.report.model import Severity


@dataclass(frozen=True, slots=True)
class Remark:
    """A gate's word. ``place`` is the reading that it is about, if it is about one, by which a cause is told once."""

    gate: Gate
    rule: str
    message: str
    help: str = ""
    place: str = ""
    severity: Severity = Severity.ERROR
