"""Small seed definitions for tests, and the way from their text to rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from platformdb.seeding.files.definition import read_definition
from platformdb.seeding.files.sources import Sources
from platformdb.seeding.model import ColumnFact, Definition, TableFact
from platformdb.seeding.rows.columns import Column, Lists
from platformdb.seeding.rows.ropes import Part, Texts, flattened
from platformdb.seeding.rows.world import World, WorldRecipe

HEAD = """
start = 2025-01-01T00:00:00Z
end = 2025-06-30T18:00:00Z
"""

# A small network: people, who follow whom, friends, posts, comments in threads, likes.
NETWORK = (
    HEAD
    + """
rhythm = [1, 1, 1, 1, 1, 2, 4, 6, 6, 6, 6, 6, 7, 6, 6, 6, 6, 7, 8, 8, 7, 5, 3, 2]

[profiles.test]
people = {people}
follows = {follows}
posts = {posts}
comments = {comments}
likes = {likes}

[tables.people]
rows = {{ shape = "independent", count = "$people" }}
time = {{ until = 0.5 }}
[tables.people.columns]
id = {{ make = "uuid7" }}
number = {{ make = "ordinal", start = 1 }}
name = {{ make = "text", templates = ["ann", "bob"], unique = true }}
posts = {{ make = "aggregate", function = "count", of = "posts", by = "author" }}
words = {{ make = "aggregate", function = "sum", of = "posts", by = "author", value = "words" }}
last_post = {{ make = "aggregate", function = "max", of = "posts", by = "author", value = "time" }}

[tables.follows]
time = {{ lag = {{ dist = "lognormal", median = "3d", sigma = 1.5 }} }}
[tables.follows.rows]
shape = "pairs"
left = {{ table = "people", link = "who", skew = {{ lognormal = 0.5 }} }}
right = {{ table = "people", link = "whom", skew = {{ zipf = 0.8 }} }}
total = "$follows"
reciprocity = 0.5
[tables.follows.columns]
who_id = {{ make = "copy", of = "who.id" }}
whom_id = {{ make = "copy", of = "whom.id" }}
at = {{ make = "copy", of = "time" }}

[tables.friends]
time = {{ together = true }}
[tables.friends.rows]
shape = "mutual"
of = "follows"
left = "who"
right = "whom"
low = "low"
high = "high"
edges = ["up", "down"]
[tables.friends.columns]
low_id = {{ make = "copy", of = "low.id" }}
high_id = {{ make = "copy", of = "high.id" }}
at = {{ make = "copy", of = "time" }}

[tables.posts]
rows.shape = "per"
rows.of = [{{ table = "people", link = "author", total = "$posts", skew = {{ zipf = 1.0, childless = 0.2 }} }}]
[tables.posts.columns]
id = {{ make = "uuid7" }}
author_id = {{ make = "copy", of = "author.id" }}
at = {{ make = "copy", of = "time" }}
words = {{ make = "number", spread = {{ dist = "uniform", min = 1, max = 99 }} }}
status = {{ make = "choice", values = ["draft", "live", "gone"], weights = [1, 8, 1] }}
gone_at = {{ make = "later", lag = {{ dist = "uniform", min = "1d", max = "300d" }}, where = {{ status = "gone" }} }}
likes = {{ make = "aggregate", function = "count", of = "likes", by = "post" }}
comments = {{ make = "aggregate", function = "count", of = "comments", by = "post" }}
last = {{ make = "aggregate", function = "max", of = "comments", by = "post", value = "at" }}

[tables.comments]
rows = {{ shape = "per", of = [{{ table = "posts", total = "$comments", skew = {{ zipf = 0.9 }}, link = "post" }}] }}
time = {{ lag = {{ dist = "lognormal", median = "2h", sigma = 2.0 }} }}
require = ["author"]
[tables.comments.links]
author = {{ make = "member", of = "follows", by = "whom", at = "post.author", take = "who", share = 0.8 }}
[tables.comments.helpers]
parent = {{ make = "earlier", same = "post", share = 0.6 }}
[tables.comments.columns]
id = {{ make = "uuid7" }}
post_id = {{ make = "copy", of = "post.id" }}
author_id = {{ make = "copy", of = "author.id" }}
parent_id = {{ make = "copy", of = "parent.id" }}
number = {{ make = "ordinal", per = "post" }}
text = {{ make = "text", templates = ["{{author.name}} on {{post.words}} words", "first!"] }}
at = {{ make = "copy", of = "time" }}

