"""Loads a platform's contracts.py: pydantic models of JSONB columns."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel

from platformdb.contracts.model import Contract
from platformdb.errors import Place, Refused
from platformdb.project import Platform


def read_contracts(platform: Platform) -> tuple[Contract, ...]:
    """The platform's contracts; none where it has no contracts.py.

    Raises:
        Refused: the module does not load, or its CONTRACTS is not a dict of ``"table.column"`` to pydantic models.
    """
    path = platform.sql / "contracts.py"
    if not path.is_file():
        return ()
    name = platform.shown(path)
    declared = getattr(_load(path, name), "CONTRACTS", None)
    if not isinstance(declared, dict):
        raise Refused(f"{name} has no CONTRACTS", place=Place(name), help='write CONTRACTS = {"table.column": Model}')
    return tuple(_contract(key, model, name) for key, model in declared.items())


def _load(path: Path, name: str) -> ModuleType:
    # A name of its own per file: models keep a reference to their module while pydantic resolves annotations.
    spec = importlib.util.spec_from_file_location(f"platformdb_contracts_{abs(hash(path))}", path)
    if spec is None or spec.loader is None:
        raise Refused(f"cannot load {name}", place=Place(name), help="make it a readable Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        with redirect_stdout(sys.stderr):  # what the module prints is not our result
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a project's own code may raise anything
        line = getattr(error, "lineno", None)
        why = f"it calls exit({error})" if isinstance(error, SystemExit) else str(error) or type(error).__name__
        raise Refused(f"{name} does not load: {why}", place=Place(name, line), help="correct the module") from None
    return module


def _contract(key: object, model: object, name: str) -> Contract:
    table, _, column = str(key).rpartition(".")
    if not table or not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise Refused(
            f"{name}: the contract {key!r} is not 'table.column' with a pydantic model",
            place=Place(name),
            help='write CONTRACTS = {"table.column": Model}',
        )
    return Contract(table, column, model)
