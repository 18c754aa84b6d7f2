"""Infers how to fill a database: catalog (and rows) → plan → text, tried out, → file and report."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from platformdb.errors import ConfigError, Refused
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.report.model import Finding, Report, Severity
from platformdb.report.words import counted
from platformdb.seeding.fit.facts import read_facts
from platformdb.seeding.infer.model import Inferred, Known, Trouble
from platformdb.seeding.infer.observe import observe
from platformdb.seeding.model import TableFact

# Each attempt silences columns or leaves tables out; so many are more than any database needed.
ATTEMPTS = 12
# A second trial has more rows: what repeats shows only then.
SCALES = (1.0, 10.0)


def infer(
    target: Target,
    *,
    output: Path | None = None,
    rows: int = 100,
    schemas: tuple[str, ...] = (),
    data: bool = True,
) -> Report:
    """Writes a seed.toml for the database's tables; every table in it loads, the others are named with the reason.

    The rows of the file were generated and offered to temporary copies of the tables before it is written. Nothing in
    the database is changed.

    Args:
        target: the database.
        output: where the text goes, where no file may be yet; without it the report holds the text.
        rows: of a table that refers to nothing, in the profile ``dev``.
        schemas: only tables in these.
        data: look at what the tables hold, too.

    Raises:
        ConfigError: the output is there already, or numpy is not installed.
        Refused: there are no tables.
    """
    if output is not None and output.exists():
        raise ConfigError(f"{output} is there already", help="name another file, or move that one away")
    if importlib.util.find_spec("numpy") is None:
        raise ConfigError("inferring needs numpy, which is not installed", help="pip install 'platformdb[local]'")
    with connect(target) as connection:
        facts = _wanted(read_facts(connection), schemas)
        known = Known(facts, rows, seen=observe(connection, facts) if data else {})
        inferred, text = _settled(connection, known, connection.info.dbname)
    if not inferred.tables:
        why = "\n".join(f"{name}: {reason}" for name, reason in sorted(inferred.left_out.items()))
        raise Refused("for no table rows are known that it would accept", detail=why, help="write seed.toml by hand")
    if output is not None:
        _write(output, text)
    return _report(inferred, text, output)


def _write(output: Path, text: str) -> None:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"cannot write {output}: {error.strerror}", help="choose another file") from None


def _wanted(facts: Mapping[str, TableFact], schemas: tuple[str, ...]) -> Mapping[str, TableFact]:
    found = {name: fact for name, fact in facts.items() if not schemas or fact.schema in schemas}
    if missing := set(schemas) - {fact.schema for fact in facts.values()}:
        raise ConfigError(f"no table is in the schema {', '.join(sorted(missing))}", help="name another --schema")
    if not found:
        raise Refused("the database has no tables", help="migrate it first: platformdb migrate")
    return found


def _settled(connection: Connection, known: Known, database: str) -> tuple[Inferred, str]:
    """Plans, writes and tries until nothing speaks against the file."""
    from platformdb.seeding.infer.plan import PROFILE, plan
    from platformdb.seeding.infer.trial import try_out
    from platformdb.seeding.infer.write import write

    for _ in range(ATTEMPTS):
        inferred = plan(known)
        text = write(inferred, database)
        for scale in SCALES:
            troubles = try_out(connection, text, known.facts, PROFILE, scale)
            if troubles:
                break
        else:
            return inferred, text
        known = _wiser(connection, known, troubles)
    raise Refused("no file was found whose rows the database takes", detail="\n".join(map(str, troubles)))


def _wiser(connection: Connection, known: Known, troubles: tuple[Trouble, ...]) -> Known:
    """Columns that break a CHECK get values which the server finds good; else they get none, or the table goes."""
    from platformdb.seeding.infer.repair import learn
    from platformdb.seeding.infer.solve import solved

    found = {trouble: group for trouble in troubles if (group := solved(connection, known, trouble))}
    more = dict(known.solved)
    for trouble, group in found.items():
        more[trouble.table] = (*more.get(trouble.table, ()), group)
    return learn(replace(known, solved=more), [trouble for trouble in troubles if trouble not in found])


def _report(inferred: Inferred, text: str, output: Path | None) -> Report:
    found = tuple(
        Finding("seed-left-out", f"left out: {why}", name, Severity.NOTE, help="describe it by hand in seed.toml")
        for name, why in sorted(inferred.left_out.items())
    )
    where = f" to {output}" if output else ""
    data = {
        "tables": len(inferred.tables),
        "left_out": dict(inferred.left_out),
        "file": str(output or ""),
        "text": text,
    }
    summary = f"wrote a seed for {counted(len(inferred.tables), 'table')}{where}"
    # Without a file it goes to where a pipe finds it; the reasons are comments in it.
    return Report(summary, findings=found, data=data, raw=None if output else text.rstrip("\n"))
