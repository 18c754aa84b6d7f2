"""For whom a query is run: parameter sets found in the data by a stated rule, the same for the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from platformdb.errors import Refused
from platformdb.postgres.connect import Connection
from platformdb.postgres.queries import query as own_query
from platformdb.postgres.rows import Texts, read_texts
from platformdb.report.model import Finding
from platformdb.workload.model import RULES, Persona, PersonaQuery, Population, Query

PACKAGE = "platformdb.workload"
EVERYBODY = Persona("everybody", rule="the query takes no parameters")


def find_personas(
    connection: Connection, queries: Sequence[Query]
) -> tuple[Mapping[str, tuple[Persona, ...]], tuple[Finding, ...]]:
    """The personas of each query by its name, in order; and a finding for each statement that found nobody.

    Raises:
        Refused: the server rejects a statement, or its columns are not what the query takes.
    """
    chosen: dict[str, tuple[Persona, ...]] = {}
    findings: list[Finding] = []
    known: dict[str, Texts] = {}
    for query in queries:
        found: list[Persona] = [] if query.personas else [EVERYBODY]
        for asked in query.personas:
            these = tuple(_find(connection, query, asked, known))
            findings += [] if _somebody(these) else [_nobody(query, asked)]
            found += these
        chosen[query.name] = _distinct(found)
    return chosen, tuple(findings)


def _find(
    connection: Connection, query: Query, asked: PersonaQuery | Population, known: dict[str, Texts]
) -> Iterator[Persona]:
    if isinstance(asked, Population):
        yield from _of_population(connection, query, asked, known)
        return
    found = read_texts(connection, asked.sql, what=f"{query.name}, persona {asked.name}", place=asked.place, most=1)
    _expect_values(query, asked, len(found.columns))
    if found.rows and any(value is not None for value in found.rows[0]):  # max() of an empty table is a NULL
        yield Persona(asked.name, found.rows[0], _stated(asked.name), types=found.types)


def _stated(name: str) -> str:
    return name.replace("_", " ")


def _of_population(
    connection: Connection, query: Query, asked: Population, known: dict[str, Texts]
) -> Iterator[Persona]:
    what = f"{query.name}, personas"
    if asked.sql not in known:
        columns = f"SELECT * FROM ({asked.sql}\n) AS p LIMIT 0"  # noqa: S608 - the project's own query
        shape = read_texts(connection, columns, what=what, place=asked.place)
        _expect_columns(query, asked, shape.columns)
        known[asked.sql] = read_texts(connection, choosing(asked.sql, shape.columns), what=what, place=asked.place)
    found = known[asked.sql]
    _expect_values(query, asked, len(found.columns) - 2)
    for name, weight, *parameters in found.rows:
        rule = RULES[str(name)].format(asked.rule)
        yield Persona(str(name), tuple(parameters), rule, float(weight or 0), types=found.types[2:])


def choosing(population: str, columns: Sequence[str]) -> str:
    """The statement that chooses the personas of a population with these columns: name, weight, the parameters."""
    dated = columns[-1] == "since"
    parameters = [f"p{number}" for number in range(1, len(columns) - dated)]
    named = [*parameters, "weight", *(["since"] if dated else [])]
    return own_query("choose", PACKAGE).format(
        population=f"{population}\n",
        columns=", ".join(named),
        since="since" if dated else "NULL::timestamptz AS since",
        parameters=", ".join(parameters),
    )


def _expect_columns(query: Query, asked: Population, columns: tuple[str, ...]) -> None:
    end = ("weight", "since") if columns[-1:] == ("since",) else ("weight",)
    if columns[-len(end) :] != end or len(columns) == len(end):
        raise Refused(
            f"{query.name}: the population's columns are {', '.join(columns)}",
            place=asked.place,
            help="they must be the parameters $1, $2 … in order, then weight (0 for who has nothing), and then, if "
            "there are newcomers, since",
        )


def _expect_values(query: Query, asked: PersonaQuery | Population, count: int) -> None:
    if count != query.parameters:
        raise Refused(
            f"{query.name}: the query takes {_values(query.parameters)}, {_subject(asked)} gives {count}",
            place=asked.place,
            help="its columns become $1, $2 … in order: as many as the query's highest $n",
        )


def _values(count: int) -> str:
    return f"{count} parameter" + ("" if count == 1 else "s")


def _subject(asked: PersonaQuery | Population) -> str:
    return f"persona {asked.name}" if isinstance(asked, PersonaQuery) else "the population"


def _distinct(personas: Iterable[Persona]) -> tuple[Persona, ...]:
    """Each set of parameters once, under the name that comes first."""
    first: dict[tuple[object, ...], Persona] = {}
    for persona in personas:
        first.setdefault(persona.parameters, persona)
    return tuple(first.values())


def _somebody(found: Sequence[Persona]) -> bool:
    """Whether the statement found anybody at all; a population of those who have nothing is none."""
    return any(persona.name not in {"nothing", "newcomer"} or persona.weight is None for persona in found)


def _nobody(query: Query, asked: PersonaQuery | Population) -> Finding:
    return Finding(
        "persona-empty",
        f"{query.name}: {_subject(asked)} found nobody, so nothing was measured there",
        query.name,
        place=asked.place,
        help="fill the database: platformdb seed --profile ci",
    )
