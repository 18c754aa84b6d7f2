"""A platform's contracts.py: pydantic models, and which of its JSONB columns hold documents of which."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from platformdb.errors import Place, Refused
from platformdb.project import Platform

NAME = "contracts.py"


@dataclass(frozen=True, slots=True)
class ContractFile:
    """The file; ``name`` is how people see it."""

    path: Path
    name: str
    text: str

    @property
    def declared(self) -> Mapping[object, object]:
        """``"table.column"`` to model, as the file has it.

        Raises:
            Refused: it does not load, or has no CONTRACTS.
        """
        found = self.find("CONTRACTS")
        if not isinstance(found, dict):
            raise Refused(
                f"{self.name} has no CONTRACTS",
                place=Place(self.name),
                help='write CONTRACTS = {"table.column": Model}',
            )
        return found

    def find(self, name: str) -> object:
        """What the file calls so; None for nothing.

        Raises:
            Refused: it does not load.
        """
        return getattr(_load(self.path, self.name), name, None)


def find_contracts(platform: Platform) -> ContractFile | None:
    """The platform's contracts, where it has any."""
    path = platform.sql / NAME
    if not path.is_file():
        return None
    return ContractFile(path, platform.shown(path), path.read_text(encoding="utf-8", errors="replace"))


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
