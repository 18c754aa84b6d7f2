"""Which indexes to build, given the tier files, the catalog and the history: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from platformdb.errors import Place
from platformdb.indexes.model import Branch, BuiltIndex, IndexDefinition, Standing, State
from platformdb.indexes.partitioned import Growth, Key, drop_whole, plan_growth, swept
from platformdb.report.history import Checksums, Entry, Event, Record
from platformdb.report.leftout import left_out
from platformdb.report.model import Finding, Probe, Severity, Statement, Step
from platformdb.sqltext.quote import quote_identifier

# A changed index is built beside the old one under this suffix, then takes its place.
REPLACEMENT_SUFFIX = "_replacement"
# The swap locks the table for a moment; while it waits for that, everybody else would queue behind it.
SWAP_PATIENCE = Statement("SET LOCAL lock_timeout = '5s'")
MAX_NAME_BYTES = 63
# Rows that say of which definition an index is, if it is there: a build may outlive the run that announced it.
_TELLING = frozenset({Event.STARTED, Event.APPLIED})


def standings(
    definitions: Iterable[IndexDefinition], built: Sequence[BuiltIndex], entries: Iterable[Entry]
) -> tuple[Standing, ...]:
    """Where every defined index stands. An index that somebody built by hand under the name counts as built."""
    by_name = _by_name(built)
    last = {entry.record.name: entry.record for entry in entries if entry.record.event in _TELLING}
    return tuple(
        _standing(definition, by_name.get((definition.schema, definition.name)), last.get(definition.name))
        for definition in definitions
    )


def waiting(found: Iterable[Standing], available: Collection[str]) -> tuple[Standing, ...]:
    """The same, but what is missing for want of an extension of the server's waits for it."""
    return tuple(
        replace(s, state=State.WAITING)
        if s.state is State.MISSING and s.definition.extension and s.definition.extension not in available
        else s
        for s in found
    )


def awaiting(found: Iterable[Standing]) -> tuple[Finding, ...]:
    """What waits, a note for each extension that it waits for."""
    parts: dict[str, list[str]] = {}
    for standing in found:
        if standing.state is State.WAITING:
            parts.setdefault(standing.definition.extension, []).append(f"index {standing.definition.name}")
    return tuple(left_out(extension, names) for extension, names in parts.items())


def _by_name(built: Iterable[BuiltIndex]) -> dict[tuple[str, str], BuiltIndex]:
    """By schema and name; the visible ones by the name alone, too, as a definition without a schema asks for them."""
    found = {(index.schema, index.name): index for index in built}
    return found | {("", index.name): index for index in found.values() if index.visible}


def _standing(definition: IndexDefinition, built: BuiltIndex | None, last: Record | None) -> Standing:
    if built is None:
        return Standing(definition, State.MISSING)
    if built.table != definition.table.rpartition(".")[2]:
        return Standing(definition, State.MISPLACED, built)
    if not built.valid:
        return Standing(definition, State.INVALID, built)
    if last is not None and last.checksums.tokens != definition.checksum:
        return Standing(definition, State.CHANGED, built)
    return Standing(definition, State.BUILT, built, unrecorded=last is not None and last.event is Event.STARTED)


def plan_builds(
    platform: str,
    found: Sequence[Standing],
    *,
    built: Sequence[BuiltIndex] = (),
    trees: Mapping[Key, Branch] | None = None,
) -> tuple[Step, ...]:
    """The steps that build what is missing, rebuild what is invalid and replace what changed.

    ``built`` is what there is; replacements that an interrupted run left behind are dropped first. ``trees`` are the
    partitioned tables.
    """
    defined = {standing.definition.name for standing in found}
    leftovers = (index for index in built if index.name.endswith(REPLACEMENT_SUFFIX) and index.name not in defined)
    stale, known = _by_name(leftovers), {(index.schema, index.name): index for index in built}

    def steps(standing: Standing) -> tuple[Step, ...]:
        definition = standing.definition
        tree = (trees or {}).get((definition.schema, definition.table.rpartition(".")[2]))
        if tree is None:
            return _steps(platform, standing, stale)
        return _steps_of_tree(platform, standing, stale, Growth(definition, _name_of(standing), tree, known))

    return tuple(step for standing in found for step in steps(standing))


def _name_of(standing: Standing) -> str:
    return _beside(standing.definition) if standing.state is State.CHANGED else standing.definition.name


def _steps_of_tree(
    platform: str, standing: Standing, stale: Mapping[Key, BuiltIndex], growth: Growth
) -> tuple[Step, ...]:
    definition = standing.definition
    record = _record(platform, definition)
    if standing.state in {State.MISSING, State.INVALID, State.CHANGED}:
        return plan_growth(growth, standing.state, f"tier {definition.tier}: {definition.reason}", record)
    left = stale.get((definition.schema, _beside(definition)))
    if left is None or left.valid:
        return swept(growth)
    dropped = drop_whole(definition, (left.schema, left.name), "an interrupted replacement left it behind")
    return (dropped, *swept(growth.without((left.schema, left.name))))


