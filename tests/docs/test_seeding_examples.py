"""The pieces of seed.toml that the manual shows are understood."""

from __future__ import annotations

import re
import tomllib

import pytest

from manual import DOCS, Block, blocks
from platformdb.seeding.files.definition import read_definition
from seeding_worlds import HEAD, sources

PIECES = [block for block in blocks(DOCS / "seed-file.md") if block.language == "toml" and not block.file]


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.text.partition("\n")[0])
def test_a_piece_of_a_definition_is_understood(piece: Block) -> None:
    tables = tomllib.loads(piece.text)["tables"]
    numbers = "".join(f"{name} = 3\n" for name in set(re.findall(r'"\$(\w+)"', piece.text)))
    rows = "".join(
        f'[tables.{table}.rows]\nshape = "independent"\ncount = 3\n'
        for table, spec in tables.items()
        if "rows" not in spec
    )
    text = f"{HEAD}[profiles.test]\n{numbers}{rows}{piece.text}"
    assert read_definition(sources(text), "test").tables.keys() == tables.keys()


def test_there_are_such_pieces() -> None:
    assert len(PIECES) >= 4
