-- The outbox. A delivery is one event for one endpoint. `deliveries` has only what is still to be sent, so its size is
-- the backlog's and not the history's. There are no foreign keys: they would lock the rows of busy endpoints.

CREATE SEQUENCE hookseal.event_ids CACHE 32;

CREATE TABLE hookseal.endpoints (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant        text NOT NULL,
    subscription  jsonb NOT NULL,                -- hookseal's Subscription
    secrets       bytea[] NOT NULL,              -- the current one first; encrypted if the application encrypts them
    max_in_flight integer,                       -- null: the worker's setting
    health        jsonb NOT NULL DEFAULT '{}',   -- hookseal's EndpointHealth
    fault         text,                          -- why nothing can be sent to it, for example an unreadable secret
    changed       bigint NOT NULL DEFAULT 0,     -- the transaction that last changed what workers read of it
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON hookseal.endpoints (tenant);
CREATE INDEX ON hookseal.endpoints (changed);

CREATE FUNCTION hookseal.endpoint_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed = pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER changed BEFORE INSERT OR UPDATE OF tenant, subscription, secrets, max_in_flight, changed
    ON hookseal.endpoints FOR EACH ROW EXECUTE FUNCTION hookseal.endpoint_changed();

-- Endpoints that were removed since yesterday, and by which transaction, so that workers notice.
CREATE TABLE hookseal.removed (
    endpoint bigint PRIMARY KEY,
    changed  bigint NOT NULL,
    at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON hookseal.removed (changed);

CREATE FUNCTION hookseal.endpoint_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hookseal.removed (endpoint, changed) VALUES (OLD.id, pg_current_xact_id()::text::bigint);
    RETURN NULL;
END $$;
CREATE TRIGGER removed AFTER DELETE ON hookseal.endpoints
    FOR EACH ROW EXECUTE FUNCTION hookseal.endpoint_removed();

-- Which endpoints want which events: a type, `prefix.*` or `*`. New deliveries go to `lane`.
CREATE TABLE hookseal.wants (
    tenant   text NOT NULL,
    pattern  text NOT NULL,
    endpoint bigint NOT NULL,
    lane     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, pattern, endpoint)
) WITH (fillfactor = 80);
CREATE INDEX ON hookseal.wants (endpoint);

-- Rings of 32 partitions, one for each day, told apart by the event's day. An old one is emptied by TRUNCATE, which
-- locks nothing else. No partition is ever made or dropped while the outbox is in use, so none can be missing.
CREATE TABLE hookseal.events (
    id       bigint NOT NULL,
    slot     smallint NOT NULL,
    at       timestamptz NOT NULL CONSTRAINT sane_time CHECK (at BETWEEN '1970-01-01 00:00Z' AND '9999-12-31 00:00Z'),
    tenant   text NOT NULL,
    type     text NOT NULL,
    event_id text NOT NULL CHECK (octet_length(event_id) BETWEEN 1 AND 256),
    body     bytea NOT NULL,                     -- the bytes that are signed: never jsonb, which rewrites them
    PRIMARY KEY (id, slot)
) PARTITION BY LIST (slot);
CREATE INDEX ON hookseal.events (event_id);

CREATE TABLE hookseal.attempts (
    event       bigint NOT NULL,
    endpoint    bigint NOT NULL,
    slot        smallint NOT NULL,               -- the event's, so that both are found and emptied together
    number      integer NOT NULL,
    started_at  timestamptz NOT NULL,
    duration_ms integer NOT NULL,
    status      smallint,
    error       text,                            -- why there is no status
    state       text NOT NULL,                   -- of the delivery, after the attempt
    excerpt     text,                            -- the beginning of the answer's body
    PRIMARY KEY (event, endpoint, number, slot)
) PARTITION BY LIST (slot);
CREATE INDEX ON hookseal.attempts (endpoint, started_at);

DO $$
BEGIN
    FOR slot IN 0..31 LOOP
        EXECUTE format('CREATE TABLE hookseal.events_%s PARTITION OF hookseal.events FOR VALUES IN (%s)', slot, slot);
        EXECUTE format('ALTER TABLE hookseal.events_%s ALTER COLUMN body SET STORAGE EXTERNAL', slot);
        EXECUTE format(
            'CREATE TABLE hookseal.attempts_%s PARTITION OF hookseal.attempts FOR VALUES IN (%s)', slot, slot);
    END LOOP;
END $$;

CREATE FUNCTION hookseal.slot(at timestamptz) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (floor(extract(epoch FROM at) / 86400)::bigint % 32)::smallint;
-- How many days before this time a partition was the current one. The next day's is 31 days old, and new in the last
-- minute of the day, so that it is not locked when it is needed.
CREATE FUNCTION hookseal.age(at timestamptz, slot smallint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN least((hookseal.slot(at) - slot + 32) % 32, (hookseal.slot(at + interval '1 minute') - slot + 32) % 32);

-- What is still to be sent.
CREATE TABLE hookseal.deliveries (
    event          bigint NOT NULL,
    endpoint       bigint NOT NULL,
    due_at         timestamptz NOT NULL,
    lane           bigint NOT NULL DEFAULT 0,    -- 0, or the endpoint itself if it waits on its own
    size           integer NOT NULL,             -- of the body
    attempts       integer NOT NULL DEFAULT 0,
    bucket         smallint NOT NULL,
    slot           smallint NOT NULL,            -- the event's
    format         smallint NOT NULL DEFAULT 1,  -- a worker leaves alone what is newer than itself
    faults         smallint NOT NULL DEFAULT 0,  -- how often in a row it could not be handled
    replays        integer NOT NULL DEFAULT 0,
    replays_wanted integer NOT NULL DEFAULT 0,
    generation     integer NOT NULL DEFAULT 0,   -- how often it has come back since it had ended
    replay_at      timestamptz,
    planned_at     timestamptz,                  -- while a replay is wanted: when the schedule goes on, if it does
    first_at       timestamptz,
    last_status    smallint,
    last_error     text,
    PRIMARY KEY (event, endpoint),
    -- What workers can find, read and count on.
    CONSTRAINT sane_place CHECK (bucket = endpoint % 64 AND lane IN (0, endpoint) AND slot BETWEEN 0 AND 31),
    CONSTRAINT sane_numbers CHECK (
        size >= 0 AND attempts BETWEEN 0 AND 2147483646 AND faults >= 0 AND replays >= 0 AND replays_wanted >= 0),
    CONSTRAINT sane_times CHECK (
        due_at BETWEEN '1970-01-01 00:00Z' AND '9999-12-31 00:00Z'
        AND replay_at BETWEEN '1970-01-01 00:00Z' AND '9999-12-31 00:00Z'
        AND planned_at BETWEEN '1970-01-01 00:00Z' AND '9999-12-31 00:00Z'
        AND first_at BETWEEN '1970-01-01 00:00Z' AND '9999-12-31 00:00Z')
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX due ON hookseal.deliveries (bucket, lane, due_at, event, endpoint);

-- What has ended without success. A replay moves it back.
CREATE TABLE hookseal.ended (
    event       bigint NOT NULL,
    endpoint    bigint NOT NULL,
    slot        smallint NOT NULL,
    size        integer NOT NULL,
    attempts    integer NOT NULL,
    replays     integer NOT NULL,
    generation  integer NOT NULL DEFAULT 0,
    first_at    timestamptz,
    last_status smallint,
    last_error  text,
    state       text NOT NULL,                   -- hookseal's State, or `parked`
    reason      text,                            -- why it is parked
    ended_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event, endpoint)
);
CREATE INDEX ON hookseal.ended (endpoint, ended_at);

-- Who sends what. A worker owns a bucket as long as its own row is alive.
CREATE TABLE hookseal.workers (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    until      timestamptz NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    version    text NOT NULL,
    recorded   bigint NOT NULL DEFAULT 0,        -- attempts
    superseded bigint NOT NULL DEFAULT 0         -- attempts that another worker had recorded before
) WITH (fillfactor = 50);
CREATE TABLE hookseal.buckets (bucket smallint PRIMARY KEY, owner bigint) WITH (fillfactor = 50);
INSERT INTO hookseal.buckets SELECT generate_series(0, 63);

-- The patterns that match a type: itself, `*`, and `prefix.*` for each of its prefixes.
CREATE FUNCTION hookseal.all_patterns(type text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY['*', type] || ARRAY(
        SELECT array_to_string((string_to_array(type, '.'))[:number], '.') || '.*'
        FROM generate_series(1, cardinality(string_to_array(type, '.')) - 1) AS number);
-- The planner inlines it, and most types have at most one full stop.
CREATE FUNCTION hookseal.patterns(type text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN type LIKE '%.%.%' THEN hookseal.all_patterns(type)
        WHEN type LIKE '%.%' THEN ARRAY['*', type, split_part(type, '.', 1) || '.*']
        ELSE ARRAY['*', type]
    END;

-- Stores an event and a delivery for each endpoint of the tenant that wants it, and says how many those are. An event
-- that nobody wants is not stored. Nothing is locked, and nobody is notified: a notification makes commits wait for
-- each other.
CREATE FUNCTION hookseal.enqueue(tenant text, type text, event_id text, body bytea) RETURNS integer
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    today smallint = hookseal.slot(now());
    deliveries integer;
BEGIN
    WITH wanted AS MATERIALIZED (
        SELECT w.endpoint, w.lane FROM hookseal.wants w
        WHERE w.tenant = enqueue.tenant AND w.pattern = ANY (hookseal.patterns(enqueue.type))
    ), event AS (
        INSERT INTO hookseal.events (id, slot, at, tenant, type, event_id, body)
        SELECT nextval('hookseal.event_ids'), today, now(),
            enqueue.tenant, enqueue.type, enqueue.event_id, enqueue.body
        WHERE EXISTS (SELECT FROM wanted)
        RETURNING id
    )
    INSERT INTO hookseal.deliveries (event, endpoint, due_at, lane, size, bucket, slot)
    SELECT event.id, wanted.endpoint, clock_timestamp(), wanted.lane, octet_length(enqueue.body),
        wanted.endpoint % 64, today
    FROM event, wanted;
    GET DIAGNOSTICS deliveries = ROW_COUNT;
    RETURN deliveries;
END $$;

-- The same for many events at once: the n-th of each array belong together.
CREATE FUNCTION hookseal.enqueue_many(tenants text[], types text[], event_ids text[], bodies bytea[]) RETURNS integer
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
#variable_conflict use_column
DECLARE
    today smallint = hookseal.slot(now());
    deliveries integer;
BEGIN
    IF cardinality(types) <> cardinality(tenants) OR cardinality(event_ids) <> cardinality(tenants)
        OR cardinality(bodies) <> cardinality(tenants) THEN
        RAISE 'the arrays have different lengths' USING ERRCODE = 'array_subscript_error';
    END IF;
    WITH given AS MATERIALIZED (
        SELECT nextval('hookseal.event_ids') AS id, g.*
        FROM unnest(tenants, types, event_ids, bodies) AS g(tenant, type, event_id, body)
    ), wanted AS MATERIALIZED (
        SELECT given.id, octet_length(given.body) AS size, w.endpoint, w.lane
        FROM given, LATERAL (
            SELECT w.endpoint, w.lane FROM hookseal.wants w
            WHERE w.tenant = given.tenant AND w.pattern = ANY (hookseal.patterns(given.type)) OFFSET 0
        ) w
    ), event AS (
        INSERT INTO hookseal.events (id, slot, at, tenant, type, event_id, body)
        SELECT given.id, today, now(), given.tenant, given.type, given.event_id, given.body
        FROM given WHERE given.id IN (SELECT wanted.id FROM wanted)
    )
    INSERT INTO hookseal.deliveries (event, endpoint, due_at, lane, size, bucket, slot)
    SELECT wanted.id, wanted.endpoint, clock_timestamp(), wanted.lane, wanted.size, wanted.endpoint % 64,
        today
    FROM wanted;
    GET DIAGNOSTICS deliveries = ROW_COUNT;
    RETURN deliveries;
END $$;
