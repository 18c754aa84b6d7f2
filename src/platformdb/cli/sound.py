"""Databases in which a load was cut short: nobody builds on them, and status says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from platformdb.cli.frame import Run
from platformdb.errors import Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.providers import open_target
from platformdb.postgres.target import Target
from platformdb.report.model import Finding, Report


@contextmanager
def open_sound_target(run: Run, database: str) -> Iterator[Target]:
    """The target, as ``open_target`` opens it.

    Raises:
        Refused: foreign keys and triggers are off, for a load was cut short.
    """
    with open_target(run.config, run.observer, database=database) as target:
        if finding := find_cut_short(target):
            raise Refused(finding.message, help=finding.help)
        yield target


def find_cut_short(target: Target) -> Finding | None:
    """The load in stages that was begun and not finished."""
    from platformdb.seeding.load.record import unfinished

    with connect(target) as connection:
        return unfinished(connection)


def told(report: Report, target: Target) -> Report:
    """The report, with what was found."""
    finding = find_cut_short(target)
    return report.but(findings=(*report.findings, finding)) if finding else report
