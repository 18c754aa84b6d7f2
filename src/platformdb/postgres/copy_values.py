"""Single values in PostgreSQL's binary formats, made from texts, for types whose values are made one by one.

Source: the …_recv functions of PostgreSQL, hstore_recv and ltree_recv of contrib.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial

from platformdb.postgres.copy_shapes import FIGURES
from platformdb.postgres.copy_times import date, interval, time_of_day, time_with_zone, timestamp, timestamp_with_zone

Pack = Callable[[str], bytes]
PLAIN_NUMBER = re.compile(r"[+-]?\d+\.?\d*", re.ASCII)
# What a range's first byte says.
EMPTY, LOWER_INCLUDED, UPPER_INCLUDED, NO_LOWER, NO_UPPER = 1, 2, 4, 8, 16


def numeric(value: str) -> bytes:
    """A decimal number: groups of four digits, the weight of the first, sign, and the digits after the point."""
    written = value if PLAIN_NUMBER.fullmatch(value) else _without_exponent(value)
    whole, _, fraction = written.lstrip("+-").partition(".")
    digits = whole.rjust(-(-len(whole) // 4) * 4, "0") + fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    groups = [int(digits[at : at + 4]) for at in range(0, len(digits), 4)]
    weight = -(-len(whole) // 4) - 1
    while groups and not groups[0]:
        groups, weight = groups[1:], weight - 1
    sign = 0x4000 if written.startswith("-") else 0
    head = (len(groups), weight if groups else 0, sign, len(fraction))
    return struct.pack(f">HhHH{len(groups)}H", *head, *groups)


def _without_exponent(value: str) -> str:
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"'{value}' is not a finite number")
    return format(number, "f")


def inet(value: str, *, network: bool = False) -> bytes:
    """An address with its network's length: family (2: IPv4, 3: IPv6), bits, whether it is a cidr, size, address."""
    host, slash, length = value.partition("/")
    family, kind = (3, socket.AF_INET6) if ":" in host else (2, socket.AF_INET)
    try:
        # Several times as fast as the module ipaddress.
        packed = socket.inet_pton(kind, host)
    except OSError:
        raise ValueError(f"'{value}' is no address") from None
    most = len(packed) * 8
    prefix = int(length) if slash else most
    if not 0 <= prefix <= most:
        raise ValueError(f"'{value}' is no address: a network has 0 to {most} bits")
    if network and int.from_bytes(packed, "big") & ((1 << most - prefix) - 1):
        raise ValueError(f"'{value}' is no network: it has bits beyond the first {prefix}")
    return bytes([family, prefix, network, len(packed)]) + packed


def hardware_address(value: str, size: int) -> bytes:
    """Six or eight bytes in hexadecimal, however they are grouped; six become eight as PostgreSQL has it."""
    packed = bytes.fromhex(value.translate(str.maketrans("", "", ":-. ")))
    if size == 8 and len(packed) == 6:
        packed = packed[:3] + b"\xff\xfe" + packed[3:]
    if len(packed) != size:
        raise ValueError(f"'{value}' has {len(packed)} bytes, not {size}")
    return packed


