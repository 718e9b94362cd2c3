-- The platform's side.

CREATE TABLE endpoints (
    id           text PRIMARY KEY,
    subscription jsonb NOT NULL,
    secret       text NOT NULL,
    health       jsonb NOT NULL,
    active       boolean NOT NULL DEFAULT true   -- what health says, for the query of the workers
);

CREATE TABLE calls (                             -- the business: what the events tell of
    number           bigint PRIMARY KEY,
    event_type       text NOT NULL,
    duration_seconds integer NOT NULL,
    event_id         text NOT NULL
);

CREATE TABLE events (
    id   text PRIMARY KEY,
    body text NOT NULL                           -- the bytes that are signed: never jsonb, which rewrites them
);

CREATE TABLE deliveries (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id    text NOT NULL REFERENCES events,
    endpoint_id text NOT NULL REFERENCES endpoints,
    delivery    jsonb NOT NULL,                  -- hookseal's Delivery
    state       text NOT NULL,                   -- the name of its state, or 'parked'
    due_at      timestamptz,                     -- its due(), later while it is set aside; null when nothing is to be done
    faults      integer NOT NULL DEFAULT 0,      -- how often in a row it could not be handled
    fault       text,                            -- why, the last time
    UNIQUE (event_id, endpoint_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

-- All that the workers compare.
CREATE INDEX due ON deliveries (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE attempts (                          -- the delivery log
    delivery_id bigint NOT NULL REFERENCES deliveries,
    number      integer NOT NULL,
    record      jsonb NOT NULL,                  -- hookseal's AttemptRecord
    PRIMARY KEY (delivery_id, number)
);

-- The receivers' side. In reality each of them has a database of its own.

CREATE TABLE seen (key text PRIMARY KEY);

CREATE TABLE effects (                           -- unique by nothing, so that a second processing would show
    receiver text NOT NULL,
    event_id text NOT NULL
);
