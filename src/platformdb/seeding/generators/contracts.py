"""JSON documents that keep a contract: made of the pydantic model in contracts.py, and checked by it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ValidationError

from platformdb.contract_file import ContractFile
from platformdb.seeding.problems import Misfit
from platformdb.seeding.rows.columns import Column
from platformdb.seeding.rows.ropes import Texts, texts
from platformdb.seeding.shape.distributions import FORBID, Skew, choose
from platformdb.seeding.words.documents import Documents, Path
from platformdb.seeding.words.wording import Dice

if TYPE_CHECKING:
    from platformdb.seeding.rows.streams import Stream
    from platformdb.seeding.rows.world import Block

MOST = 4_096
FEW = 8
# A model's own validators may ask for more than its schema says: then others are tried, now and then a whole new one.
ATTEMPTS, TAME_ATTEMPTS, AFRESH = 400, 25, 50


@dataclass(frozen=True, slots=True)
class ContractDocument:
    """A document of a ``model`` in contracts.py, or of the one that CONTRACTS has for the column ``of``.

    So many different ``documents`` are made, and one picked for each row, by ``skew``. ``fixed`` are values for paths
    such as "weights.likes", instead of what would be made there.
    """

    make: Literal["contract"]
    model: str = ""
    of: str = ""
    documents: int = 256
    skew: Skew = Skew(zipf=0.5)  # noqa: RUF009 - it is frozen
    fixed: Mapping[str, Any] = field(default_factory=dict)
    whole: ClassVar[bool] = False
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    def __post_init__(self) -> None:
        if bool(self.model) == bool(self.of):
            raise ValueError("choose one of model and of")
        if not 1 <= self.documents <= MOST:
            raise ValueError(f"documents must be from 1 to {MOST:,}")

    def column(self, block: Block, stream: Stream) -> Column:
        """One document for each row, as text."""
        contracts = block.world.definition.contracts
        if contracts is None:
            raise Misfit("there is no contracts.py to take a model from")
        # A small table needs no more documents than it has rows; without rows only whether there can be any is asked.
        many = min(self.documents, block.world.rows(block.table) or FEW)
        fixed = json.dumps(self.fixed)
        pool = _pool(contracts, (self.model, self.of), fixed, many, stream.aspect("documents"))
        weights = self.skew.weights(stream.aspect("skew"), many)
        return Column("text", pool.take(choose(weights, stream.aspect("pick"), block.span)))


@lru_cache(maxsize=64)
def _pool(contracts: ContractFile, named: tuple[str, str], fixed: str, many: int, stream: Stream) -> Texts:
    model = _model(contracts, *named)
    values = {tuple(path.split(".")): value for path, value in json.loads(fixed).items()}
    documents = Documents(model.model_json_schema(), Dice(stream), values)
    return texts(_kept(documents, model) for _ in range(many))


def _model(contracts: ContractFile, name: str, of: str) -> type[BaseModel]:
    found = contracts.declared.get(of) if of else contracts.find(name)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        known = ", ".join(map(str, contracts.declared))
        what = (
            f"CONTRACTS of {contracts.name} has no '{of}', only {known}"
            if of
            else f"{contracts.name} has no model '{name}'"
        )
        raise Misfit(what)
    return found


def _kept(documents: Documents, model: type[BaseModel]) -> str:
    """A document that the model takes: what it refuses is made again."""
    reason, made = "", documents.document()
    for attempt in range(ATTEMPTS):
        documents.wild = attempt >= TAME_ATTEMPTS
        for path, value in documents.fixed.items():
            _put(made, path, value)
        written = json.dumps(made, ensure_ascii=False)
        try:
            model.model_validate_json(written)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False, include_context=False)
            reason = f"{'.'.join(map(str, faults[0]['loc']))}: {faults[0]['msg']}"
            refused = [()] if attempt % AFRESH == AFRESH - 1 else [fault["loc"] for fault in faults]
            for place in refused:
                made = documents.again(made, place)
        else:
            return written
    raise Misfit(f"after {ATTEMPTS} attempts {model.__name__} refuses {reason}; say what is to be there with fixed")


def _put(document: Any, path: Path, value: Any) -> None:
    """Puts the value there; what lies on the way and is missing is made."""
    *way, last = path
    for name in way:
        if not isinstance(document, dict):
            raise Misfit(f"fixed: '{'.'.join(map(str, path))}' leads through what has no members")
        if not isinstance(document.get(name), dict):
            document[name] = {}
        document = document[name]
    document[last] = value
