"""bench beside other processes at work: nothing in the code changes, so nothing may be found."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from catalog import run
from platformdb.bench.command import Files, gate
from platformdb.bench.request import Request
from platformdb.postgres.connect import connect
from platformdb.postgres.target import Target
from platformdb.report.progress import Silent
from projects import Project
from servers import Server

TABLES = """
CREATE TABLE posts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), author int NOT NULL, body text, likes int NOT NULL DEFAULT 0
);
CREATE INDEX posts_author ON posts (author, likes DESC);
CREATE TABLE likes (post uuid NOT NULL REFERENCES posts ON DELETE CASCADE, who int NOT NULL, PRIMARY KEY (post, who));
CREATE FUNCTION count_like() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN UPDATE posts SET likes = likes + 1 WHERE id = NEW.post; RETURN NULL; END $$;
INSERT INTO posts (author, body) SELECT n % 700, repeat('x', n % 90) FROM generate_series(1, 20000) AS n;
INSERT INTO likes SELECT id, n FROM posts, generate_series(1, 2) AS n;
CREATE TRIGGER count_like AFTER INSERT ON likes FOR EACH ROW EXECUTE FUNCTION count_like();
"""  # fmt: skip
QUERIES = {
    "sql/queries/page.sql": """\
-- The posts of an author that are liked most.

-- platformdb: personas="posts"
SELECT author, count(*) AS weight FROM posts GROUP BY author;

-- platformdb: target_ms=1000
SELECT * FROM posts WHERE author = $1 ORDER BY likes DESC LIMIT 10;
""",
    "sql/queries/like.sql": """\
-- A like: the post's number goes up.

-- platformdb: personas="likes"
SELECT id, likes AS weight FROM posts WHERE likes = 0 UNION ALL SELECT max(id::text)::uuid, 1 FROM posts;

-- platformdb: target_ms=1000 rollback=on
INSERT INTO likes VALUES ($1, 3);
""",
    "sql/queries/write.sql": """\
-- A post with a random key, which meets any page of its index.

-- platformdb: target_ms=1000 rollback=on
INSERT INTO posts (author, body) VALUES (1 + (random() * 5)::int, 'a new one');
""",
}
BURN = "while True: pass"
FLUSH = """
import os, sys
file = open(sys.argv[1], "wb", 0)
while True:
    file.seek(0)
    file.write(bytes(1000000))
    os.fsync(file)
"""
# Each table that comes or goes makes every session of the server look things up anew.
CHURN = (
    "import json, sys, psycopg\nwith psycopg.connect(**json.loads(sys.argv[1]), autocommit=True) as other:\n"
    "    while True: other.execute('CREATE TABLE churn (id int PRIMARY KEY); ANALYZE churn; DROP TABLE churn')"
)


@contextmanager
def noise(server: Server, folder: Path) -> Iterator[None]:
    beside = json.dumps(dict(server.maintenance.parameters))
    programs = ([BURN], [BURN], [FLUSH, str(folder / "file")], [CHURN, beside])
    with ExitStack() as stack:
        for program in programs:
            process = stack.enter_context(subprocess.Popen([sys.executable, "-c", *program], stderr=subprocess.DEVNULL))
            stack.callback(process.kill)
        yield


def test_runs_beside_other_processes_find_nothing_and_a_lost_index_is_found(
    server: Server, db: Target, project: Project, tmp_path: Path
) -> None:
    run(db, TABLES)
    project.write(QUERIES)
    saved = tmp_path / "reference.json"
    request = Request(samples=20, any_rows=True)
    assert gate(db, project.platform, Silent(), request, Files(save=saved)).exit_code == 0
    with noise(server, tmp_path):
        for _ in range(3):
            report = gate(db, project.platform, Silent(), request, Files(reference=saved))
            assert [each.message for each in report.findings if each.severity == "error"] == []
            assert report.exit_code == 0
    with connect(db) as connection:
        connection.execute("DROP INDEX posts_author")
    report = gate(db, project.platform, Silent(), request, Files(reference=saved))
    assert "not-servable" in {each.rule for each in report.findings}
