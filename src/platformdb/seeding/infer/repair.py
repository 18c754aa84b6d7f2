"""Learns from a trial: columns that are better left alone, and tables for which no rows are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from platformdb.seeding.infer.model import Known, Trouble
from platformdb.seeding.model import TableFact


def learn(known: Known, troubles: Iterable[Trouble]) -> Known:
    """What is to be done in another way: first columns get no value, then the table is left out."""
    silent = dict(known.silent)
    left_out, alone = dict(known.left_out), set(known.alone)
    for trouble in troubles:
        if trouble.table not in known.facts:
            raise RuntimeError(f"the inferred file cannot be read: {trouble.message}")
        quiet = silent.get(trouble.table, frozenset())
        if more := _omittable(known.facts[trouble.table], trouble) - quiet:
            silent[trouble.table] = quiet | more
        elif trouble.repeats and not known.facts[trouble.table].foreign_keys and trouble.table not in alone:
            alone.add(trouble.table)
        else:
            left_out.setdefault(trouble.table, trouble.message)
    return replace(known, silent=silent, left_out=left_out, alone=frozenset(alone))


def _omittable(fact: TableFact, trouble: Trouble) -> frozenset[str]:
    """Of the columns concerned those which may be NULL or have a default, unless other tables refer to them."""
    columns = [column for column in fact.columns if column.name in trouble.columns and not column.generated]
    return frozenset(c.name for c in columns if not c.not_null or (c.default and "nextval(" not in c.default))
