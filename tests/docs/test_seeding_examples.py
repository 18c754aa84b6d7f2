"""The pieces of seed.toml that the manual shows are understood."""

from __future__ import annotations

import pytest

from manual import DOCS, Block, blocks
from platformdb.seeding.definition import read_definition
from seeding_worlds import HEAD, sources

PIECES = [block for block in blocks(DOCS / "seeding.md") if block.language == "toml" and not block.file]


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.text.partition("\n")[0])
def test_a_piece_of_a_definition_is_understood(piece: Block) -> None:
    tables = dict.fromkeys(line.split(".")[1].strip("[]") for line in piece.text.splitlines() if line.startswith("["))
    for table in tables:
        rows = f'[tables.{table}.rows]\nshape = "independent"\ncount = 3\n'
        assert read_definition(sources(f"{HEAD}[profiles.test]\n{rows}{piece.text}"), "test").tables.keys() == {table}


def test_there_are_such_pieces() -> None:
    assert len(PIECES) >= 4
