"""The layouts that are known, those first that win where two look equally likely."""

from __future__ import annotations

from platformdb.migrations.layouts.model import Layout
from platformdb.migrations.layouts.plain import PLAIN

KNOWN: tuple[Layout, ...] = (PLAIN,)
