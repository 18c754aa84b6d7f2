"""Carries a renumbering out: all of it, or nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

from platformdb.branch.model import Mention, Renumbering
from platformdb.errors import Place, Refused

BYTE_ORDER_MARK = "\ufeff"


def carry_out(root: Path, plan: Renumbering) -> None:
    """Writes the mentions, then renames the files; whatever stops it in the middle, everything is put back.

    Raises:
        Refused: a new name is taken, or a file cannot be renamed; everything is as it was.
    """
    back: list[Callable[[], object]] = []
    try:
        for file, mentions in groupby(sorted(plan.mentions, key=_file), key=_file):
            _rewrite(root / file, list(mentions), back)
        for move in plan.moves:
            for old, new in _with_companions(root / move.old, root / move.new):
                _rename(old, new, back)
    except BaseException as error:  # also where somebody interrupts it
        for undo in reversed(back):
            undo()
        if isinstance(error, OSError):
            what = f"cannot rename {error.filename}: {error.strerror}; every file has its old name"
            raise Refused(what, help="make that possible, then run it again") from None
        raise


def _file(mention: Mention) -> str:
    return mention.requirement.place.name


def _with_companions(old: Path, new: Path) -> Iterator[tuple[Path, Path]]:
    """A file's own settings go with it: ``V2__name.sql.conf``."""
    yield old, new
    for path in sorted(old.parent.iterdir()):
        if path.name.startswith(f"{old.name}."):
            yield path, path.with_name(new.name + path.name.removeprefix(old.name))


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


def _rewrite(path: Path, mentions: list[Mention], back: list[Callable[[], object]]) -> None:
    before = path.read_bytes()
    lines = before.decode().split("\n")
    # From the end of a line on, for a new name may be longer.
    for mention in sorted(mentions, key=lambda each: each.requirement.place.column or 0, reverse=True):
        place, old = mention.requirement.place, mention.requirement.name
        number = (place.line or 1) - 1
        line = lines[number]
        at = (place.column or 1) - 1 + line.startswith(BYTE_ORDER_MARK)
        if line[at : at + len(old)] != old:
            raise Refused(f"{place.name} is no longer what was read", place=place, help="run the command again")
        lines[number] = line[:at] + mention.new + line[at + len(old) :]
    back.append(lambda: path.write_bytes(before))
    path.write_bytes("\n".join(lines).encode())
