"""All generators, one module for each family. A new one is a frozen dataclass with ``make`` and ``column``."""

from platformdb.seeding.generators.derived import Aggregate
from platformdb.seeding.generators.keys import Copy, First, Ordinal, Uuid7
from platformdb.seeding.generators.links import Draw, Earlier, Member, Pick
from platformdb.seeding.generators.texts import Json, Text
from platformdb.seeding.generators.values import Choice, Constant, Flag, Later, Latest, Map, Number, Present

AnyGenerator = (
    Uuid7 | Ordinal | Copy | First
    | Draw | Member | Earlier | Pick
    | Constant | Choice | Map | Flag | Present | Number | Later | Latest
    | Text | Json
    | Aggregate
)  # fmt: skip
