"""Checks every row against its contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from platformdb.contracts.judge import judge_document
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


def check_contracts(target: Target, platform: Platform) -> Report:
    """Every broken document as findings. Changes nothing."""
    contracts = read_contracts(platform)
    documents = {contract.name: 0 for contract in contracts}
    findings: list[Finding] = []
    with connect(target) as connection:
        for contract in contracts:
            for row, document in _documents(connection, contract):
                documents[contract.name] += 1
                findings += judge_document(contract, row, document)
    total = sum(documents.values())
    verdict = f"{counted(len(findings), 'fault')} found" if findings else "all keep them"
    said = f"{counted(total, 'document')} checked against {counted(len(contracts), 'contract')}, {verdict}"
    return Report(
        f"{platform.name}: {said if contracts else 'no contracts, nothing was checked'}",
        findings=tuple(findings),
        data={"platform": platform.name, "documents": documents, "faults": len(findings)},
    )


def _documents(connection: Connection, contract: Contract) -> Iterator[tuple[str, str]]:
    """The row's name and the document's JSON text, row by row."""
    key = read_primary_key(connection, quote_qualified(contract.table)) or ("ctid",)
    column = quote_identifier(contract.column)
    names = ", ".join(quote_identifier(name) for name in key)
    sql = (
        f"SELECT {column}::text, {names} FROM {quote_qualified(contract.table)} "  # noqa: S608 - quoted
        f"WHERE {column} IS NOT NULL ORDER BY {names}"
    )
    for document, *values in stream(connection, sql, what=contract.name):
        yield _row_name(key, values), document


def _row_name(key: Sequence[str], values: Sequence[object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(key, values, strict=True))