def bits(value: str) -> bytes:
    """Zeros and ones: how many, and as many bytes as hold them."""
    if set(value) - {"0", "1"}:
        raise ValueError(f"'{value}' has other digits than 0 and 1")
    size = -(-len(value) // 8)
    return struct.pack(">i", len(value)) + int(value.ljust(size * 8, "0") or "0", 2).to_bytes(size, "big")


def truth(value: str) -> bytes:
    """A boolean, as JSON has it."""
    return bytes([{"true": 1, "false": 0}[value]])


def whole(value: str, size: int, *, signed: bool = True) -> bytes:
    """A whole number of so many bytes."""
    return int(value).to_bytes(size, "big", signed=signed)


def money(value: str) -> bytes:
    """Hundredths, as most locales have them."""
    return struct.pack(">q", int(Decimal(value).scaleb(2).to_integral_value()))


def letter(value: str) -> bytes:
    """PostgreSQL's "char": one byte."""
    packed = value.encode()
    if len(packed) != 1:
        raise ValueError(f"'{value}' has {len(packed)} bytes, not 1")
    return packed


def versioned(value: str) -> bytes:
    """The text after the version of its format, 1."""
    return b"\1" + value.encode()


def vector(value: str) -> bytes:
    """pgvector's: how many dimensions, two zeros, the numbers."""
    numbers = json.loads(value)
    return struct.pack(f">HH{len(numbers)}f", len(numbers), 0, *numbers)


def hstore(value: str) -> bytes:
    """A JSON object of texts: their number, and of each key and value the length and the bytes."""
    members = json.loads(value)
    if not isinstance(members, dict) or not all(isinstance(held, str | None) for held in members.values()):
        raise ValueError(f"'{value}' is not a JSON object of strings")
    items = [item for member in members.items() for item in member]
    return struct.pack(">i", len(members)) + b"".join(_sized(None if i is None else i.encode()) for i in items)


def _sized(packed: bytes | None) -> bytes:
    return b"\xff\xff\xff\xff" if packed is None else struct.pack(">i", len(packed)) + packed


def bounds(value: str, pack: Pack) -> bytes:
    """A range such as ``[1,5)``; ``pack`` makes one end of it."""
    if value == "empty":
        return bytes([EMPTY])
    opened, inside, closed = value[:1], value[1:-1], value[-1:]
    lower, comma, upper = inside.partition(",")
    if opened not in ("[", "(") or closed not in ("]", ")") or not comma:
        raise ValueError(f"'{value}' is no range such as [1,5)")
    ends = [end.strip().strip('"') for end in (lower, upper)]
    flags = (NO_LOWER if not ends[0] else LOWER_INCLUDED if opened == "[" else 0) | (
        NO_UPPER if not ends[1] else UPPER_INCLUDED if closed == "]" else 0
    )
    return bytes([flags]) + b"".join(_sized(pack(end)) for end in ends if end)


def several_bounds(value: str, pack: Pack) -> bytes:
    """A multirange such as ``{[1,5), [7,9)}``: how many, and each."""
    if value[:1] != "{" or value[-1:] != "}":
        raise ValueError(f"'{value}' is no multirange such as {{[1,5)}}")
    parts = value[1:-1].replace("],", "];").replace("),", ");").split(";") if value[1:-1].strip() else []
    return struct.pack(">i", len(parts)) + b"".join(_sized(bounds(part.strip(), pack)) for part in parts)


def array(value: str, element: str, oid: int, pack: Pack | None = None) -> bytes:
    """A JSON array as a one-dimensional array of the element's type; ``pack`` is for types that ``SINGLES`` lacks."""
    items = json.loads(value or "[]")
    wanted = JSON_KINDS.get(element, TEXT)
    if not isinstance(items, list) or not all(item is None or type(item) in wanted.types for item in items):
        raise ValueError(f"'{value}' is not a JSON array of {wanted.name}")
    make = pack or SINGLES[element]
    packed = [None if item is None else make(item if isinstance(item, str) else json.dumps(item)) for item in items]
    head = struct.pack(">iii", 1 if items else 0, int(None in items), oid)
    return head + (struct.pack(">ii", len(items), 1) if items else b"") + b"".join(map(_sized, packed))


def uuid_text(value: str) -> bytes:
    """An id as people write it."""
    return uuid.UUID(value).bytes


class _Kind:
    """What the items of a JSON array must be."""

    def __init__(self, name: str, *types: type) -> None:
        self.name = name
        self.types = types


TEXT = _Kind("strings", str)
JSON_KINDS: Mapping[str, _Kind] = {
    **dict.fromkeys(("int2", "int4", "int8", "oid"), _Kind("whole numbers", int)),
    **dict.fromkeys(("float4", "float8", "numeric", "money"), _Kind("numbers", int, float)),
    "bool": _Kind("booleans", bool),
    **dict.fromkeys(("json", "jsonb"), _Kind("objects, arrays or numbers", dict, list, int, float, bool)),
}
# A type → how a text becomes one of it.
SINGLES: Mapping[str, Pack] = {
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "citext", "json", "xml"), str.encode),
    "bool": truth,
    **{f"int{size}": partial(whole, size=size) for size in (2, 4, 8)},
    "oid": partial(whole, size=4, signed=False),
    "float4": lambda value: struct.pack(">f", float(value)),
    "float8": lambda value: struct.pack(">d", float(value)),
    "numeric": numeric,
    "money": money,
    "uuid": uuid_text,
    "inet": inet,
    "cidr": partial(inet, network=True),
    "macaddr": partial(hardware_address, size=6),
    "macaddr8": partial(hardware_address, size=8),
    **dict.fromkeys(("bit", "varbit"), bits),
    "char": letter,
    **dict.fromkeys(("jsonb", "jsonpath", "ltree", "lquery", "ltxtquery"), versioned),
    "hstore": hstore,
    "vector": vector,
    "date": date,
    "time": time_of_day,
    "timetz": time_with_zone,
    "timestamp": timestamp,
    "timestamptz": timestamp_with_zone,
    "interval": interval,
    **FIGURES,
}
RANGES: Mapping[str, str] = {
    "int4range": "int4", "int8range": "int8", "numrange": "numeric",
    "tsrange": "timestamp", "tstzrange": "timestamptz", "daterange": "date",
}  # fmt: skip


def single(name: str, subtype: str = "") -> Pack | None:
    """How a text becomes a value of the type; of a range, of its ``subtype``. None: nobody knows."""
    if name in SINGLES:
        return SINGLES[name]
    several = name.endswith("multirange")
    inner = SINGLES.get(subtype or RANGES.get(name.replace("multirange", "range"), ""))
    return partial(several_bounds if several else bounds, pack=inner) if inner else None
