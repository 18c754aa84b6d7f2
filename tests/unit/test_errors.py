from __future__ import annotations

import pytest

from platformdb import errors
from platformdb.errors import ApplyFailed, ConfigError, Interrupted, NotNow, Place, PlatformdbError, Refused
from platformdb.report.model import Outcome


@pytest.mark.parametrize(
    ("error", "code"),
    [(PlatformdbError, 70), (ConfigError, 2), (Refused, 3), (ApplyFailed, 4), (NotNow, 5), (Interrupted, 130)],
)
def test_each_branch_of_the_tree_has_its_exit_code(error: type[PlatformdbError], code: int) -> None:
    assert error("what happened").exit_code == code


def test_every_error_class_maps_to_a_known_outcome_and_a_rule_of_its_own() -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, PlatformdbError)]
    assert {Outcome(c.exit_code) for c in classes} == set(Outcome) - {Outcome.DONE, Outcome.FOUND}
    assert len({c.rule for c in classes}) == len(classes)


def test_an_error_carries_what_to_do_and_where() -> None:
    place = Place("a.sql", 3, 7, "SELECT")
    error = Refused("no", help="do this", detail="the server said", place=place)
    assert (str(error), error.message, error.help, error.detail) == ("no", "no", "do this", "the server said")
    assert error.place is place
    assert error.results == ()


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        (Place("a.sql", 3, 7, "SELECT"), "a.sql:3:7"),
        (Place("a.sql", 3), "a.sql:3"),
        (Place("public.users"), "public.users"),
    ],
)
def test_a_place_shows_only_what_is_known(place: Place, shown: str) -> None:
    assert str(place) == shown
