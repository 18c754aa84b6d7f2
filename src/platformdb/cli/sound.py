"""Databases on which nobody builds: a load was cut short there, or another tool's history was not taken over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from platformdb.cli.frame import Run
from platformdb.errors import Refused
from platformdb.postgres.connect import connect
from platformdb.postgres.providers import open_target
from platformdb.postgres.target import Target
from platformdb.project import Platform
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


@contextmanager
def open_adopted_target(run: Run, platform: Platform) -> Iterator[Target]:
    """The same, for a run of another tool's files.

    Raises:
        Refused: that tool ran some of them there, and nobody took its history over.
    """
    with open_sound_target(run, platform.name) as target:
        if platform.foreign is not None:
            from platformdb.adopt.run import find_unadopted  # with the layouts of all tools

            if finding := find_unadopted(target, platform, run.config.variables):
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
