-- The business: what the events tell of. The outbox has a schema of its own.

CREATE TABLE calls (
    number           bigint PRIMARY KEY,
    event_type       text NOT NULL,
    duration_seconds integer NOT NULL,
    event_id         text NOT NULL
);

-- The receivers' side. In reality each of them has a database of its own.

CREATE TABLE seen (key text PRIMARY KEY);

CREATE TABLE effects (                           -- unique by nothing, so that a second processing would show
    receiver text NOT NULL,
    event_id text NOT NULL
);
