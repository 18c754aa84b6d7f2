"""What a new project and a new migration hold, and what they are called: decisions only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime

from platformdb.errors import ConfigError
from platformdb.migrations.model import version_key

SETTINGS = """\
# Settings of this project. All are optional; a flag or an environment variable goes before what stands here.
# Durations are seconds, or have a unit: 500ms, 30s, 2min.

# url = "postgresql://app@localhost:5432/app"  # better in DATABASE_URL; a password does not belong into this file
# provider = "url"          # url, embedded (a server in .platformdb/, which `platformdb up` makes) or container
# platform = "shop"         # where phases/ holds a folder for each of several platforms
# image = "postgres:17"     # for provider = "container"
# keep = false              # leave that container running
# binaries = "/usr/lib/postgresql/17/bin"  # for the embedded server
# port = 54321              # the embedded server listens on 127.0.0.1, too
# wait_for_lock = "60s"     # while another platformdb is running
# lock_timeout = "5s"       # while a table is busy; then the step is tried again
# lock_retries = 10
# role = "app_owner"        # SET ROLE: what is made belongs to it
# migrations = ["db/migrations"]  # another tool's folders, read as they are, in place of phases/
# layout = "dbmate"         # whose, where they do not tell by themselves

# What files may use as {{ name }}, {{ name | identifier }} or {{ name | literal }}.
# [variables]
# schema = "app"
# app_password = { env = "APP_PASSWORD", secret = true }

# What is too much in a rehearsal; several may follow each other.
# [[rehearse.budget]]
# lock = "access exclusive"
# tables_over = "1GB"
# held = "200ms"
"""

EMPTY_PROJECT: Mapping[str, str] = {
    "platformdb.toml": SETTINGS,
    "phases/.gitkeep": "Migrations, each applied once, in order of version: `platformdb new NAME` makes the next.\n",
    "sql/functions/.gitkeep": "Functions, a file each: applied again when the file changes.\n",
    "sql/views/.gitkeep": "Views, a file each: applied again when the file changes.\n",
    "sql/triggers/.gitkeep": "Triggers, a file for each table: applied again when the file changes.\n",
    "sql/indexes/.gitkeep": "Indexes in tiers: tier1_critical.sql, tier2_optimization.sql, tier3_nice_to_have.sql.\n",
    "sql/queries/.gitkeep": "Queries that `platformdb bench` measures.\n",
}

UP = """\
-- {stem}: what changes, and why.
--
-- Applied once, in one transaction. A statement that refuses one, such as CREATE INDEX CONCURRENTLY, runs by itself.

"""
UNDO = """\
-- Takes {stem} back: its steps the other way round.

"""

TIMESTAMP = "%Y%m%d%H%M%S"
LONGEST_SLUG = 100


def new_files(name: str, existing: Iterable[str], now: datetime, *, undo: bool) -> dict[str, str]:
    """The names and texts of the next migration among ``existing`` names of files, with its undo file if wanted.

    Its number is that of the highest version plus one, as wide as its neighbours; where those are timestamps it is
    ``now`` (in UTC), unless the highest is later still.

    Raises:
        ConfigError: the name says nothing that a file could be called.
    """
    stem = f"{_next_version(existing, now)}_{_slug(name)}"
    files = {f"{stem}.sql": UP.format(stem=stem)}
    return files | {f"{stem}.undo.sql": UNDO.format(stem=stem)} if undo else files


def _next_version(existing: Iterable[str], now: datetime) -> str:
    found = [match[0] for name in existing if (match := re.match(r"[0-9]+(?:[._][0-9]+)*(?=_)", name))]
    highest = re.split("[._]", max(found, key=version_key, default="000"))[0]
    following = int(highest) + 1
    if len(highest) == len(now.strftime(TIMESTAMP)):
        following = max(following, int(now.strftime(TIMESTAMP)))
    return str(following).zfill(len(highest))


def _slug(name: str) -> str:
    if re.search(r"[/\\]|\.sql$|^[0-9]+_", name):
        raise ConfigError(
            f"'{name}' is more than a name", help="say what the migration does, as in: platformdb new add_users"
        )
    ascii_only = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub("[^a-z0-9]+", "_", ascii_only).strip("_")
    if not slug or len(slug) > LONGEST_SLUG:
        raise ConfigError(
            f"'{name}' makes no name for a file",
            help=f"use letters and digits of ASCII, at most {LONGEST_SLUG} of them, as in: platformdb new add_users",
        )
    return slug
