"""The tools whose history can be taken over."""

from __future__ import annotations

from platformdb.adopt.histories.flyway import FLYWAY
from platformdb.adopt.histories.positions import ALEMBIC, GOLANG_MIGRATE
from platformdb.adopt.histories.rows import DRIZZLE, GOOSE, GRAPHILE_MIGRATE, PRISMA, SQLX
from platformdb.adopt.histories.simple import DBMATE, DIESEL, NODE_PG_MIGRATE, SQL_MIGRATE
from platformdb.adopt.histories.sqitch import SQITCH
from platformdb.adopt.model import Tool

KNOWN: tuple[Tool, ...] = (
    FLYWAY,
    DBMATE,
    GOOSE,
    GOLANG_MIGRATE,
    PRISMA,
    SQLX,
    DIESEL,
    GRAPHILE_MIGRATE,
    SQL_MIGRATE,
    DRIZZLE,
    NODE_PG_MIGRATE,
    SQITCH,
    ALEMBIC,
)
