"""Schemas that are hard to fill: each asks for something in a way that real schemas do, too."""

from __future__ import annotations

# ruff: noqa: E501 - SQL, one table a line
NASTY: dict[str, str] = {
    "a circle of three tables, one key nullable": """
        CREATE TABLE a (id int PRIMARY KEY, c_id int);
        CREATE TABLE b (id int PRIMARY KEY, a_id int NOT NULL REFERENCES a);
        CREATE TABLE c (id int PRIMARY KEY, b_id int NOT NULL REFERENCES b);
        ALTER TABLE a ADD FOREIGN KEY (c_id) REFERENCES c;
    """,
    "a circle in which every key is required": """
        CREATE TABLE team (id uuid PRIMARY KEY, captain_id int NOT NULL);
        CREATE TABLE player (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, team_id uuid NOT NULL REFERENCES team);
        ALTER TABLE team ADD FOREIGN KEY (captain_id) REFERENCES player;
    """,
    "a deferrable circle": """
        CREATE TABLE chicken (id int PRIMARY KEY, egg_id int NOT NULL);
        CREATE TABLE egg (id int PRIMARY KEY, chicken_id int NOT NULL REFERENCES chicken DEFERRABLE INITIALLY DEFERRED);
        ALTER TABLE chicken ADD FOREIGN KEY (egg_id) REFERENCES egg DEFERRABLE INITIALLY DEFERRED;
    """,
    "keys that begin with a tenant": """
        CREATE TABLE tenant (id int PRIMARY KEY, name text NOT NULL UNIQUE);
        CREATE TABLE project (tenant_id int NOT NULL REFERENCES tenant, id int, slug text, PRIMARY KEY (tenant_id, id),
            UNIQUE (tenant_id, slug));
        CREATE TABLE person (tenant_id int REFERENCES tenant, id int, email text NOT NULL, PRIMARY KEY (tenant_id, id));
        CREATE TABLE task (
            tenant_id int, id bigint, project_id int NOT NULL, owner_id int NOT NULL, reviewer_id int, parent_id bigint,
            PRIMARY KEY (tenant_id, id),
            FOREIGN KEY (tenant_id) REFERENCES tenant,
            FOREIGN KEY (tenant_id, project_id) REFERENCES project,
            FOREIGN KEY (tenant_id, owner_id) REFERENCES person,
            FOREIGN KEY (tenant_id, reviewer_id) REFERENCES person,
            FOREIGN KEY (tenant_id, parent_id) REFERENCES task);
        CREATE TABLE member (tenant_id int, project_id int, person_id int, role text NOT NULL,
            PRIMARY KEY (tenant_id, project_id, person_id),
            FOREIGN KEY (tenant_id, project_id) REFERENCES project, FOREIGN KEY (tenant_id, person_id) REFERENCES person);
    """,
    "ranges that must not overlap": """
        CREATE EXTENSION btree_gist;
        CREATE TABLE room (id serial PRIMARY KEY, name text NOT NULL);
        CREATE TABLE booking (id serial PRIMARY KEY, room_id int NOT NULL REFERENCES room, during tstzrange NOT NULL,
            EXCLUDE USING gist (room_id WITH =, during WITH &&));
        CREATE TABLE shift (id serial PRIMARY KEY, starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
            CHECK (starts_at < ends_at), EXCLUDE USING gist (tstzrange(starts_at, ends_at) WITH &&));
        CREATE TABLE stay (room_id int NOT NULL REFERENCES room, nights daterange NOT NULL,
            EXCLUDE USING gist (room_id WITH =, nights WITH &&));
        CREATE TABLE block (numbers int4range NOT NULL, EXCLUDE USING gist (numbers WITH &&));
        CREATE TABLE cage (id int, animal text NOT NULL, EXCLUDE USING gist (id WITH =, animal WITH <>));
    """,
    "domains, and arrays of them": """
        CREATE DOMAIN positive AS int CHECK (VALUE > 0);
        CREATE DOMAIN colour AS text CHECK (VALUE IN ('red', 'green', 'blue'));
        CREATE DOMAIN code AS varchar(6) NOT NULL CHECK (VALUE ~ '^[A-Z]{3}[0-9]{3}$');
        CREATE DOMAIN email AS text CHECK (VALUE ~ '^[^@]+@[^@]+$');
        CREATE DOMAIN few AS text[] CHECK (cardinality(VALUE) <= 3);
        CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
        CREATE TABLE thing (id positive PRIMARY KEY, colours colour[] NOT NULL, amounts positive[] NOT NULL, code code UNIQUE,
            address email NOT NULL, tags few NOT NULL, moods mood[] NOT NULL CHECK (array_length(moods, 1) >= 2),
            favourite colour, percent numeric(5, 2) NOT NULL CHECK (percent BETWEEN 0 AND 100));
    """,
    "partitions by list, range and hash": """
        CREATE TABLE by_list (region text NOT NULL, id int NOT NULL, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
        CREATE TABLE by_list_eu PARTITION OF by_list FOR VALUES IN ('de', 'fr');
        CREATE TABLE by_list_us PARTITION OF by_list FOR VALUES IN ('us');
        CREATE TABLE by_range (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL, body text NOT NULL,
            PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE by_range_1 PARTITION OF by_range FOR VALUES FROM ('2020-01-01 00:00+00') TO ('2020-02-01 00:00+00');
        CREATE TABLE by_range_2 PARTITION OF by_range FOR VALUES FROM ('2020-02-01 00:00+00') TO ('2020-03-01 00:00+00');
        CREATE TABLE by_number (n int NOT NULL, PRIMARY KEY (n)) PARTITION BY RANGE (n);
        CREATE TABLE by_number_1 PARTITION OF by_number FOR VALUES FROM (1000) TO (100000);
        CREATE TABLE by_hash (id uuid PRIMARY KEY) PARTITION BY HASH (id);
        CREATE TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE by_hash_1 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        CREATE TABLE with_default (id int PRIMARY KEY, kind text) PARTITION BY RANGE (id);
        CREATE TABLE with_default_1 PARTITION OF with_default FOR VALUES FROM (1) TO (10);
        CREATE TABLE with_default_rest PARTITION OF with_default DEFAULT;
        CREATE TABLE nested (region text NOT NULL, day date NOT NULL, n int) PARTITION BY LIST (region);
        CREATE TABLE nested_de PARTITION OF nested FOR VALUES IN ('de') PARTITION BY RANGE (day);
        CREATE TABLE nested_de_1 PARTITION OF nested_de FOR VALUES FROM ('2025-03-01') TO ('2025-06-01');
        CREATE TABLE to_partitioned (id int PRIMARY KEY, region text NOT NULL, other int NOT NULL,
            FOREIGN KEY (region, other) REFERENCES by_list (region, id), at_id uuid NOT NULL REFERENCES by_hash);
    """,
    "no partition at all": """
        CREATE TABLE kept (id int PRIMARY KEY);
        CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY LIST (id);
        CREATE TABLE needs (id int PRIMARY KEY, parted_id int NOT NULL REFERENCES parted, kept_id int REFERENCES kept);
    """,
    "identity and generated columns": """
        CREATE TABLE person (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, first text NOT NULL, last text NOT NULL,
            email text NOT NULL, address text GENERATED ALWAYS AS (lower(email)) STORED UNIQUE,
            full_name text GENERATED ALWAYS AS (first || ' ' || last) STORED);
        CREATE TABLE pet (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, person_id bigint NOT NULL REFERENCES person,
            name text NOT NULL, UNIQUE (person_id, name));
        CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY);
    """,
    "names that need quotes": '''
        CREATE SCHEMA "odd one";
        CREATE TABLE "odd one"."Order Item" ("the id" int PRIMARY KEY, "a.b" text UNIQUE NOT NULL, "say ""hi""" text,
            "select" int NOT NULL, "time" timestamptz NOT NULL, source text NOT NULL, "row" int, "Ünï" text);
        CREATE TABLE "user" ("from" int PRIMARY KEY, "to" int NOT NULL REFERENCES "user",
            item text NOT NULL REFERENCES "odd one"."Order Item" ("a.b"), "userId" int REFERENCES "user", "Group" text);
        CREATE TABLE "order" ("group" int REFERENCES "user", "table" int REFERENCES "odd one"."Order Item",
            PRIMARY KEY ("group", "table"));
    ''',
    "tables with hardly anything": """
        CREATE TABLE nothing ();
        CREATE TABLE no_key (a int, b text NOT NULL);
        CREATE TABLE only_default (a int NOT NULL DEFAULT 7);
        CREATE TABLE only_generated (a int GENERATED ALWAYS AS (1) STORED);
        CREATE TABLE parent (id int PRIMARY KEY);
        CREATE TABLE child (more text NOT NULL) INHERITS (parent);
    """,
    "one row for each, again and again": """
        CREATE TABLE one (id int PRIMARY KEY);
        CREATE TABLE two (id int PRIMARY KEY REFERENCES one);
        CREATE TABLE three (id int PRIMARY KEY REFERENCES two);
        CREATE TABLE four (three_id int NOT NULL UNIQUE REFERENCES three, one_id int NOT NULL UNIQUE REFERENCES one);
        CREATE TABLE five (id int PRIMARY KEY, two_id int UNIQUE REFERENCES two);
    """,
    "keys of few values": """
        CREATE TYPE level AS ENUM ('low', 'middle', 'high');
        CREATE TABLE flags (flag boolean PRIMARY KEY);
        CREATE TABLE levels (level level PRIMARY KEY, label text NOT NULL);
        CREATE TABLE settings (level level NOT NULL, flag boolean NOT NULL, UNIQUE (level, flag));
        CREATE TABLE account (id int PRIMARY KEY, level level NOT NULL REFERENCES levels);
        CREATE TABLE quota (account_id int NOT NULL REFERENCES account, kind text NOT NULL CHECK (kind IN ('disk', 'mail')),
            PRIMARY KEY (account_id, kind));
        CREATE TABLE country (code char(2) PRIMARY KEY, n smallint UNIQUE NOT NULL, k "char" NOT NULL);
        CREATE TABLE singleton (id boolean PRIMARY KEY DEFAULT true CHECK (id), title text NOT NULL);
        CREATE TABLE version (id int PRIMARY KEY CHECK (id = 1), n int NOT NULL);
    """,
    "CHECKs over several columns": """
        CREATE TABLE payment (
            id int PRIMARY KEY, status text NOT NULL CHECK (status IN ('open', 'paid', 'void')), paid_at timestamptz,
            card text, iban text, low int NOT NULL, high int NOT NULL, starts date NOT NULL, ends date NOT NULL,
            net numeric(8, 2) NOT NULL, gross numeric(8, 2) NOT NULL, document jsonb NOT NULL, note text,
            CHECK ((status = 'paid') = (paid_at IS NOT NULL)), CHECK (num_nonnulls(card, iban) = 1), CHECK (low < high),
            CHECK (starts < ends), CHECK (gross >= net), CHECK (jsonb_typeof(document) = 'object'),
            CHECK (status <> 'void' OR note IS NOT NULL), CHECK (note IS NULL OR length(btrim(note)) > 0));
        CREATE TABLE target_a (id int PRIMARY KEY);
        CREATE TABLE target_b (id int PRIMARY KEY);
        CREATE TABLE attachment (id int PRIMARY KEY, a_id int REFERENCES target_a, b_id int REFERENCES target_b,
            CHECK ((a_id IS NULL) <> (b_id IS NULL)));
        CREATE TABLE shape (id int PRIMARY KEY, kind text NOT NULL, radius float8, width float8, height float8,
            CHECK ((kind = 'circle' AND radius > 0 AND width IS NULL AND height IS NULL)
                OR (kind = 'box' AND radius IS NULL AND width > 0 AND height > 0)));
        CREATE TABLE friends (low_id int NOT NULL REFERENCES target_a, high_id int NOT NULL REFERENCES target_a,
            PRIMARY KEY (low_id, high_id), CHECK (low_id < high_id));
        CREATE TABLE sent (id int PRIMARY KEY, from_id int NOT NULL REFERENCES target_a, to_id int NOT NULL REFERENCES target_a,
            CHECK (from_id <> to_id));
    """,
    "CHECKs that nobody understands": """
        CREATE FUNCTION even(n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n % 2 = 0';
        CREATE TABLE pairs (id int PRIMARY KEY, n int CHECK (even(n)), m int NOT NULL DEFAULT 4 CHECK (even(m)));
        CREATE TABLE odd (id int PRIMARY KEY, n int NOT NULL CHECK (NOT even(n) AND n > 100000));
        CREATE TABLE after_odd (id int PRIMARY KEY, odd_id int NOT NULL REFERENCES odd);
        CREATE TABLE beside_odd (id int PRIMARY KEY, odd_id int REFERENCES odd);
        CREATE TABLE never (id int PRIMARY KEY CHECK (false));
    """,
    "unique in unusual ways": """
        CREATE TABLE person (id int PRIMARY KEY, email text NOT NULL, name text, nick text, deleted_at timestamptz);
        CREATE UNIQUE INDEX ON person (lower(email));
        CREATE UNIQUE INDEX ON person (name) WHERE deleted_at IS NULL;
        CREATE UNIQUE INDEX ON person (coalesce(nick, ''));
        CREATE TABLE address (id int PRIMARY KEY, person_id int NOT NULL REFERENCES person, main boolean NOT NULL);
        CREATE UNIQUE INDEX ON address (person_id) WHERE main;
        CREATE TABLE swap (id int PRIMARY KEY, place int NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED);
        CREATE TABLE page (id int PRIMARY KEY, book_id int NOT NULL REFERENCES swap, position smallint NOT NULL,
            day date NOT NULL, UNIQUE (book_id, position), UNIQUE (book_id, day));
        CREATE TABLE several (a int UNIQUE, b text UNIQUE, c uuid UNIQUE, d date UNIQUE, e inet UNIQUE, f bytea UNIQUE,
            g numeric(6, 2) UNIQUE, h varchar(4) UNIQUE, i timestamptz UNIQUE, j timestamp(0) UNIQUE, k boolean UNIQUE);
    """,
    "triggers that raise": """
        CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''never''; END';
        CREATE TABLE guarded (id serial PRIMARY KEY, name text NOT NULL);
        CREATE TRIGGER never BEFORE INSERT ON guarded FOR EACH ROW EXECUTE FUNCTION never();
    """,
    "every type": """
        CREATE TYPE pair AS (a int, b int);
        CREATE TABLE types (a int2 NOT NULL, b int4 NOT NULL, c int8 NOT NULL, d numeric NOT NULL, e real NOT NULL,
            f float8 NOT NULL, g money NOT NULL, h text NOT NULL, i varchar(1) NOT NULL, j char(7) NOT NULL, k bytea NOT NULL,
            l timestamp NOT NULL, m timestamptz NOT NULL, n date NOT NULL, o time NOT NULL, p timetz NOT NULL,
            q interval NOT NULL, r bool NOT NULL, s inet NOT NULL, t cidr NOT NULL, u macaddr NOT NULL, v macaddr8 NOT NULL,
            w bit(5) NOT NULL, x bit varying(9) NOT NULL, y uuid NOT NULL, z xml, aa json NOT NULL, ab jsonb NOT NULL,
            ac int[] NOT NULL, ad text[] NOT NULL, ae numeric(4, 1)[] NOT NULL, af uuid[] NOT NULL, ag timestamptz[] NOT NULL,
            ah int4range NOT NULL, ai tstzrange NOT NULL, aj daterange NOT NULL, ak numrange NOT NULL, al point NOT NULL,
            am box NOT NULL, an oid NOT NULL, ao "char" NOT NULL, ap name NOT NULL, aq bool[] NOT NULL, ar tsvector,
            at pair, au tsquery, av circle, aw pg_lsn, ax int4multirange);
    """,
    "types of which nothing is known": """
        CREATE TYPE pair AS (a int, b int);
        CREATE TABLE strange (id int PRIMARY KEY, p pair NOT NULL, v tsvector NOT NULL);
        CREATE TABLE behind (id int PRIMARY KEY, strange_id int NOT NULL REFERENCES strange);
    """,
    "nothing but schemas outside the search path": """
        CREATE SCHEMA sales;
        CREATE SCHEMA stock;
        CREATE TABLE stock.item (id int PRIMARY KEY, sku varchar(12) NOT NULL UNIQUE);
        CREATE TABLE sales.item (id int PRIMARY KEY, stock_item_id int NOT NULL REFERENCES stock.item (id));
        CREATE TABLE item (id int PRIMARY KEY, sku varchar(12) NOT NULL REFERENCES stock.item (sku));
    """,
    "trees, lists and rows that refer to themselves": """
        CREATE TABLE tree (id int PRIMARY KEY, parent_id int REFERENCES tree, name text NOT NULL, UNIQUE (parent_id, name));
        CREATE TABLE rooted (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES rooted);
        CREATE TABLE chain (id int PRIMARY KEY, next_id int UNIQUE REFERENCES chain);
        CREATE TABLE thread (id int PRIMARY KEY);
        CREATE TABLE post (thread_id int NOT NULL REFERENCES thread, n int NOT NULL, reply_to int,
            PRIMARY KEY (thread_id, n), FOREIGN KEY (thread_id, reply_to) REFERENCES post);
    """,
}

# What only newer servers take: by the first version that does.
NEWER: dict[int, dict[str, str]] = {
    15: {
        "NULLs that are not distinct": """
            CREATE TABLE colour (name text PRIMARY KEY);
            CREATE TABLE choice (id int PRIMARY KEY, colour text REFERENCES colour, size int,
                UNIQUE NULLS NOT DISTINCT (colour, size), UNIQUE NULLS NOT DISTINCT (colour));
        """,
    },
    18: {
        "keys without overlaps": """
            CREATE EXTENSION btree_gist;
            CREATE TABLE price (item int, valid daterange, amount int NOT NULL, PRIMARY KEY (item, valid WITHOUT OVERLAPS));
            CREATE TABLE sale (item int, at daterange, FOREIGN KEY (item, PERIOD at) REFERENCES price (item, PERIOD valid));
            CREATE TABLE doubled (id int PRIMARY KEY, n int NOT NULL, twice int GENERATED ALWAYS AS (n * 2) VIRTUAL);
        """,
    },
}
