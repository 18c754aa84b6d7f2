"""Single values in PostgreSQL's binary formats, for types whose values are made one by one."""

from __future__ import annotations

import ipaddress
import json
import struct
import uuid
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any


def numeric(value: str) -> bytes:
    """A decimal number: groups of four digits, the weight of the first, sign, and the digits after the point."""
    if value == "":
        return b""
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"'{value}' is not a finite number")
    sign, digits, exponent = number.as_tuple()
    scale = max(0, -int(exponent))
    text = "".join(map(str, digits)) + "0" * max(0, int(exponent))
    whole, fraction = text[: len(text) - scale], text[len(text) - scale :].rjust(scale, "0")
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    fraction = fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    groups = [int((whole + fraction)[at : at + 4]) for at in range(0, len(whole + fraction), 4)]
    weight = len(whole) // 4 - 1
    while groups and not groups[0]:
        groups, weight = groups[1:], weight - 1
    return struct.pack(f">HhHH{len(groups)}H", len(groups), weight if groups else 0, sign * 0x4000, scale, *groups)


def inet(value: str) -> bytes:
    """An address with its network's length: family (2: IPv4, 3: IPv6), bits, not a cidr, size, address."""
    if value == "":
        return b""
    address = ipaddress.ip_interface(value)
    family = 2 if address.version == 4 else 3
    return bytes([family, address.network.prefixlen, 0, len(address.packed)]) + address.packed


def bits(value: str) -> bytes:
    """Zeros and ones: how many, and as many bytes as hold them."""
    if set(value) - {"0", "1"}:
        raise ValueError(f"'{value}' has other digits than 0 and 1")
    return struct.pack(">i", len(value)) + int(value.ljust(-(-len(value) // 8) * 8, "0") or "0", 2).to_bytes(
        -(-len(value) // 8), "big"
    )


def array(value: str, element: str, oid: int) -> bytes:
    """A JSON array as a one-dimensional array of the element's type, one of ``ITEMS``."""
    items = json.loads(value or "[]")
    wanted, pack = ITEMS[element]
    if not isinstance(items, list) or not all(type(item) is wanted for item in items):
        raise ValueError(f"'{value}' is not a JSON array of {'strings' if wanted is str else 'whole numbers'}")
    head = struct.pack(">iii", 1 if items else 0, 0, oid) + (struct.pack(">ii", len(items), 1) if items else b"")
    packed = [pack(item) for item in items]
    return head + b"".join(struct.pack(">i", len(item)) + item for item in packed)


def uuid_text(value: str) -> bytes:
    """An id as people write it."""
    return uuid.UUID(value).bytes if value else b""


# An element's type → the JSON values that become one, and how.
ITEMS: dict[str, tuple[type, Callable[[Any], bytes]]] = {
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "citext"), (str, str.encode)),
    "uuid": (str, uuid_text),
    **{f"int{size}": (int, partial(int.to_bytes, length=size, byteorder="big", signed=True)) for size in (2, 4, 8)},
}
