"""The seeds of every platform, what is declared about their rows, and the plans of the queries over those of dev."""

from __future__ import annotations

import tomllib

import pytest
from pydantic import ValidationError

from plans import indexes, plans, rows_touched
from platform_facts import Facts
from platformdb.contracts.read import read_contracts
from platformdb.contracts.run import check_contracts
from platformdb.counters.run import check_counters
from platformdb.postgres.catalog import read_installed_extensions
from platformdb.postgres.connect import Connection, connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from platformdb.seeding.request import Existing, Request
from platformdb.seeding.run import seed
from platformdb.workload.model import Population, Query
from platformdb.workload.personas import find_personas
from platformdb.workload.read import read_queries
from platformdb.workload.run import observe
from platforms.test_every_platform_numbers import JSONB
from rows import digests, values

HEAVIEST = {"heaviest", "page_1000"}


def test_seeding_again_changes_nothing(own_seed: Target, platform: Platform, facts: Facts) -> None:
    with connect(own_seed) as conn:
        before = digests(conn, facts.all_tables)
        again = seed(conn, platform, Request())
        assert (again.ok, again.steps, again.data["changed"]) == (True, (), False)
        assert digests(conn, facts.all_tables) == before


def test_the_same_seed_gives_the_same_rows_and_another_gives_others(
    own_db: Target, shared_seed: Target, platform: Platform, facts: Facts
) -> None:
    with connect(own_db) as conn, connect(shared_seed) as other:
        assert seed(conn, platform, Request()).ok
        first = digests(conn, facts.all_tables)
        assert first == digests(other, facts.all_tables)
        assert seed(conn, platform, Request(seed=2, existing=Existing.REPLACE)).ok
        assert digests(conn, facts.all_tables) != first
    assert check_counters(own_db, platform).findings == ()


@pytest.mark.newest_server
def test_there_are_tens_of_users_for_developers_2_000_for_the_gate_and_a_million_for_load(platform: Platform) -> None:
    found = tomllib.loads((platform.seeds / "seed.toml").read_text("utf-8"))["profiles"]
    sizes = {name: numbers["users"] for name, numbers in found.items()}
    assert list(sizes) == ["dev", "ci", "load"]
    assert 10 <= sizes["dev"] < 100
    assert (sizes["ci"], sizes["load"]) == (2_000, 1_000_000)


@pytest.mark.newest_server
def test_profile_ci_drifts_nowhere_and_keeps_every_contract(own_db: Target, platform: Platform) -> None:
    with connect(own_db) as conn:
        assert seed(conn, platform, Request(profile="ci")).data["rows"] > 100_000
        assert values(conn, "SELECT count(*) FROM users") == [(2_000,)]
    assert check_counters(own_db, platform).findings == ()
    assert check_contracts(own_db, platform).findings == ()


def test_no_counter_of_the_seed_has_drifted(shared_seed: Target, platform: Platform) -> None:
    assert check_counters(shared_seed, platform).findings == ()


def test_every_document_of_the_seed_keeps_its_contract(shared_seed: Target, platform: Platform) -> None:
    report = check_contracts(shared_seed, platform)
    assert report.findings == ()
    assert 0 not in report.data["documents"].values()


def test_every_jsonb_column_has_a_contract(conn: Connection, platform: Platform) -> None:
    assert {name for (name,) in values(conn, JSONB)} == {contract.name for contract in read_contracts(platform)}


@pytest.mark.newest_server
def test_every_contract_refuses_three_wrong_documents(platform: Platform, facts: Facts) -> None:
    contracts = {contract.name: contract.model for contract in read_contracts(platform)}
    assert set(facts.wrong_documents) == set(contracts)
    for name, documents in facts.wrong_documents.items():
        assert len(set(documents)) >= 3, name
        for document in documents:
            with pytest.raises(ValidationError):
                contracts[name].model_validate_json(document)


def test_every_query_has_a_target_and_what_is_read_is_measured_for_its_heaviest_persona(
    platform: Platform, facts: Facts
) -> None:
    queries, findings = read_queries(platform)
    assert findings == ()
    assert {query.name for query in queries} >= set(facts.plans)
    assert [query.name for query in queries if query.target_ms <= 0 or not query.purpose] == []
    assert [query.name for query in queries if not (query.writes or _has_heaviest(query))] == []


def _has_heaviest(query: Query) -> bool:
    return not query.personas or any(
        isinstance(asked, Population) or asked.name in HEAVIEST for asked in query.personas
    )


def test_every_query_reads_its_indexes_and_touches_no_more_rows_than_said(
    seeded: Connection, platform: Platform, facts: Facts
) -> None:
    wrong = []
    installed = read_installed_extensions(seeded)
    promised = [query for query in read_queries(platform)[0] if query.name in facts.plans]
    for query in (each for each in promised if each.extension in {"", *installed}):
        used: set[str] = set()
        for persona, plan in plans(seeded, query):
            used |= indexes(seeded, plan)
            if (touched := rows_touched(plan)) > facts.plans[query.name].rows:
                wrong.append(f"{query.name} touches {touched:g} rows for {persona}")
        if missing := set(facts.plans[query.name].indexes) - used:
            wrong.append(f"{query.name} does not read {', '.join(sorted(missing))}, but {', '.join(sorted(used))}")
    assert wrong == []


def test_every_query_finds_its_personas_and_every_write_can_be_taken_back(
    seeded: Connection, platform: Platform
) -> None:
    queries, _ = read_queries(platform)
    usable = [query for query in queries if query.extension in {"", *read_installed_extensions(seeded)}]
    personas, findings = find_personas(seeded, usable)
    assert findings == ()
    for query in (each for each in usable if each.writes):
        for persona in personas[query.name]:
            assert observe(seeded, query, persona, runs=1).work.wal_records >= 0, query.name
