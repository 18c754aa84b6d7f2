"""The layouts that are known, those first that win where two look equally likely."""

from __future__ import annotations

from platformdb.migrations.layouts.alembic import ALEMBIC
from platformdb.migrations.layouts.dbmate import DBMATE
from platformdb.migrations.layouts.diesel import DIESEL
from platformdb.migrations.layouts.drizzle import DRIZZLE
from platformdb.migrations.layouts.flyway import FLYWAY
from platformdb.migrations.layouts.golang_migrate import GOLANG_MIGRATE
from platformdb.migrations.layouts.goose import GOOSE
from platformdb.migrations.layouts.graphile import GRAPHILE
from platformdb.migrations.layouts.model import Layout
from platformdb.migrations.layouts.node_pg_migrate import NODE_PG_MIGRATE
from platformdb.migrations.layouts.plain import PLAIN
from platformdb.migrations.layouts.prisma import PRISMA
from platformdb.migrations.layouts.sqitch import SQITCH
from platformdb.migrations.layouts.sql_migrate import SQL_MIGRATE
from platformdb.migrations.layouts.sqlx import SQLX

KNOWN: tuple[Layout, ...] = (
    ALEMBIC,
    DBMATE,
    DIESEL,
    DRIZZLE,
    FLYWAY,
    GOOSE,
    GRAPHILE,
    NODE_PG_MIGRATE,
    PRISMA,
    SQITCH,
    SQL_MIGRATE,
    SQLX,  # before golang-migrate, whose pairs it has: only beside what sqlx alone writes
    GOLANG_MIGRATE,
    PLAIN,
)
