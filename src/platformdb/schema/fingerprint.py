"""A schema in one line: equal for two databases exactly if their schemas are."""

from __future__ import annotations

import hashlib
import json

from platformdb.schema.snapshot import Snapshot


def fingerprint(snapshot: Snapshot) -> str:
    """SHA-256 of all objects and their facts, in hexadecimal."""
    every = [(identity, sorted(thing.facts.items())) for identity, thing in snapshot.things.items()]
    return hashlib.sha256(json.dumps(every, ensure_ascii=True).encode()).hexdigest()
