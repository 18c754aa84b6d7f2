from __future__ import annotations

import pytest

from catalog import run
from platformdb.contracts.run import check_contracts
from platformdb.errors import Refused
from platformdb.postgres.target import Target
from projects import Project

MODELS = """
from pydantic import BaseModel

class Rule(BaseModel):
    kind: str
    weight: float

class Config(BaseModel):
    rules: list[Rule]

CONTRACTS = {"app.feeds.config": Config}
"""


@pytest.fixture
def feeds(db: Target, project: Project) -> Project:
    run(
        db,
        "CREATE SCHEMA app; CREATE TABLE app.feeds (owner text, number int, config jsonb, PRIMARY KEY (number, owner))",
    )
    return project.write({"sql/contracts.py": MODELS})


GOOD = '{"rules": [{"kind": "tag ä", "weight": 1}]}'


def insert(db: Target, owner: str, number: int, document: str | None) -> None:
    value = f"$doc${document}$doc$" if document is not None else "NULL"
    run(db, f"INSERT INTO app.feeds VALUES ('{owner}', {number}, {value})")


def test_documents_that_keep_their_contract_are_counted_and_null_is_none(db: Target, feeds: Project) -> None:
    insert(db, "a", 1, GOOD)
    insert(db, "b", 1, None)
    report = check_contracts(db, feeds.platform)
    assert (report.exit_code, report.findings) == (0, ())
    assert report.data["documents"] == {"app.feeds.config": 1}
    assert "all keep them" in report.summary


def test_a_broken_document_names_row_path_and_reason(db: Target, feeds: Project) -> None:
    insert(db, "a", 2, GOOD.replace("1}", '"heavy"}, {"kind": "x"}'))
    insert(db, "ü b", 1, "null")
    report = check_contracts(db, feeds.platform)
    assert report.exit_code == 1
    row, wide = "number=2, owner=a", "number=1, owner=ü b"
    assert [f.message.split(": ")[0] for f in report.findings] == [
        f"app.feeds.config of {wide} at $",
        f"app.feeds.config of {row} at $.rules[0].weight",
        f"app.feeds.config of {row} at $.rules[1].weight",
    ]
    assert "valid number" in report.findings[1].message
    assert report.findings[1].subject == f"app.feeds.config[{row}]"


def test_a_table_without_a_key_names_its_rows_all_the_same(db: Target, project: Project) -> None:
    run(db, "CREATE TABLE feeds (config jsonb); INSERT INTO feeds VALUES ('{}')")
    project.write({"sql/contracts.py": MODELS.replace("app.feeds", "feeds")})
    (finding,) = check_contracts(db, project.platform).findings
    assert "of ctid=(0,1) at $.rules" in finding.message


def test_more_rows_than_one_fetch_are_all_read(db: Target, feeds: Project) -> None:
    run(db, f"INSERT INTO app.feeds SELECT 'a', n, '{GOOD}' FROM generate_series(1, 10050) AS n")
    run(db, "UPDATE app.feeds SET config = '{}' WHERE number IN (1, 10050)")
    report = check_contracts(db, feeds.platform)
    assert report.data["documents"] == {"app.feeds.config": 10050}
    assert [f.subject for f in report.findings] == [
        "app.feeds.config[number=1, owner=a]",
        "app.feeds.config[number=10050, owner=a]",
    ]


def test_a_table_that_is_not_there_is_refused_by_name(db: Target, project: Project) -> None:
    project.write({"sql/contracts.py": MODELS})
    with pytest.raises(Refused, match=r'app\.feeds\.config: .*app.feeds" does not exist'):
        check_contracts(db, project.platform)


def test_the_same_document_in_many_rows_is_counted_in_each_and_a_fault_in_each(db: Target, feeds: Project) -> None:
    for number, document in enumerate([GOOD, "null", GOOD, "null"]):
        insert(db, "a", number, document)
    report = check_contracts(db, feeds.platform)
    assert report.data["documents"] == {"app.feeds.config": 4}
    assert [finding.subject for finding in report.findings] == [
        "app.feeds.config[number=1, owner=a]",
        "app.feeds.config[number=3, owner=a]",
    ]
