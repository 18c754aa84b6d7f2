"""Which databases look like production."""

from __future__ import annotations

import pytest

from platformdb.seeding.caution import Signs, signs_of_production

QUIET = Signs()


@pytest.mark.parametrize("name", ["shop_prod", "prod", "PROD-db", "live", "shop_production", "db1.prod.example.com"])
def test_a_name_with_such_a_word_does(name: str) -> None:
    assert signs_of_production({"database": name}, QUIET) == (f"its database is called '{name}'",)
    assert signs_of_production({"host": name}, QUIET)
    assert signs_of_production({"user": name}, QUIET)


@pytest.mark.parametrize(
    "name", ["shop", "product_catalog", "deliver", "reproduce", "prod_staging", "live_test", "nonprod"]
)
def test_other_names_do_not(name: str) -> None:
    assert not signs_of_production({"database": name, "host": "127.0.0.1", "user": "postgres"}, QUIET)


def test_standbys_and_an_archive_do() -> None:
    assert signs_of_production({}, Signs(standbys=2)) == ("2 standbys follow it",)
    assert signs_of_production({}, Signs(standbys=1, archives=True)) == (
        "1 standby follows it",
        "it archives its write-ahead log",
    )
