"""Times: when a row was made, changed and removed, and those that have nothing to do with the story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from platformdb.seeding.infer.desk import Desk, about
from platformdb.seeding.infer.lexicon import BORN, CREATED, REMOVED, UPDATED
from platformdb.seeding.infer.model import Options
from platformdb.seeding.infer.uniques import MOMENTS
from platformdb.seeding.model import ColumnFact

SECOND, DAY = 1_000_000, 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAYS_LATER = {"dist": "lognormal", "median": "5d", "sigma": 1.2}


def moment(desk: Desk, column: ColumnFact) -> Options:
    """A time for each row."""
    if earlier := _before(desk, column):
        return _after(desk, column, earlier)
    low, high = _bounds(desk, column)
    if low > desk.period[0] or high < desk.period[1]:
        # CHECKs and partitions come before the story.
        high = min(high, low + 365 * DAY)
        return {"make": "time", "min": instant(low), "max": instant(max(high, low + SECOND))}
    return _by_name(desk, column)


def _by_name(desk: Desk, column: ColumnFact) -> Options:
    name = about(column)
    if name & BORN:
        return {"make": "time", "min": instant(-20 * 365 * DAY), "max": instant(36 * 365 * DAY)}
    if name & CREATED and not name & {"last", "next", "due"}:
        return {"make": "copy", "of": "time"}
    if desk.may_be_null(column):
        share = 0.05 if name & REMOVED else 0.6
        return {"make": "later", "lag": DAYS_LATER, "share": share}
    if name & UPDATED:
        return {"make": "later", "lag": DAYS_LATER, "share": 0.6, "same": True}
    return {"make": "later", "lag": DAYS_LATER}


def single_moment(desk: Desk, column: ColumnFact, per: str = "") -> Options:
    """A time that never repeats, or only with another row at the link ``per``."""
    low, _ = _bounds(desk, column)
    if column.type != "date" and low <= desk.period[0] and column.modifier in (-1, 6) and not _before(desk, column):
        return {"make": "copy", "of": "time"}
    ordinal = {"make": "ordinal", **({"per": per} if per else {})}
    place = desk.helper(f"place_by_{per}" if per else "place", ordinal)
    step = 60 if column.type != "date" else 7 * 86_400 if "week" in about(column) else 86_400
    product = {"make": "compute", "function": "multiply", "of": [place, step]}
    seconds = desk.helper(f"{column.name}_seconds", product)
    # Weeks begin on Monday; the first of January 1970 was a Thursday.
    day = max(low, desk.period[0]) // DAY + 1
    begin = instant((day + (4 - day) % 7 if "week" in about(column) else day) * DAY)
    # What happens in a row comes after its day: so days go back from the beginning of the story, unless they may not.
    back = low < desk.period[0]
    return {"make": "compute", "function": "subtract" if back else "add", "of": [begin, seconds]}


def instant(microseconds: int) -> datetime:
    """As TOML has it."""
    return EPOCH + timedelta(microseconds=microseconds)


def _bounds(desk: Desk, column: ColumnFact) -> tuple[int, int]:
    limit = desk.limit(column)
    never = 1 << 62
    low = int(limit.least.value) + (not limit.least.included) if limit.least else -never
    high = int(limit.most.value) + limit.most.included if limit.most else never
    return low, high


def _before(desk: Desk, column: ColumnFact) -> list[str]:
    """The columns that must not be later than this one."""
    times = {each.name for each in desk.fact.columns if each.type in MOMENTS and not each.generated}
    times -= set(desk.wiring.sources)
    found = [order.left for order in desk.limits.orders if order.right == column.name and order.operator in ("<", "<=")]
    return [name for name in found if name in times and name != column.name]


def _after(desk: Desk, column: ColumnFact, earlier: list[str]) -> Options:
    """Later than those; a whole number of days, for a date has no hours."""
    paths = [desk.path(name) for name in earlier]
    of = paths[0] if len(paths) == 1 else desk.helper(f"before_{column.name}", {"make": "latest", "of": paths})
    days = desk.helper("days", {"make": "number", "spread": {"dist": "uniform", "min": 1, "max": 30}})
    gap = desk.helper("days_in_seconds", {"make": "compute", "function": "multiply", "of": [days, 86_400]})
    return {"make": "compute", "function": "add", "of": [of, gap]}


def first_of_orders(desk: Desk) -> frozenset[str]:
    """Columns that must have a value, for one that needs a value is computed from them."""
    needed: set[str] = set()
    for _ in desk.limits.orders:
        for order in desk.limits.orders:
            right = desk.fact.column(order.right)
            if right and (right.not_null or order.right in needed) and right.type in MOMENTS:
                needed.add(order.left)
    return frozenset(needed)
