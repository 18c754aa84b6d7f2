"""However much memory there is, and however many processes work on it: the same bytes."""

from __future__ import annotations

import multiprocessing
import pickle
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from platformdb.seeding.model import Definition
from platformdb.seeding.rows.layouts import draft_of, lay
from platformdb.seeding.rows.store import Store
from platformdb.seeding.rows.streams import BLOCK, Span
from platformdb.seeding.rows.world import World, WorldRecipe
from platformdb.seeding.shape.times import STEP
from seeding_worlds import HEAD, NETWORK, SPILLED, definition, digests, digests_elsewhere, values

SIZES = {"people": 2_000, "follows": 10_000, "posts": 70_000, "comments": 70_000, "likes": 30_000}
MORE = """
[tables.talk]
[tables.talk.rows]
shape = "per"
[[tables.talk.rows.of]]
table = "people"
link = "host"
[[tables.talk.rows.of]]
table = "posts"
link = "about"
where = { status = "live" }
share = 0.3
count = { dist = "uniform", min = 2, max = 6 }
[tables.talk.helpers]
mood = { make = "choice", values = ["calm", "loud"] }
[tables.talk.columns]
nth = { make = "ordinal", per = "about" }
name = { make = "text", templates = ["{mood}", "{mood}{nth}"], unique = true }
people = { make = "gather", of = "line", by = "talk", value = "text", limit = 3 }
lines = { make = "running", function = "sum", of = "nth", per = "mood" }
kept = { make = "first", of = ["about.author.name", "host.name"] }

[tables.line]
rows = { shape = "per", of = [{ table = "talk", count = { dist = "uniform", min = 0, max = 2 } }] }
time = { gap = { dist = "lognormal", median = "3m", sigma = 1.0 }, per = "talk" }
[tables.line.helpers]
parent = { make = "earlier", same = "talk", share = 0.7, deepest = 2 }
[tables.line.columns]
id = { make = "uuid7" }
deep = { make = "depth", of = "parent" }
text = { make = "text", templates = ["{talk.name}: {talk.nth}", "{talk.mood}"] }
first = { make = "copy", of = "parent.text" }
lot = { make = "copy", of = "talk.people" }
"""


@pytest.fixture(scope="module")
def made() -> Definition:
    return definition(NETWORK.format(**SIZES) + MORE)


@pytest.fixture(scope="module")
def expected(made: Definition) -> dict[str, str]:
    return digests(World(made, 1), made.tables)


