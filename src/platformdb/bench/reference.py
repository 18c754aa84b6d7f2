"""A run as a file that people review and that later runs are compared with: pure.

What gates comes first, in the order of the files, so that a second run on unchanged code writes the same bytes. What
only informs, such as times, and changes from run to run stands apart at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from platformdb.bench.model import HeldSeed, Run
from platformdb.errors import ConfigError
from platformdb.report.model import Finding
from platformdb.workload.plan_tree import PlanNode

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA = 1
_INFORMING = ("taken", "commit", "noise")
_WIDTH = 118
_LONGEST_TEXT = 200
SAVE = "make it anew: platformdb bench --save-reference FILE"


def dump_run(run: Run) -> str:
    """The file's text. Plans are abridged: costs and times of their nodes left out, long values in conditions cut."""
    entries = tuple(replace(entry, plan=_abridged(entry.plan)) for entry in run.entries)
    data = _adapter().dump_python(replace(run, entries=entries), mode="json", exclude_defaults=True)
    timed = [entry for entry in data["entries"] if "times" in entry]
    times = {f"{entry['query']}/{entry['persona']}": entry.pop("times") for entry in timed}
    informing = {key: data.pop(key) for key in _INFORMING if key in data} | {"times": times}
    ordered = {key: dict(sorted(data.pop(key).items())) for key in ("settings", "tables")}
    found = {"schema": SCHEMA, "platform": data.pop("platform"), "server": data.pop("server"), "seed": data.pop("seed")}
    return "\n".join(_lines({**found, **ordered, **data, "informing": informing}, "")) + "\n"


def load_run(text: str, name: str) -> Run:
    """The run in a file's text; ``name`` is the file's, for messages.

    Raises:
        ConfigError: no reference, a damaged or empty one, or one of a schema that is not known.
    """
    from pydantic import ValidationError

    data = dict(_read(text, name))
    try:
        informing = dict(data.pop("informing"))
        times = dict(informing.pop("times"))
        entries = [{**entry, "times": times.get(f"{entry['query']}/{entry['persona']}")} for entry in data["entries"]]
        run: Run = _adapter().validate_python({**data, **informing, "entries": entries})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{name} is damaged: {where}: {first['msg']}", help=SAVE) from error
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{name} is damaged: {type(error).__name__}: {error}", help=SAVE) from error
    if not run.entries:
        raise ConfigError(f"{name} holds no query, so there is nothing to judge by", help=SAVE)
    return run


def unfit(run: Run, reference: Run, name: str) -> tuple[Finding, ...]:
    """Why the run cannot be compared with the reference in the file ``name``, if it cannot."""
    pairs = (
        ("other-platform", f"platform {reference.platform}", f"platform {run.platform}", "take this platform's file"),
        ("other-major", _major(reference.server), _major(run.server), "use a server of that version"),
        ("other-seed", _seed_words(reference.seed), _seed_words(run.seed), "seed the database alike"),
    )
    return tuple(
        Finding(rule, f"{name} is of {theirs}, the database of {ours}", name, help=f"{todo}, or {SAVE}")
        for rule, theirs, ours, todo in pairs
        if theirs != ours
    )


@cache
def _adapter() -> TypeAdapter[Run]:
    from pydantic import TypeAdapter

    return TypeAdapter(Run)


def _read(text: str, name: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        cut = 0 < len(text.rstrip()) <= error.pos
        what = "it is cut off" if cut else f"it is not JSON: {error}"
        raise ConfigError(f"{name} is no reference: {what}", help=SAVE) from error
    if not isinstance(data, dict) or not {"schema", "entries"} <= data.keys():
        raise ConfigError(f"{name} is JSON, but no reference of bench", help=SAVE)
    if (schema := data.pop("schema")) != SCHEMA:
        raise ConfigError(
            f"{name} has schema {schema}, and this platformdb knows {SCHEMA}",
            help=f"use the platformdb that wrote it, or {SAVE}",
        )
    return data


def _major(server: str) -> str:
    return f"PostgreSQL {server.partition('.')[0]}"


def _seed_words(seed: HeldSeed | None) -> str:
    if seed is None:
        return "no known seed"
    scale = f", scale {seed.scale:g}" if seed.scale != 1 else ""
    return f"profile {seed.profile}, seed {seed.number}{scale}, {seed.rows:,} rows"


def _abridged(node: PlanNode) -> PlanNode:
    """Costs below the root say nothing to a reviewer, and a vector of 1,536 numbers even less.

    WAL records are those of one run, and a run may tidy a page that it reads; the least of all runs is in the work.
    """
    return replace(
        node,
        condition=_cut(node.condition),
        filter=_cut(node.filter),
        order=_cut(node.order),
        keys=tuple(map(_cut, node.keys)),
        wal_records=0,
        startup_cost=0.0,
        cost=0.0,
        self_ms=None,
        parts=tuple(map(_abridged, node.parts)),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


def _lines(value: Any, indent: str, key: str = "") -> Iterator[str]:
    """JSON with as much on a line as fits; what holds other things begins a line of its own."""
    head = f"{indent}{json.dumps(key)}: " if key else indent
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or (indent and len(head) + len(flat) <= _WIDTH):
        yield head + flat
        return
    items = value.items() if isinstance(value, dict) else (("", each) for each in value)
    inner = [(isinstance(each, dict | list), list(_lines(each, f"{indent}  ", name))) for name, each in items]
    yield head + ("{" if isinstance(value, dict) else "[")
    yield from _filled(inner)
    yield indent + ("}" if isinstance(value, dict) else "]")


def _filled(items: Sequence[tuple[bool, list[str]]]) -> Iterator[str]:
    """The items' lines with commas between them, plain values one behind the other while there is room."""
    row = ""
    for at, (holds, lines) in enumerate(items):
        comma = "," if at < len(items) - 1 else ""
        if row and (holds or len(row) + len(lines[0].lstrip()) + 1 > _WIDTH):
            yield row
            row = ""
        if holds:
            yield from (*lines[:-1], lines[-1] + comma)
        else:
            row = f"{row} {lines[0].lstrip()}{comma}" if row else lines[0] + comma
    if row:
        yield row
