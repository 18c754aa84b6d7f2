"""Seeds inferred from the schemas of public projects load, at two scales, without one violation."""

from __future__ import annotations

import pytest

from inferring import inferred, loads, run_sql
from platformdb.postgres.target import Target
from projects import Project
from public_schemas import PUBLIC_SCHEMAS, PublicSchema, Unavailable, sql_of

ENOUGH = 8


@pytest.mark.newest_server
@pytest.mark.parametrize("schema", PUBLIC_SCHEMAS, ids=lambda schema: schema.name)
def test_a_public_schema_is_filled_at_every_scale(schema: PublicSchema, db: Target, project: Project) -> None:
    try:
        run_sql(db, sql_of(schema))
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert not inferred(db, project, rows=10).findings
    rows = loads(db, project)
    assert all(number > 0 for number in rows.values())


def test_enough_public_schemas_were_tried() -> None:
    missing: dict[str, str] = {}
    for schema in PUBLIC_SCHEMAS:
        try:
            sql_of(schema)
        except Unavailable as reason:
            missing[schema.name] = str(reason)
    if len(missing) == len(PUBLIC_SCHEMAS):
        pytest.skip(f"no registry can be reached: {missing}")
    assert len(PUBLIC_SCHEMAS) - len(missing) >= ENOUGH, missing