[tables.likes]
rows = {{ shape = "per", of = [{{ table = "posts", link = "post", total = "$likes", where = {{ status = "live" }} }}] }}
distinct = ["post", "who"]
differ = ["who", "author"]
require = ["who"]
[tables.likes.links]
author = {{ make = "copy", of = "post.author" }}
who = {{ make = "draw", table = "people" }}
[tables.likes.columns]
post_id = {{ make = "copy", of = "post.id" }}
who_id = {{ make = "copy", of = "who.id" }}
at = {{ make = "copy", of = "time" }}
"""
)


def sources(text: str, references: Mapping[str, str] | None = None) -> Sources:
    return Sources("seeds/demo/seed.toml", text, "seeds/demo/reference", references or {})


def definition(text: str, references: Mapping[str, str] | None = None, profile: str = "test") -> Definition:
    return read_definition(sources(text, references), profile)


def world(text: str, seed: int = 1, references: Mapping[str, str] | None = None) -> World:
    return World(definition(text, references), seed)


def network(seed: int = 1, **sizes: int) -> World:
    wanted = {"people": 30, "follows": 200, "posts": 100, "comments": 300, "likes": 400, **sizes}
    return world(NETWORK.format(**wanted), seed)


def one_table(columns: str, rows: int = 5, more: str = "", references: Mapping[str, str] | None = None) -> World:
    """A world with the table t and the given lines as its columns; ``more`` are further lines of the table."""
    text = f"""{HEAD}
[profiles.test]
rows = {rows}
[tables.t]
rows = {{ shape = "independent", count = "$rows" }}
{more}
[tables.t.columns]
{columns}
"""
    return world(text, references=references)


def values(column: Column) -> list[Any]:
    """The rows as Python values, lists among them, None for NULL."""
    items = _items(column)
    return [None if missing else item for item, missing in zip(items, column.missing.tolist(), strict=True)]


def _items(column: Column) -> list[Any]:
    if isinstance(column.values, Lists):
        found = iter(values(column.values.flat()))
        return [[next(found) for _ in range(count)] for count in column.values.counts.tolist()]
    if column.kind == "bytes":
        return list(column.texts.contents())
    return column.texts.strings() if column.kind == "text" else column.array.tolist()


def rows_of(made: World, table: str, path: str) -> list[Any]:
    return values(made.whole(table).value(path))


def fact(name: str, *columns: str, needs: tuple[str, ...] = (), deferrable: tuple[str, ...] = ()) -> TableFact:
    """A table whose columns are "name type" or "name type!" (required)."""
    made = []
    for column in columns:
        column_name, kind = column.split()
        made.append(ColumnFact(column_name, kind.rstrip("!"), required=kind.endswith("!")))
    return TableFact(name, "public", name, tuple(made), needs, deferrable)


def digests(made: World, tables: Iterable[str]) -> dict[str, str]:
    """What each table is loaded with, block by block, as one number each."""
    return {table: _digest(made, table) for table in tables}


def _digest(made: World, table: str) -> str:
    found = hashlib.blake2b(digest_size=16)
    for block in made.blocks(table):
        for name in made.definition.tables[table].columns:
            for piece in _bytes(block.loaded(name)):
                found.update(piece)
    return found.hexdigest()


def _bytes(column: Column) -> Iterator[bytes]:
    yield f"{column.kind} {len(column)}".encode()
    yield column.missing.tobytes()
    if isinstance(column.values, Lists):
        yield column.values.counts.astype(np.int64).tobytes()
        yield from _bytes(column.values.flat())
    elif isinstance(column.values, Texts):
        part = flattened(column.values)
        shown = np.where(column.missing, 0, part.lengths)
        yield shown.tobytes()
        yield flattened(Texts((Part(part.data, part.starts, shown),))).data.tobytes()
    else:
        yield np.ascontiguousarray(column.array[~column.missing]).tobytes()


def digests_elsewhere(recipe: WorldRecipe, tables: tuple[str, ...]) -> dict[str, str]:
    """The same, for another process."""
    return digests(recipe.open(), tables)


# Limits so low that everything but the tiniest goes to files, and is sorted in pieces.
SPILLED = {
    "platformdb.seeding.rows.store.SMALL": 1 << 10,
    "platformdb.seeding.rows.stored.WINDOW": 1 << 12,
    "platformdb.seeding.rows.kept.WINDOW": 1 << 12,
    "platformdb.seeding.rows.ordering.RUN": 1000,
    "platformdb.seeding.rows.world.SMALL": 8,
}
