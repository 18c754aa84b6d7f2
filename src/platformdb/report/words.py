"""Words that several reports need."""

from __future__ import annotations

from collections.abc import Iterable

NUMBER_CHARACTERS = set("0123456789.,- %")


def counted(number: int, noun: str) -> str:
    """``1 row``, ``2 rows``, ``1,000 rows``; ``noun`` is the singular of one that takes an s (or -x, -es)."""
    plural = f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def cell_text(value: object) -> str:
    """A value of a table: whole numbers in groups of three digits."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def are_numbers(values: Iterable[object]) -> bool:
    """Whether these cells are numbers, percentages or milliseconds; some may be empty, not all."""
    texts = [str(value).removesuffix(" ms") for value in values]
    return any(texts) and all(set(text) <= NUMBER_CHARACTERS for text in texts)
