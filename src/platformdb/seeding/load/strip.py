"""The statements that take indexes, foreign keys and triggers off tables, and those that bring back the very same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from platformdb.seeding.load.model import IndexFact, KeyFact, Part

ENABLE = {"O": "ENABLE TRIGGER", "R": "ENABLE REPLICA TRIGGER", "A": "ENABLE ALWAYS TRIGGER"}
# From here on a foreign key from a partitioned table can be added first and checked later; before that release the
# check of one to such a table left out its partitions.
CHECKS_PARTITIONS_LATER = 180_000
UNCHECKED = ("NOT VALID", "NOT ENFORCED")


def index_parts(facts: Sequence[IndexFact]) -> tuple[Part, ...]:
    """The indexes that can go; ``facts`` come parents first. One that is held in any partition stays in all."""
    found = []
    for root in facts:
        if not root.parent:
            family = tuple(_family(root, facts))
            if not any(fact.held for fact in family):
                found.append(_index_part(root, family))
    return tuple(found)


def _family(root: IndexFact, facts: Sequence[IndexFact]) -> Iterator[IndexFact]:
    numbers = {root.number}
    for fact in facts:
        if fact.number in numbers or fact.parent in numbers:
            numbers.add(fact.number)
            yield fact


def _index_part(root: IndexFact, family: Sequence[IndexFact]) -> Part:
    constraint = f"ALTER TABLE {root.relation} DROP CONSTRAINT {root.constraint}"
    off = constraint if root.constraint else f"DROP INDEX {root.name}"
    names = {fact.number: fact.name for fact in family}
    on = [statement for fact in family for statement in _make(fact, names.get(fact.parent, ""))]
    return Part(root.relation, root.name, off, "; ".join(on))


def _make(fact: IndexFact, parent: str) -> Iterator[str]:
    if fact.tablespace:
        yield f"SET LOCAL default_tablespace = {fact.tablespace}"
    if fact.constraint and fact.partitioned:
        yield f"ALTER TABLE ONLY {fact.relation} ADD CONSTRAINT {fact.constraint} {fact.constraint_definition}"
    else:
        yield fact.definition
    if fact.tablespace:
        yield "SET LOCAL default_tablespace = ''"
    if fact.constraint and not fact.partitioned:
        yield _adopt(fact)
    if parent:
        yield f"ALTER INDEX {parent} ATTACH PARTITION {fact.name}"
    yield from _marks(fact)


def _adopt(fact: IndexFact) -> str:
    """Makes an index a constraint. Its definition alone would lose the index's options."""
    kind = "PRIMARY KEY" if fact.is_primary else "UNIQUE"
    deferrable = " DEFERRABLE" if fact.deferrable else ""
    deferred = " INITIALLY DEFERRED" if fact.deferred else ""
    add = f"ALTER TABLE {fact.relation} ADD CONSTRAINT {fact.constraint} {kind} USING INDEX {fact.own}"
    return add + deferrable + deferred


def _marks(fact: IndexFact) -> Iterator[str]:
    if fact.comment:
        yield f"COMMENT ON INDEX {fact.name} IS {fact.comment}"
    if fact.constraint_comment:
        yield f"COMMENT ON CONSTRAINT {fact.constraint} ON {fact.relation} IS {fact.constraint_comment}"
    for change in fact.statistics:
        yield f"ALTER INDEX {fact.name} {change}"
    if fact.clustered:
        yield f"ALTER TABLE {fact.relation} CLUSTER ON {fact.own}"
    if fact.identifies:
        yield f"ALTER TABLE {fact.relation} REPLICA IDENTITY USING INDEX {fact.own}"


def key_parts(facts: Iterable[KeyFact], *, server_version: int) -> tuple[Part, ...]:
    """The foreign keys, to be put back in this order: their triggers fire in it."""
    return tuple(_key_part(fact, server_version) for fact in facts)


def _key_part(fact: KeyFact, server_version: int) -> Part:
    table = f"ALTER TABLE {fact.relation}"
    on, check = f"{table} ADD CONSTRAINT {fact.name} {fact.definition}", ""
    later = not fact.partitioned or server_version >= CHECKS_PARTITIONS_LATER
    if fact.validated and later and not fact.definition.endswith(UNCHECKED):
        on, check = f"{on} NOT VALID", f"{table} VALIDATE CONSTRAINT {fact.name}"
    if fact.comment:
        on += f"; COMMENT ON CONSTRAINT {fact.name} ON {fact.relation} IS {fact.comment}"
    return Part(fact.relation, fact.name, f"{table} DROP CONSTRAINT {fact.name}", on, check)


def trigger_parts(rows: Iterable[tuple[str, str, str]]) -> tuple[Part, ...]:
    """Triggers, by table, name and how they are enabled."""
    return tuple(
        Part(
            relation,
            name,
            f"ALTER TABLE ONLY {relation} DISABLE TRIGGER {name}",
            f"ALTER TABLE ONLY {relation} {ENABLE[state]} {name}",
        )
        for relation, name, state in rows
    )


def policy_parts(relations: Iterable[str]) -> tuple[Part, ...]:
    """That policies hold for the owner of these tables, too."""
    return tuple(
        Part(
            relation,
            "",
            f"ALTER TABLE {relation} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {relation} FORCE ROW LEVEL SECURITY",
        )
        for relation in relations
    )
