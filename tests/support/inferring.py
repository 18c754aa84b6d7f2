"""What tests of inferred seeds share: a schema, the file inferred from it, and that the file loads."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Any

from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.report.model import Report
from platformdb.seeding.infer.run import infer
from platformdb.seeding.request import Existing, Request
from platformdb.seeding.run import seed
from projects import Project


def run_sql(target: Target, sql: str) -> None:
    with connect(target) as connection:
        connection.execute(sql.encode())


def inferred(target: Target, project: Project, *, rows: int = 20, data: bool = False) -> Report:
    """Infers, and puts the file where the project's seed is."""
    report = infer(target, rows=rows, data=data)
    project.write({"seeds/seed.toml": str(report.data["text"])})
    return report


def file_of(report: Report) -> dict[str, Any]:
    return tomllib.loads(str(report.data["text"]))


def loads(target: Target, project: Project, scales: Iterable[float] = (1.0, 10.0)) -> dict[str, int]:
    """Loads the project's seed at each scale; how many rows each table has in the end."""
    rows: dict[str, int] = {}
    with connect(target) as connection:
        for scale in scales:
            report = seed(connection, project.platform, Request(scale=scale, existing=Existing.REPLACE))
            rows = dict(report.data["tables"])
    return rows
