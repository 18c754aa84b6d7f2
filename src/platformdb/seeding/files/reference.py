"""Reference data: CSV files with a header.

``name:int``, ``name:float`` and ``name:bool`` give a column a type, else it is text. An empty field is NULL.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from platformdb.errors import Place
from platformdb.seeding.problems import Problem
from platformdb.seeding.rows.columns import Column
from platformdb.seeding.rows.ropes import texts

TRUE = ("true", "yes", "1")


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The rows of one file."""

    name: str
    rows: int
    columns: Mapping[str, Column]


def read_reference(name: str, shown: str, content: str) -> tuple[Reference | None, tuple[Problem, ...]]:
    """The columns of the file ``name``, or what is wrong with it; ``shown`` is its name in messages."""
    lines = list(csv.reader(io.StringIO(content)))
    if not lines:
        return None, (Problem("the file is empty: its first line names the columns", Place(shown)),)
    header, rows = lines[0], [line for line in lines[1:] if line]
    problems = [
        Problem(f"{len(row)} fields where the header has {len(header)}", Place(shown, number))
        for number, row in enumerate(lines[1:], start=2)
        if row and len(row) != len(header)
    ]
    if problems:
        return None, tuple(problems)
    columns: dict[str, Column] = {}
    for position, title in enumerate(header):
        try:
            columns[title.partition(":")[0]] = _column(title, [row[position] for row in rows])
        except (ValueError, KeyError) as error:
            problems.append(Problem(f"column '{title}': {error}", Place(shown)))
    return Reference(name, len(rows), columns), tuple(problems)


def _column(title: str, fields: list[str]) -> Column:
    kind = title.partition(":")[2]
    nulls = np.array([field == "" for field in fields], np.bool_)
    missing = nulls if nulls.any() else None
    if not kind:
        return Column("text", texts(fields), missing)
    if kind == "bool":
        return Column("bool", np.array([field.lower() in TRUE for field in fields], np.bool_), missing)
    if kind == "int":
        return Column("int", np.array([int(field or 0) for field in fields], np.int64), missing)
    if kind == "float":
        return Column("float", np.array([float(field or 0) for field in fields], np.float64), missing)
    raise ValueError(f"'{kind}' is no type: int, float, bool, or none for text")
