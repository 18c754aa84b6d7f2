"""golang-migrate: ``NUMBER_name.up.sql`` and ``NUMBER_name.down.sql``, by number, padded or not.

Source: golang-migrate's source/parse.go (names) and source/migration.go (their order).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from platformdb.migrations.layouts.model import Folder, Layout, Settings, Sign, Strength
from platformdb.migrations.layouts.sections import whole
from platformdb.migrations.layouts.variables import filled_where_declared
from platformdb.migrations.model import Candidate, Kind
from platformdb.migrations.reading import Reading
from platformdb.report.model import Finding

# Whatever stands behind the side: .up.sql, .up.pgsql. Tools that are made after golang-migrate have .up.go, too.
NAME = re.compile(r"(?P<version>\d+)_(?P<name>[^/]*)\.(?P<side>up|down)\.(?P<ending>[^/]*)")
NUMBERED = re.compile(r"\d[^/]*\.(?:sql|up\.[^/]*)")
READING = Reading("golang-migrate", whole, filled_where_declared)


def _recognise(folder: Folder) -> Sign | None:
    """Pairs, and no numbered file that is no half of one: it would not run."""
    matches = {name: NAME.fullmatch(name) for name in folder.names if NUMBERED.fullmatch(name)}
    found = next((name for name, match in matches.items() if match and match["side"] == "up"), None)
    return Sign(Strength.SHAPED, f"pairs such as {found}") if found and all(matches.values()) else None


def _find(folders: Sequence[Folder], _: Settings, __: list[Finding]) -> Iterator[Candidate]:
    for folder in folders:
        for match in filter(None, map(NAME.fullmatch, folder.names)):
            kind = Kind.UNDO if match["side"] == "down" else Kind.VERSIONED
            name, language = match["name"] or match[0], "Go" if match["ending"] == "go" else ""
            yield folder.candidate(match[0], kind, match["version"], name, READING, language=language)


GOLANG_MIGRATE = Layout("golang-migrate", "golang-migrate", _recognise, _find, beside=re.compile(r"[^/]*\.go"))
