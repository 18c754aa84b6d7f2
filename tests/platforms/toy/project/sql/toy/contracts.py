"""What the JSONB column of the toy platform holds."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, PositiveInt


class Details(BaseModel):
    """What a tool is like."""

    model_config = ConfigDict(extra="forbid", strict=True)

    maker: str
    watts: PositiveInt | None = None


CONTRACTS = {"tools.details": Details}
