"""Carries a renumbering out: all of it, or nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from platformdb.branch.model import Mention, Move, Renumbered
from platformdb.errors import Place, Refused


def carry_out(root: Path, plan: Sequence[Renumbered]) -> None:
    """For one file after the other writes the mentions, then renames it; what stops it in the middle undoes it all.

    Raises:
        Refused: a new name is taken, or a file cannot be renamed; everything is as it was.
    """
    back: list[Callable[[], object]] = []
    done: list[Move] = []
    try:
        for renumbered in plan:
            for mention in renumbered.mentions:
                _rewrite(root / _now(mention.requirement.place.name, done), mention, back)
            for move in renumbered.moves:
                for old, new in _with_companions(root / move.old, root / move.new):
                    _rename(old, new, back)
            done += renumbered.moves
    except BaseException as error:  # also where somebody interrupts it
        for undo in reversed(back):
            undo()
        if isinstance(error, OSError):
            what = f"cannot rename {error.filename}: {error.strerror}; every file has its old name"
            raise Refused(what, help="make that possible, then run it again") from None
        raise


def _now(name: str, done: Iterable[Move]) -> str:
    """Where a file is after these moves."""
    for move in done:
        if name == move.old or name.startswith(f"{move.old}/"):
            return move.new + name.removeprefix(move.old)
    return name


def _with_companions(old: Path, new: Path) -> Iterator[tuple[Path, Path]]:
    """A file's own settings go with it: ``V2__name.sql.conf``."""
    for path in sorted(old.parent.iterdir()):
        if path.name.startswith(f"{old.name}."):
            yield path, path.with_name(new.name + path.name.removeprefix(old.name))
    yield old, new


def _rename(old: Path, new: Path, back: list[Callable[[], object]]) -> None:
    if os.path.lexists(new):
        help_text = f"remove or rename {new.name}, then run it again"
        raise Refused(
            f"{old.name} cannot become {new.name}, which is there already", place=Place(str(new)), help=help_text
        )
    back.append(lambda: _put_back(old, new))
    old.rename(new)


def _put_back(old: Path, new: Path) -> None:
    """The old name, where it was not too early to take it away."""
    if not os.path.lexists(old):
        new.rename(old)


def _rewrite(path: Path, mention: Mention, back: list[Callable[[], object]]) -> None:
    """Replaces a name in the line that has the directive."""
    before = path.read_bytes()
    lines = before.decode().split("\n")
    place = mention.requirement.place
    name = re.compile(rf"(?<=[=,\"]){re.escape(mention.requirement.name)}(?![^,\"\s])")
    number = (place.line or 1) - 1
    lines[number] = name.sub(lambda _: mention.new, lines[number])
    back.append(lambda: path.write_bytes(before))
    path.write_bytes("\n".join(lines).encode())
