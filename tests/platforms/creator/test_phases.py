"""What the phases of creator do to rows that are there already."""

from __future__ import annotations

from phases import ByHand
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.project import Platform
from rows import insert, values
from servers import Server

TEXT = {"title": "On slow mornings", "content": "Put the kettle on first."}


def test_phase_3_writes_the_creators_name_beside_the_posts_of_phase_2(
    db: Target, server: Server, platform: Platform
) -> None:
    by_hand = ByHand(server, db, platform)
    by_hand.phase("001")
    by_hand.phase("002")
    with connect(db) as conn:
        for name in ("Ann_Example", "Ben_Example"):
            person = insert(conn, "users", email=f"{name}@example.com", username=name, password_hash="x" * 30)
            for archived in (False, True):
                insert(conn, "posts", creator_id=person.id, status="withdrawn", archived=archived, **TEXT)
        by_hand.phase("003")
        found = values(conn, "SELECT creator_username, archived FROM posts ORDER BY 1, 2")
    assert found == [("Ann_Example", False), ("Ann_Example", True), ("Ben_Example", False), ("Ben_Example", True)]
