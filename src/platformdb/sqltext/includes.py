r"""The files that ``\i`` and ``\ir`` name."""

from __future__ import annotations

import os
from pathlib import Path

from platformdb.errors import Refused
from platformdb.sqltext.source import Source, read_source


def included_file(name: str, includer: Source, root: Path, *, relative: bool) -> Source:
    r"""The file of ``\i`` (from the project's root) or ``\ir`` (from the folder of the file that says it).

    Raises:
        Refused: it cannot be read, or lies outside the project, which is all that a migration may depend on.
    """
    folder = (root / includer.name).parent if relative else root
    path = Path(os.path.normpath(folder / name))
    place = includer.place(max(includer.text.find(name), 0))
    if not path.is_relative_to(root) or not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        help_text = r"copy it into the project; \i starts from the project's root, \ir from this file"
        raise Refused(f"{name} is outside the project", place=place, help=help_text)
    try:
        return read_source(path, path.relative_to(root).as_posix())
    except Refused as error:
        if error.place and error.place.line:
            raise
        raise Refused(error.message, place=place, help=error.help) from None
