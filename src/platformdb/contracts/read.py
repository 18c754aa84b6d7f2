"""Reads a platform's contracts.py: pydantic models of JSONB columns."""

from __future__ import annotations

from pydantic import BaseModel

from platformdb.contract_file import find_contracts
from platformdb.contracts.model import Contract
from platformdb.errors import Place, Refused
from platformdb.project import Platform


def read_contracts(platform: Platform) -> tuple[Contract, ...]:
    """The platform's contracts; none where it has no contracts.py.

    Raises:
        Refused: the module does not load, or its CONTRACTS is not a dict of ``"table.column"`` to pydantic models.
    """
    file = find_contracts(platform)
    return tuple(_contract(key, model, file.name) for key, model in file.declared.items()) if file else ()


def _contract(key: object, model: object, name: str) -> Contract:
    table, _, column = str(key).rpartition(".")
    if not table or not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise Refused(
            f"{name}: the contract {key!r} is not 'table.column' with a pydantic model",
            place=Place(name),
            help='write CONTRACTS = {"table.column": Model}',
        )
    return Contract(table, column, model)
