"""Thirty ways in which a query gets worse, and some in which it only becomes another: each with what must be said."""

from __future__ import annotations

from dataclasses import dataclass

from platformdb.bench.model import Gate

WORLD = """
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, country text NOT NULL, score int NOT NULL);
CREATE TABLE posts (
    id bigint PRIMARY KEY, user_id bigint NOT NULL, created_at timestamptz NOT NULL, status text NOT NULL,
    title text NOT NULL, tags text[] NOT NULL, body text NOT NULL
);
CREATE TABLE follows (follower_id bigint, followee_id bigint, PRIMARY KEY (follower_id, followee_id));
CREATE TABLE likes (user_id bigint, post_id bigint, PRIMARY KEY (user_id, post_id));
CREATE TABLE comments (
    id bigint PRIMARY KEY, post_id bigint NOT NULL REFERENCES posts ON DELETE CASCADE, body text NOT NULL
);
CREATE TABLE messages (
    id bigint, chat_id int NOT NULL, sent_at timestamptz NOT NULL, body text NOT NULL, PRIMARY KEY (id, sent_at)
) PARTITION BY RANGE (sent_at);
CREATE TABLE counters (user_id bigint PRIMARY KEY, posts int NOT NULL DEFAULT 0, touched_at timestamptz);

DO $$ BEGIN
    FOR m IN 1..12 LOOP
        EXECUTE format(
            'CREATE TABLE messages_%s PARTITION OF messages FOR VALUES FROM (%L) TO (%L)',
            m, make_date(2025, m, 1), make_date(2025, m, 1) + interval '1 month'
        );
    END LOOP;
END $$;

INSERT INTO users SELECT n, 'User' || n || '@example.org', (ARRAY['at','de','ch'])[n % 3 + 1], n % 5
FROM generate_series(1, 4000) AS n;
INSERT INTO posts
SELECT n, n * 7919 % 400 + 1, timestamptz '2025-01-01' + n * interval '20 minutes',
       CASE WHEN n % 50 = 0 THEN 'draft' ELSE 'published' END, md5(n::text), ARRAY['t' || n % 300, 't' || n % 7],
       repeat('x', 300)
FROM generate_series(1, 20000) AS n;
INSERT INTO follows SELECT n % 400 + 1, n * 31 % 397 + 1 FROM generate_series(1, 20000) AS n ON CONFLICT DO NOTHING;
INSERT INTO likes
SELECT n * 13 % 4000 + 1, n * 7 % 20000 + 1 FROM generate_series(1, 40000) AS n ON CONFLICT DO NOTHING;
INSERT INTO comments SELECT n, n * 11 % 20000 + 1, 'well said' FROM generate_series(1, 20000) AS n;
INSERT INTO messages
SELECT n, n % 100, timestamptz '2025-01-01' + n * interval '13 minutes', 'hello' FROM generate_series(1, 36000) AS n;
INSERT INTO counters SELECT id FROM users;

CREATE UNIQUE INDEX users_email ON users (lower(email));
CREATE INDEX users_country_score ON users (country, score DESC, id);
CREATE INDEX posts_user_created ON posts (user_id, created_at DESC, id DESC) INCLUDE (status);
CREATE INDEX posts_created ON posts (created_at DESC, id DESC);
CREATE INDEX posts_drafts ON posts (user_id) WHERE status = 'draft';
CREATE INDEX posts_tags ON posts USING gin (tags);
CREATE INDEX posts_title ON posts (title text_pattern_ops);
CREATE INDEX follows_followee ON follows (followee_id);
CREATE INDEX likes_post ON likes (post_id);
CREATE INDEX comments_post ON comments (post_id);
CREATE INDEX messages_chat ON messages (chat_id, sent_at DESC);
CREATE FUNCTION likes_of(wanted bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS
$$ BEGIN RETURN (SELECT count(*) FROM likes WHERE post_id = wanted); END $$;
CREATE FUNCTION slow_likes_of(wanted bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS
$$ BEGIN RETURN (SELECT count(*) FROM likes WHERE post_id::text = wanted::text); END $$;
"""
VECTORS = """
CREATE EXTENSION vector;
CREATE TABLE pictures (id bigint PRIMARY KEY, embedding vector(4) NOT NULL);
INSERT INTO pictures SELECT n, ARRAY[sin(n), cos(n), sin(n * 2), cos(n * 3)]::vector FROM generate_series(1, 3000) AS n;
CREATE INDEX pictures_embedding ON pictures USING hnsw (embedding vector_l2_ops);
"""

