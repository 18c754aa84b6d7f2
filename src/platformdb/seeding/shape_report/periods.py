"""The parts of a story that rows are counted in. Pure."""

DAY = 86_400_000_000
PERIODS = 60


def period_length(story: tuple[int, int]) -> int:
    """The length of a period in µs: whole days, so that no more than ``PERIODS`` of them make the story."""
    return -(-(story[1] - story[0]) // (PERIODS * DAY)) * DAY


def period_count(story: tuple[int, int]) -> int:
    """How many periods the story has; the last may be a shorter one."""
    return -(-(story[1] - story[0]) // period_length(story))
