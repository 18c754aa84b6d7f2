"""One page of HTML with nothing to be loaded from elsewhere: what all pages have in common. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources


def whole_page(title: str, body: str, *, styles: str = "", script: str = "") -> str:
    """The page around a body of HTML: it fits a phone, and is dark where its reader's screen is."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{resource('platformdb.report', 'page.css')}{styles}</style>\n"
        f"</head>\n<body>\n<main>\n{body}\n</main>\n{f'<script>{script}</script>' if script else ''}</body>\n</html>\n"
    )


def resource(package: str, name: str) -> str:
    """The text of a file that lies beside a package's modules."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def tiles(values: Iterable[tuple[str, str]]) -> str:
    """Figures in large, with what they are of; both are texts."""
    cells = (
        f'<div class="tile"><b>{escape(value)}</b><span class="soft">{escape(said)}</span></div>'
        for value, said in values
    )
    return f'<div class="tiles">{"".join(cells)}</div>'


def wide_table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int]) -> str:
    """A table that scrolls by itself where it is wider than the page; cells are HTML."""
    top = "".join(f'<th scope="col"{_class(place, numbers)}>{text}</th>' for place, text in enumerate(head))
    lines = "\n".join(
        f"<tr>{''.join(f'<td{_class(place, numbers)}>{cell}</td>' for place, cell in enumerate(row))}</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>\n{lines}\n</tbody></table></div>'


def _class(place: int, numbers: Sequence[int]) -> str:
    return ' class="n"' if place in numbers else ' class="k"' if place == 0 else ""