def test_what_does_not_fit_into_memory_is_the_same(
    made: Definition, expected: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SPILLED.items():
        monkeypatch.setattr(name, value)
    assert digests(World(made, 1, store=Store(tmp_path, resident=1 << 16)), made.tables) == expected


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_processes_that_share_a_folder_make_the_same(
    made: Definition, expected: dict[str, str], tmp_path: Path, processes: int
) -> None:
    recipe = WorldRecipe(made, 1, tmp_path)
    tables = tuple(reversed(list(made.tables)))
    work = [(recipe, tables[number::processes]) for number in range(processes)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        found = {table: digest for each in pool.starmap(digests_elsewhere, work) for table, digest in each.items()}
    assert found == expected
    assert not list(tmp_path.glob("*.item.*"))


def test_a_table_alone_is_the_same_as_after_all_others(made: Definition, expected: dict[str, str]) -> None:
    for table in ("talk", "comments"):
        assert digests(World(made, 1), [table]) == {table: expected[table]}


def test_another_seed_makes_other_rows_in_every_table(made: Definition, expected: dict[str, str]) -> None:
    few = definition(NETWORK.format(**dict.fromkeys(SIZES, 300)) + MORE)
    one, other = (digests(World(few, seed), few.tables) for seed in (1, 2))
    assert not set(one.items()) & set(other.items())
    assert expected


def test_rows_are_in_the_order_of_a_stable_sort_of_all_by_time(made: Definition) -> None:
    world = World(made, 1)
    spec = made.tables["comments"]
    draft = spec.rows.lay(world, world.stream("comments", "rows"))
    spans = [Span(first, min(first + BLOCK, draft.rows)) for first in range(0, draft.rows, BLOCK)]
    blocks = [world.draft_block(spec, span, draft, {}) for span in spans]
    base = [world.layout("posts").instants.at(block.value("post").array) for block in blocks]
    authors = np.concatenate([block.value("author").array for block in blocks])
    born = world.layout("people").instants.at(authors)
    stream = world.stream("comments", "time")
    instants = np.concatenate(
        [
            spec.time.instants(np.maximum(one, later), span, made.calendar, stream)
            for one, later, span in zip(base, np.split(born, [span.end for span in spans[:-1]]), spans, strict=True)
        ]
    )
    order = np.argsort(instants, kind="stable")
    layout = world.layout("comments")
    posts = np.concatenate([block.value("post").array for block in blocks])
    assert (world.at("comments", "post", np.arange(layout.rows)).array == posts[order]).all()
    assert (world.at("comments", "author", np.arange(layout.rows)).array == authors[order]).all()
    rising = layout.instants.whole()
    assert (np.diff(rising) > 0).all()
    assert ((rising - instants[order] >= 0) & (rising - instants[order] < 10_000)).all()


def test_what_is_counted_over_blocks_goes_on_from_block_to_block(made: Definition) -> None:
    world = World(made, 1)
    assert world.rows("comments") > BLOCK < world.rows("talk")
    counted: Counter[int] = Counter()
    for post, number in rows(world, "comments", "post", "number"):
        assert number == counted[post]
        counted[post] += 1
    assert counted[0] == world.at("posts", "comments", np.array([0])).array[0]
    assert len({name for (name,) in rows(world, "talk", "name")}) == world.rows("talk")
    sums: Counter[str] = Counter()
    for mood, nth, total in rows(world, "talk", "mood", "nth", "lines"):
        sums[mood] += nth
        assert total == sums[mood]
    depths: list[int] = []
    for talk, parent, parents, deep in rows(world, "line", "talk", "parent", "parent.talk", "deep"):
        assert parent < 0 or parents == talk
        assert deep == (0 if parent < 0 else depths[parent] + 1) <= 2
        depths.append(deep)


def rows(world: World, table: str, *paths: str) -> Iterator[tuple[Any, ...]]:
    for block in world.blocks(table):
        yield from zip(*(values(block.value(path)) for path in paths), strict=True)


def test_rows_of_one_instant_stay_in_order_and_come_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in SPILLED.items():
        monkeypatch.setattr(name, value)
    crowd = definition(
        f"""{HEAD}
[profiles.test]
[tables.first]
rows = {{ shape = "independent", count = 9_000 }}
time = {{ together = true }}
[tables.then]
rows = {{ shape = "per", of = [{{ table = "first" }}] }}
time = {{ together = true }}
"""
    )
    world = World(crowd, 1, store=Store(tmp_path, resident=1 << 16))
    instants = world.layout("then").instants.whole()
    assert instants.tolist() == list(range(crowd.calendar.opens, crowd.calendar.opens + 9_000 * STEP, STEP))
    assert [first for (first,) in rows(world, "then", "first")] == list(range(9_000))


def test_what_another_table_sees_is_what_is_loaded(made: Definition) -> None:
    world = World(made, 1)
    places = np.random.default_rng(1).integers(-1, world.rows("talk"), 500)
    for name in ("name", "people", "lines", "kept", "nth", "mood", "host", "about", "source", "time"):
        whole = world.whole("talk").value(name)
        assert values(world.at("talk", name, places)) == values(whole.take(places)), name


def test_a_world_of_columns_that_are_there_is_laid_out_as_they_say() -> None:
    made = definition(f'{HEAD}\n[profiles.test]\n[tables.t]\nrows = {{ shape = "independent", count = 3 }}\n')
    world = World(made, 1)
    layout = lay(world, made.tables["t"])
    assert (layout.rows, list(layout.known)) == (3, [])
    assert draft_of(0, {}).block(Span(0, 0)) == {}


def test_a_recipe_can_be_sent_to_another_process(made: Definition, tmp_path: Path) -> None:
    recipe = pickle.loads(pickle.dumps(WorldRecipe(made, 7, tmp_path)))
    assert recipe.open().rows("people") == 2_000
    assert World(made, 7, store=Store(tmp_path, shared=True)).store.known("layout people")
