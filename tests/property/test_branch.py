"""Whatever two branches did: once it is fixed, new files come after the base's, in the order that they had."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from platformdb.branch.fix import plan_fix
from platformdb.branch.judge import compare, misplaced
from platformdb.branch.model import Move, Tree
from platformdb.migrations.model import Kind, MigrationFile, version_key

STYLES = ("{:03d}", "{}", "2024010100{:04d}", "1.{}", "2024-01-01-{:06d}")


def numbered(style: str, number: int, name: str, *, undo: bool = False) -> MigrationFile:
    written = style.format(number)
    version = written.replace("-", "")
    shown = f"m/{written}_{name}/{'down' if undo else 'up'}.sql" if "-" in style else f"m/{written}_{name}.sql"
    if undo and "-" not in style:
        shown = f"m/{written}_{name}.undo.sql"
    return MigrationFile(Kind.UNDO if undo else Kind.VERSIONED, version, name, f"/{shown}", shown, shown)


def tree(*files: MigrationFile) -> Tree:
    return Tree({(file.kind, file.shown): file for file in files})


def moved(file: MigrationFile, moves: tuple[Move, ...], versions: dict[MigrationFile, str]) -> MigrationFile:
    for move in moves:
        if file.shown == move.old or file.shown.startswith(f"{move.old}/"):
            version = next(v for f, v in versions.items() if f.name == file.name)
            return replace(file, shown=move.new + file.shown.removeprefix(move.old), version=version)
    return file


@given(
    style=st.sampled_from(STYLES),
    old=st.sets(st.integers(1, 12)),
    there=st.sets(st.integers(1, 30), min_size=1),
    new=st.lists(st.integers(1, 30), max_size=6),
    undone=st.sets(st.integers(0, 5)),
)
def test_after_a_fix_nothing_is_misplaced(
    style: str, old: set[int], there: set[int], new: list[int], undone: set[int]
) -> None:
    fork = tree(*(numbered(style, number, "old") for number in old))
    base = tree(*fork.files.values(), *(numbered(style, number, "theirs") for number in there - old))
    mine = [numbered(style, number, f"mine{index}") for index, number in enumerate(new)]
    undo = [numbered(style, number, f"mine{i}", undo=True) for i, number in enumerate(new) if i in undone]
    here = tree(*fork.files.values(), *mine, *undo)
    found = compare("main", here, base, fork)
    plan, findings = plan_fix(found, "native")
    assert findings == ()
    names = {file.shown for file in here.files.values()}
    moves = tuple(move for each in plan for move in each.moves)
    for move in moves:  # each finds its new name free
        assert not any(name == move.new or name.startswith(f"{move.new}/") for name in names)
        names = {move.new + n.removeprefix(move.old) if n.startswith(move.old) else n for n in names}
    after = tree(*(moved(file, moves, {each.file: each.version for each in plan}) for file in here.files.values()))
    again = compare("main", after, base, fork)
    assert misplaced(again) == ()
    assert plan_fix(again, "native")[0] == ()
    assert [file.name for file in again.arrivals] == [file.name for file in found.arrivals]
    assert {version_key(f.version) for f in again.new if f.kind is Kind.UNDO} <= {
        version_key(f.version) for f in again.arrivals
    }
    assert all(after.files[key] == file for key, file in fork.files.items())
