"""Whether a document keeps its contract: pure."""

from __future__ import annotations

from pydantic import ValidationError

from platformdb.contracts.model import Contract
from platformdb.report.model import Finding


def keeps(contract: Contract, document: str) -> bool:
    """Whether one JSON document has no fault."""
    try:
        contract.model.model_validate_json(document)
    except ValidationError:
        return False
    return True


def judge_document(contract: Contract, row: str, document: str) -> tuple[Finding, ...]:
    """A finding per fault of one JSON document: the row, the path inside the document, and the reason.

    ``row`` names the row, for example ``user_id=0190…``.
    """
    try:
        contract.model.model_validate_json(document)
    except ValidationError as error:
        return tuple(
            Finding(
                "contract-broken",
                f"{contract.name} of {row} at {_path(item['loc'])}: {item['msg']}",
                f"{contract.name}[{row}]",
                help=f"correct the document, or the model {contract.model.__name__} if it is right",
            )
            for item in error.errors(include_url=False, include_input=False, include_context=False)
        )
    return ()


def _path(location: tuple[int | str, ...]) -> str:
    """``$.filters[0].kind``; the document itself is ``$``."""
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