NEWEST = "SELECT id, title FROM posts WHERE user_id = $1::bigint ORDER BY created_at DESC, id DESC LIMIT 20"
EVERYBODYS = (
    "SELECT id, title FROM posts WHERE status = 'published' AND (created_at, id) < ($1::timestamptz, $2::bigint)"
    " ORDER BY created_at DESC, id DESC LIMIT 20"
)
DRAFTS = "SELECT id, title FROM posts WHERE user_id = $1::bigint AND status = 'draft'"
STATES = "SELECT created_at, status FROM posts WHERE user_id = $1::bigint ORDER BY created_at DESC LIMIT 20"
BY_EMAIL = "SELECT id FROM users WHERE lower(email) = $1"
BY_TAG = "SELECT id FROM posts WHERE tags @> ARRAY[$1]"
BY_TITLE = "SELECT id FROM posts WHERE title LIKE 'abc%'"
LIKED = "SELECT 1 FROM likes WHERE user_id = $1::bigint AND post_id = $2::bigint"
CHAT = (
    "SELECT id, body FROM messages WHERE chat_id = $1::int AND sent_at >= timestamptz '2025-06-01'"
    " AND sent_at < timestamptz '2025-07-01'"
)
BEST = "SELECT id FROM users WHERE country = $1 ORDER BY score DESC, id LIMIT 10"
FEED = (
    "SELECT p.id FROM follows AS f JOIN posts AS p ON p.user_id = f.followee_id WHERE f.follower_id = $1::bigint"
    " ORDER BY p.created_at DESC, p.id DESC LIMIT 20"
)
LIKED_BY = "SELECT l.post_id FROM users AS u JOIN likes AS l ON l.user_id = u.id WHERE lower(u.email) = $1"
COUNTED = (
    "SELECT u.id, count(l.post_id) FROM users AS u LEFT JOIN likes AS l ON l.user_id = u.id"
    " WHERE u.country = $1 GROUP BY u.id"
)
ECHO = "SELECT count(*) FROM posts AS p JOIN likes AS l ON l.post_id = p.id WHERE p.status = 'published'"
LAST = NEWEST.replace("LIMIT 20", "LIMIT 5")
UNLIKED = (
    "SELECT p.id FROM posts AS p WHERE p.user_id = $1::bigint"
    " AND NOT EXISTS (SELECT FROM likes AS l WHERE l.post_id = p.id)"
)
MUTUAL = (
    "SELECT a.followee_id FROM follows AS a JOIN follows AS b ON b.follower_id = a.followee_id"
    " AND b.followee_id = a.follower_id WHERE a.follower_id = $1::bigint"
)
ANYTHING = (
    "SELECT id FROM posts AS p WHERE user_id = $1::bigint AND status = 'draft'"
    " UNION ALL SELECT id FROM posts AS p WHERE tags @> ARRAY[$2]"
)
PAGE = "SELECT id, length(body) FROM posts ORDER BY created_at DESC, id DESC LIMIT 20"
RANKED = "SELECT id, title FROM posts WHERE id <= 15000 ORDER BY md5(title)"
LIKE_IT = "INSERT INTO likes VALUES ($1::bigint, $2::bigint)"
TOUCH = "UPDATE counters SET touched_at = '2025-01-01' WHERE user_id = $1::bigint"
FORGET = "DELETE FROM posts WHERE id = $1::bigint"
NEAREST = "SELECT id FROM pictures ORDER BY embedding <-> '[1,0,0,1]' LIMIT 5"