def _steps(platform: str, standing: Standing, stale: Mapping[tuple[str, str], BuiltIndex]) -> tuple[Step, ...]:
    definition = standing.definition
    why = f"tier {definition.tier}: {definition.reason}"
    clean = _clean(standing, stale.get((definition.schema, _beside(definition))))
    if standing.state is State.MISSING:
        return (*clean, _build(definition, definition.name, why, _record(platform, definition)))
    if standing.state is State.INVALID:
        drop = _drop(definition, definition.name, "an interrupted build left it invalid")
        return (*clean, drop, _build(definition, definition.name, why, _record(platform, definition)))
    if standing.state is State.CHANGED:
        return (*clean, *_replace(platform, definition))
    return (*clean, _written_down(platform, definition)) if standing.unrecorded else clean


def _clean(standing: Standing, left: BuiltIndex | None) -> tuple[Step, ...]:
    """Drops what is in the way of a replacement, and in any case what only slows writes."""
    if left is None or (left.valid and standing.state is not State.CHANGED):
        return ()
    return (_drop(standing.definition, left.name, "an interrupted replacement left it behind"),)


def _beside(definition: IndexDefinition) -> str:
    """The name of a definition's replacement while it is built."""
    room = MAX_NAME_BYTES - len(REPLACEMENT_SUFFIX)
    return definition.name.encode()[:room].decode(errors="ignore") + REPLACEMENT_SUFFIX


def _build(definition: IndexDefinition, name: str, reason: str, record: Record | None = None) -> Step:
    probe = Probe("index_built", quote_identifier(name), _table(definition))
    statement = Statement(_concurrently(definition, name), probe=probe)
    # The line only: this text is made from the file's, so the server's columns are not the file's.
    source = Place(definition.place.name, definition.place.line)
    return Step("index", name, reason, (statement,), transactional=False, record=record, source=source)


def _written_down(platform: str, definition: IndexDefinition) -> Step:
    """No work: the row that an interrupted run did not come to write."""
    why = "built by an interrupted run"
    return Step("index", definition.name, why, (), record=_record(platform, definition), source=definition.place)


def _replace(platform: str, definition: IndexDefinition) -> tuple[Step, ...]:
    """Builds the new one beside the old one, which serves until the swap: no moment without an index."""
    beside = _beside(definition)
    build = _build(definition, beside, "the definition changed")
    swap = Step(
        "index",
        definition.name,
        "the replacement takes the name",
        (
            SWAP_PATIENCE,
            Statement(f"DROP INDEX {_in_its_schema(definition, definition.name)}"),
            Statement(
                f"ALTER INDEX {_in_its_schema(definition, beside)} RENAME TO {quote_identifier(definition.name)}"
            ),
        ),
        record=_record(platform, definition),
    )
    return (build, swap)


def _drop(definition: IndexDefinition, name: str, reason: str) -> Step:
    statement = Statement(f"DROP INDEX CONCURRENTLY {_in_its_schema(definition, name)}")
    return Step("index", name, reason, (statement,), transactional=False)


def _table(definition: IndexDefinition) -> str:
    return ".".join(quote_identifier(part) for part in definition.table.rpartition(".")[::2] if part)


def _in_its_schema(definition: IndexDefinition, name: str) -> str:
    """An index lies where its table lies; only CREATE INDEX and RENAME TO take the bare name."""
    return ".".join(quote_identifier(part) for part in (definition.schema, name) if part)


def _concurrently(definition: IndexDefinition, name: str) -> str:
    return f"{definition.before_name}INDEX CONCURRENTLY {quote_identifier(name)}{definition.after_name}"


def _record(platform: str, definition: IndexDefinition) -> Record:
    tier = f"tier{definition.tier}"
    same = Checksums(definition.checksum, definition.checksum, definition.checksum)
    return Record(platform, "index", tier, definition.name, same, digest=definition.checksum, text=definition.sql)


def obstacles(found: Iterable[Standing]) -> tuple[Finding, ...]:
    """What forbids building: a name that is taken by an index of another table."""
    return tuple(
        Finding(
            "index-misplaced",
            f"the name {s.definition.name} is taken by an index on {s.built.table}, not {s.definition.table}",
            s.definition.name,
            place=s.definition.place,
            help="rename one of the two",
        )
        for s in found
        if s.state is State.MISPLACED and s.built is not None
    )


def judge(found: Iterable[Standing], *, expected_tier: int, building: Collection[str] = ()) -> tuple[Finding, ...]:
    """What a look at the indexes has to say: missing ones of tiers nobody asked for yet are no fault.

    Those that another session is ``building`` at the moment are invalid until it has done.
    """
    wrong = {
        State.MISSING: "is not there",
        State.INVALID: "is invalid: it slows writes and serves no query",
        State.CHANGED: "was built from another definition",
    }
    judged = (_judged(s, wrong[s.state], expected_tier, building) for s in found if s.state in wrong)
    return (*obstacles(found), *judged)


def _judged(standing: Standing, how: str, expected_tier: int, building: Collection[str]) -> Finding:
    definition, state = standing.definition, standing.state
    if state is State.INVALID and definition.name in building:
        message, then = f"index {definition.name} is being built", "look again when it is done"
        return Finding("index-building", message, definition.name, Severity.NOTE, definition.place, then)
    harmless = state is State.MISSING and definition.tier > expected_tier
    return Finding(
        f"index-{state.value}",
        f"index {definition.name} {how}",
        definition.name,
        Severity.NOTE if harmless else Severity.ERROR,
        definition.place,
        f"run: platformdb indexes apply --tier {definition.tier}",
    )
