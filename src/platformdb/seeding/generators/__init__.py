"""All generators, one module for each family. A new one is a frozen dataclass with ``make`` and ``column``."""

from platformdb.seeding.generators.contracts import ContractDocument
from platformdb.seeding.generators.derived import Aggregate
from platformdb.seeding.generators.keys import Copy, First, Ordinal, Uuid4, Uuid7
from platformdb.seeding.generators.links import Depth, Draw, Earlier, Member, Pick
from platformdb.seeding.generators.lists import Array, Gather
from platformdb.seeding.generators.moments import Moment
from platformdb.seeding.generators.patterns import Inet, Pattern
from platformdb.seeding.generators.prose import Prose
from platformdb.seeding.generators.secrets import Digest, Encrypt, RandomBytes
from platformdb.seeding.generators.sums import Compare, Compute, Running
from platformdb.seeding.generators.texts import Json, Text
from platformdb.seeding.generators.values import Choice, Constant, Flag, Later, Latest, Map, Number, Present
from platformdb.seeding.generators.vectors import Embedding

AnyGenerator = (
    Uuid4 | Uuid7 | Ordinal | Copy | First
    | Draw | Member | Earlier | Depth | Pick
    | Constant | Choice | Map | Flag | Present | Number | Later | Latest
    | Compare | Compute | Running
    | Moment | Text | Json | ContractDocument | Prose | Pattern | Inet
    | RandomBytes | Encrypt | Digest
    | Embedding
    | Array
    | Aggregate | Gather
)  # fmt: skip
