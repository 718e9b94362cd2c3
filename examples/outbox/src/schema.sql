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
    delivery    jsonb NOT NULL,                  -- hookseal's Delivery; state and due_at repeat it for the index
    state       text NOT NULL,
    due_at      timestamptz,
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    UNIQUE (event_id, endpoint_id)
) WITH (fillfactor = 70);

-- Without lease_until, so that taking a lease does not touch the index.
CREATE INDEX due ON deliveries (due_at) WHERE state = 'pending';

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
