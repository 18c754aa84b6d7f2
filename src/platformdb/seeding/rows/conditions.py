"""Which rows are meant: by the value of a column, or by whether it has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from platformdb.seeding.rows.codes import Mask
from platformdb.seeding.rows.columns import keys

if TYPE_CHECKING:
    from platformdb.seeding.rows.layouts import Rows

Scalar = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Condition:
    """Rows whose columns have these values, and where ``given`` have a value and ``absent`` have none."""

    where: Mapping[str, Scalar | tuple[Scalar, ...]] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.where or self.given or self.absent)

    def holds(self, block: Rows) -> Mask:
        """The rows of a block, or of others, for which all of it is true."""
        mask = np.ones(block.rows, np.bool_)
        for path, wanted in self.where.items():
            mask &= _equals(block, path, wanted if isinstance(wanted, tuple) else (wanted,))
        for path in self.given:
            mask &= present(block, path)
        for path in self.absent:
            mask &= ~present(block, path)
        return mask


def present(block: Rows, path: str) -> Mask:
    """The rows in which a column has a value."""
    column = block.value(path)
    return column.array >= 0 if column.kind == "link" else ~column.missing


def _equals(block: Rows, path: str, wanted: tuple[Scalar, ...]) -> Mask:
    values, codes = keys(block.value(path))
    chosen = np.array([value in wanted and value is not None for value in values], np.bool_)
    return chosen[codes] if len(codes) else np.zeros(0, np.bool_)
