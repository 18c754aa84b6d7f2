"""Checks every row against its contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from platformdb.contracts.judge import judge_document, keeps
from platformdb.contracts.model import Contract
from platformdb.contracts.read import read_contracts
from platformdb.postgres.catalog import read_primary_key
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.read import stream
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.report.model import Finding, Report
from platformdb.report.words import counted
from platformdb.sqltext.quote import quote_identifier, quote_qualified

# Many rows hold the same document, and what was found right once is right again: 7 µs a document became 4 (measured).
REMEMBERED = 20_000


def check_contracts(target: Target, platform: Platform) -> Report:
    """Every broken document as findings. Changes nothing."""
    contracts = read_contracts(platform)
    documents: dict[str, int] = {}
    findings: list[Finding] = []
    with connect(target) as connection:
        for contract in contracts:
            documents[contract.name], faults = _check(connection, contract)
            findings += faults
    total = sum(documents.values())
    verdict = f"{counted(len(findings), 'fault')} found" if findings else "all keep them"
    said = f"{counted(total, 'document')} checked against {counted(len(contracts), 'contract')}, {verdict}"
    return Report(
        f"{platform.name}: {said if contracts else 'no contracts, nothing was checked'}",
        findings=tuple(findings),
        data={"platform": platform.name, "documents": documents, "faults": len(findings)},
    )


def _check(connection: Connection, contract: Contract) -> tuple[int, list[Finding]]:
    """How many documents there are, and the faults, in the order of the rows' keys."""
    key = read_primary_key(connection, quote_qualified(contract.table)) or ("ctid",)
    number, kept = 0, set[str]()
    faults: list[Finding] = []
    for document, *values in _documents(connection, contract, key):
        number += 1
        if document in kept:
            continue
        if not keeps(contract, document):
            faults += judge_document(contract, _row_name(key, values), document)
        elif len(kept) < REMEMBERED:
            kept.add(document)
    return number, faults


def _documents(connection: Connection, contract: Contract, key: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The document's JSON text and the row's key, row by row."""
    column = quote_identifier(contract.column)
    names = ", ".join(quote_identifier(name) for name in key)
    sql = (
        f"SELECT {column}::text, {names} FROM {quote_qualified(contract.table)} "  # noqa: S608 - quoted
        f"WHERE {column} IS NOT NULL ORDER BY {names}"
    )
    return stream(connection, sql, what=contract.name)


def _row_name(key: Sequence[str], values: Sequence[object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(key, values, strict=True))
