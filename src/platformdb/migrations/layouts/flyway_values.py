"""What Flyway's placeholders stand for. Pure.

Source: PlaceholderReplacingReader.java and ParsingContext.java.
"""

from __future__ import annotations

from collections.abc import Mapping

from platformdb.errors import Refused
from platformdb.sqltext.placeholders import Syntax, fill
from platformdb.sqltext.source import Source
from platformdb.variables import Variable


def filled(
    source: Source,
    given: Mapping[str, Variable],
    *,
    syntax: Syntax,
    options: Mapping[str, str],
    variables: Mapping[str, str],
) -> Source:
    """A file with its placeholders filled in, whose names Flyway compares without regard to case.

    ``given`` goes before ``variables``, those of the configuration.

    Raises:
        Refused: nobody says what one stands for; with its place.
    """
    if options["placeholderPrefix"] not in source.text:
        return source
    own = f"flyway{options['placeholderSeparator']}"
    defaults = {f"{own}filename": source.name.rpartition("/")[2], f"{own}table": options["table"]}
    if schema := default_schema(options):
        defaults[f"{own}defaultSchema"] = schema
    known = {name.lower(): Variable(value) for name, value in {**defaults, **variables}.items()}
    known |= {name.lower(): variable for name, variable in given.items()}
    names = {match["name"] for match in syntax.pattern.finditer(source.text)}
    try:
        return fill(source, (syntax,), {name: known[name.lower()] for name in names if name.lower() in known})
    except Refused as error:
        more = f"or placeholderReplacement=false in {options['file']}, or in a .conf beside it, if it means itself"
        raise Refused(error.message, place=error.place, help=f"{error.help}; {more}") from None


def default_schema(options: Mapping[str, str]) -> str:
    """The schema that the configuration makes the first of search_path; "" where it names none."""
    return options["defaultSchema"] or options["schemas"].partition(",")[0].strip()