ONE, PAIR, NOBODY = ("42",), ("42", "4242"), ()


@dataclass(frozen=True, slots=True)
class Regression:
    """A query, and what makes it worse: ``change`` to the database, or another ``then``. Then what must be said."""

    name: str
    query: str
    values: tuple[str, ...]
    gate: Gate
    rule: str
    says: str
    change: str = ""
    then: str = ""
    extension: str = ""
    then_values: tuple[str, ...] | None = None
    whole: tuple[str, ...] = ()
    leaves: str = ""  # tables in which rows that were taken back leave pages and index entries


def _dropped(
    name: str, query: str, values: tuple[str, ...], gate: Gate, rule: str, index: str, says: str = ""
) -> Regression:
    return Regression(name, query, values, gate, rule, says or index, change=f"DROP INDEX {index}")


S, P, W = Gate.SERVABLE, Gate.PLAN, Gate.WORK
REGRESSIONS = (
    _dropped(
        "the index of a list is dropped",
        DRAFTS.replace("'draft'", "'none'"),
        ONE,
        S,
        "not-servable",
        "posts_user_created",
    ),
    _dropped(
        "an index is dropped, another gives the order", LAST, ONE, P, "plan-index-lost", "posts_user_created", "user_id"
    ),
    _dropped("a partial index is dropped", DRAFTS, ONE, P, "plan-index-lost", "posts_drafts", "status only checked"),
    _dropped(
        "an expression's unique index is dropped", BY_EMAIL, ("user7@example.org",), S, "not-servable", "users_email"
    ),
    _dropped("a GIN index is dropped", BY_TAG, ("t77",), S, "not-servable", "posts_tags"),
    Regression(
        "an HNSW index is dropped",
        NEAREST,
        NOBODY,
        S,
        "not-servable",
        "pictures_embedding",
        change="DROP INDEX pictures_embedding",
        extension="vector",
    ),
    Regression(
        "a primary key is dropped",
        LIKED,
        PAIR,
        P,
        "plan-index-lost",
        "likes_pkey",
        change="ALTER TABLE likes DROP CONSTRAINT likes_pkey",
    ),
    _dropped("one branch of a UNION loses its index", ANYTHING, ("42", "t77"), S, "not-servable", "posts_tags"),
    Regression(
        "an index no longer covers",
        STATES,
        ONE,
        P,
        "plan-index-lost",
        "index-only",
        change="DROP INDEX posts_user_created; CREATE INDEX posts_by_user ON posts (user_id, created_at DESC, id DESC)",
    ),
    Regression(
        "an index loses its last column",
        NEWEST,
        ONE,
        P,
        "plan-sort",
        "came in order",
        change="DROP INDEX posts_user_created, posts_created; CREATE INDEX posts_by_user ON posts (user_id)",
    ),
    Regression(
        "an index loses its direction",
        BEST,
        ("at",),
        W,
        "work-grown",
        "rows touched",
        change="DROP INDEX users_country_score; CREATE INDEX users_by_score ON users (country, score, id)",
    ),
    Regression(
        "an index is not valid",
        BY_EMAIL,
        ("user7@example.org",),
        S,
        "not-servable",
        "users_email",
        change="UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_email'::regclass",
    ),
    Regression(
        "a partial index no longer fits",
        DRAFTS,
        ONE,
        P,
        "plan-index-lost",
        "status only checked",
        then=DRAFTS.replace("= 'draft'", "LIKE 'draft%'"),
    ),
    Regression(
        "a function around a column",
        LAST,
        ONE,
        P,
        "plan-index-lost",
        "user_id",
        then=LAST.replace("user_id =", "abs(user_id) ="),
    ),
    Regression(
        "a parameter of another type",
        "SELECT title FROM posts WHERE id = $1::bigint",
        ONE,
        S,
        "not-servable",
        "posts",
        then="SELECT title FROM posts WHERE id = $1::numeric",
    ),
    Regression(
        "a join casts implicitly",
        LIKED_BY,
        ("user7@example.org",),
        S,
        "not-servable",
        "likes",
        change="ALTER TABLE users ALTER COLUMN id TYPE numeric",
    ),
    Regression(
        "LIKE begins with a wildcard",
        BY_TITLE,
        NOBODY,
        S,
        "not-servable",
        "posts_title",
        then=BY_TITLE.replace("'abc%'", "'%abc%'"),
    ),
    Regression(
        "IS NOT DISTINCT FROM in place of =",
        BY_EMAIL,
        ("user7@example.org",),
        S,
        "not-servable",
        "users_email",
        then=BY_EMAIL.replace("=", "IS NOT DISTINCT FROM"),
    ),
    Regression(
        "OR across two tables",
        FEED,
        ONE,
        P,
        "plan-index-lost",
        "follower_id only checked",
        then=FEED.replace("f.follower_id = $1::bigint", "(f.follower_id = $1::bigint OR p.user_id = $1::bigint)"),
    ),
    Regression(
        "no partition is pruned",
        CHAT,
        ONE,
        P,
        "plan-partitions",
        "12 partitions",
        then=CHAT.replace("sent_at >=", "sent_at + interval '0' >=").replace("sent_at <", "sent_at + interval '0' <"),
    ),
    Regression(
        "OFFSET in place of a key",
        EVERYBODYS,
        ("2025-06-01", "0"),
        W,
        "work-grown",
        "rows touched",
        then="SELECT id, title FROM posts WHERE status = 'published' ORDER BY created_at DESC, id DESC"
        " LIMIT 20 OFFSET 10900",
        then_values=(),
    ),
    Regression(
        "LIMIT is gone",
        NEWEST,
        ONE,
        P,
        "plan-sort",
        "returns 50 rows, in the reference 20",
        then=NEWEST.removesuffix(" LIMIT 20"),
    ),
    Regression(
        "LIMIT is gone from a page of everything",
        PAGE,
        NOBODY,
        S,
        "not-servable",
        "returns 20,000 rows, in the reference 20",
        then=PAGE.removesuffix(" LIMIT 20"),
    ),
    Regression(
        "a column more, and the index no longer covers",
        STATES,
        ONE,
        P,
        "plan-index-lost",
        "index-only",
        then=STATES.replace("status FROM", "status, title FROM"),
    ),
    Regression(
        "other columns in ORDER BY",
        NEWEST,
        ONE,
        P,
        "plan-sort",
        "came in order",
        then=NEWEST.replace("created_at DESC, id DESC", "title DESC, id DESC"),
    ),
    Regression(
        "a subquery for each row in place of a join",
        COUNTED,
        ("at",),
        W,
        "work-grown",
        "pages",
        then="SELECT u.id, (SELECT count(*) FROM likes WHERE user_id = u.id) FROM users AS u WHERE u.country = $1",
        whole=("likes", "users"),
    ),
    Regression(
        "NOT IN in place of NOT EXISTS",
        UNLIKED,
        ONE,
        S,
        "not-servable",
        "likes",
        then="SELECT p.id FROM posts AS p WHERE p.user_id = $1::bigint AND p.id NOT IN (SELECT post_id FROM likes)",
    ),
    Regression(
        "a self-join loses one of its two lookups",
        MUTUAL,
        ONE,
        P,
        "plan-index-lost",
        "b: ",
        then=MUTUAL.replace("b.followee_id = a.follower_id", "b.followee_id + 0 = a.follower_id"),
        whole=("follows",),
    ),
    Regression(
        "a sort no longer fits into memory",
        RANKED,
        NOBODY,
        P,
        "plan-spill",
        "temporary files",
        then=RANKED.replace("id, title", "id, title, body"),
        whole=("posts",),
    ),
    Regression(
        "ten times the rows",
        "SELECT id, body FROM posts WHERE user_id = $1::bigint",
        ONE,
        W,
        "work-grown",
        "rows touched 50 → 550",
        change="INSERT INTO posts SELECT id + 100000 * n, user_id, created_at, status, title, tags, body"
        " FROM posts, generate_series(1, 10) AS n WHERE user_id = 42",
        leaves="posts",
    ),
    Regression(
        "wider rows",
        PAGE.replace("LIMIT 20", "LIMIT 200"),
        NOBODY,
        W,
        "work-grown",
        "pages",
        change="ALTER TABLE posts ADD COLUMN wide text;"
        "ALTER TABLE posts ALTER COLUMN wide TYPE text USING repeat('y', 900)",
    ),
    Regression(
        "bloat",
        "SELECT count(*) FROM posts WHERE user_id = $1::bigint AND status > ''",
        ONE,
        W,
        "work-grown",
        "heap fetches",
        change="UPDATE posts SET title = title WHERE user_id < 100",
        leaves="posts",
    ),
    Regression(
        "statistics are those of other days",
        ECHO,
        NOBODY,
        W,
        "work-grown",
        "pages",
        change="UPDATE pg_statistic SET stanumbers1 = '{0.0005,0.9995}'"
        " WHERE starelid = 'posts'::regclass AND staattnum = 4",
        whole=("posts", "likes"),
    ),
    Regression(
        "a function reads a table for each row",
        "SELECT id, likes_of(id) FROM posts WHERE user_id = $1::bigint ORDER BY created_at DESC LIMIT 5",
        ONE,
        P,
        "plan-sequential",
        "likes",
        then="SELECT id, slow_likes_of(id) FROM posts WHERE user_id = $1::bigint ORDER BY created_at DESC LIMIT 5",
    ),
    Regression(
        "a trigger writes more",
        LIKE_IT,
        ("1", "3"),
        W,
        "work-grown",
        "public.counters",
        change="CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " UPDATE counters SET posts = posts + 1 WHERE user_id = NEW.user_id; RETURN NULL; END $$;"
        "CREATE TRIGGER count_it AFTER INSERT ON likes FOR EACH ROW EXECUTE FUNCTION count_it()",
        leaves="likes, counters",
    ),
    Regression(
        "an index on a column that changes often",
        TOUCH,
        ONE,
        W,
        "work-grown",
        "pages of public.counters",
        change="CREATE INDEX counters_touched ON counters (touched_at)",
        leaves="counters",
    ),
    Regression(
        "a foreign key loses its index",
        FORGET,
        ONE,
        P,
        "plan-sequential",
        "comments",
        change="DROP INDEX comments_post",
        leaves="posts, comments",
    ),
)


@dataclass(frozen=True, slots=True)
class Harmless:
    """A change of the database or of the query after which it is no worse."""

    name: str
    query: str
    values: tuple[str, ...]
    change: str = ""
    then: str = ""


HARMLESS = (
    Harmless("an index has another name", NEWEST, ONE, "ALTER INDEX posts_user_created RENAME TO something_else"),
    Harmless(
        "an index covers more",
        NEWEST,
        ONE,
        "CREATE INDEX wider ON posts (user_id, created_at DESC, id DESC) INCLUDE (status, title);"
        "DROP INDEX posts_user_created",
    ),
    Harmless("a table has an index more", NEWEST, ONE, "CREATE INDEX another ON posts (status)"),
    Harmless(
        "tables are named in another order",
        FEED,
        ONE,
        then=FEED.replace("follows AS f JOIN posts AS p", "posts AS p JOIN follows AS f"),
    ),
    Harmless(
        "a condition says the same in other words",
        NEWEST,
        ONE,
        then=NEWEST.replace("user_id = $1::bigint", "user_id IN ($1::bigint)"),
    ),
    Harmless("an index is built anew", BY_TAG, ("t77",), "REINDEX INDEX posts_tags"),
)
