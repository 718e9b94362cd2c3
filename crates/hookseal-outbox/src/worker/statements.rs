//! What a worker says to the database. LATERAL with LIMIT leaves the planner no choice of an order.

use tokio_postgres::{Client, Error, Statement};

/// The due deliveries of queues, each from its cursor on. It only reads. Before them comes the oldest transaction that this
/// does not see yet, or not for sure.
///
/// What was due until `seen` was read before, except what a transaction has written that is not older than `oldest`. Of
/// what is later in common lanes, the events in one partition come along, if they are not larger than $9.
pub(super) fn read(slot: i16) -> String {
    format!(
        "SELECT 0::bigint, pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0::bigint, now(), 0::smallint, 0, 0,
            0::smallint, 0, 0, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz, NULL::text, NULL::bytea,
            NULL::text, NULL::timestamptz, 0
        UNION ALL
        SELECT q.number, d.event, d.endpoint, d.due_at, d.slot, d.size, d.attempts, d.format, d.replays,
            d.replays_wanted, d.replay_at, d.planned_at, d.first_at, v.event_id, v.body, v.type, v.at,
            d.generation
        FROM (
            SELECT *, age((oldest % 4294967296)::text::xid) AS age
            FROM unnest($1::smallint[], $2::bigint[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::timestamptz[],
                    $7::bigint[], $8::integer[])
                WITH ORDINALITY AS q(bucket, lane, low, low_event, low_endpoint, seen, oldest, page, number)
            OFFSET 0
        ) q,
        LATERAL (
            SELECT * FROM hookseal.deliveries d
            WHERE d.bucket = q.bucket AND d.lane = q.lane AND d.due_at <= now()
                AND (d.due_at, d.event, d.endpoint) > (q.low, q.low_event, q.low_endpoint)
                AND (d.due_at > q.seen OR age(d.xmin) <= q.age)
            ORDER BY d.due_at, d.event, d.endpoint LIMIT q.page
        ) d
        LEFT JOIN LATERAL (
            SELECT v.event_id, v.body, v.type, v.at FROM hookseal.events_{slot} v
            WHERE v.id = d.event AND d.slot = {slot} AND d.lane = 0 AND d.due_at > q.seen AND d.size <= $9 LIMIT 1
        ) v ON true"
    )
}

/// The lanes of buckets that are not empty, by skipping from one to the next.
const LANES: &str = "
    SELECT l.lane FROM unnest($1::smallint[]) AS q(bucket), LATERAL (
        WITH RECURSIVE lanes AS (
            (SELECT d.lane FROM hookseal.deliveries d WHERE d.bucket = q.bucket AND d.lane > 0 ORDER BY d.lane LIMIT 1)
            UNION ALL
            SELECT (SELECT d.lane FROM hookseal.deliveries d WHERE d.bucket = q.bucket AND d.lane > lanes.lane
                ORDER BY d.lane LIMIT 1)
            FROM lanes WHERE lanes.lane IS NOT NULL
        )
        SELECT lane FROM lanes WHERE lane IS NOT NULL
    ) l";

const ENDPOINTS: &str = "
    SELECT e.id, e.tenant, e.subscription, e.secrets, e.max_in_flight, e.health, e.changed, e.fault
    FROM unnest($1::bigint[]) AS q(id), LATERAL (SELECT * FROM hookseal.endpoints e WHERE e.id = q.id LIMIT 1) e";

/// A change that commits later than this reads has a transaction that is not below the returned one, so the next reading
/// finds it. While a transaction is long, the same changes are found each time. In a restored database, numbers that no
/// transaction here has had yet come from another server.
const CHANGED: &str = "
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, coalesce(array_agg(id), '{}'),
        coalesce(array_agg(changed), '{}')
    FROM (
        SELECT id, changed FROM hookseal.endpoints
        WHERE changed >= $1 AND changed < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        UNION ALL
        SELECT endpoint, changed FROM hookseal.removed
        WHERE changed >= $1 AND changed < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    ) AS c";

/// A whole flush. What does not have the number that comes next was recorded by another worker, and leaves no trace. Nor
/// does what has ended meanwhile, even if it has come back. A replay that a user asked for since the delivery was read is
/// kept. What a user has locked is left out.
const RECORD: &str = "
    WITH r AS MATERIALIZED (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::integer[], $5::integer[], $6::timestamptz[],
            $7::integer[], $8::smallint[], $9::text[], $10::text[], $11::timestamptz[], $12::integer[],
            $13::timestamptz[], $14::text[], $15::integer[])
        AS r(event, endpoint, slot, number, wanted, started_at, duration_ms, status, error, state, planned_at, replays,
            first_at, excerpt, generation)
    ), k AS MATERIALIZED (
        SELECT r.*, x.tid, x.size, x.replays_wanted <> r.wanted AS asked FROM r, LATERAL (
            SELECT x.ctid AS tid, x.size, x.replays_wanted FROM hookseal.deliveries x
            WHERE x.event = r.event AND x.endpoint = r.endpoint AND x.attempts = r.number - 1
                AND x.generation = r.generation LIMIT 1
            FOR UPDATE SKIP LOCKED
        ) x
    ), gone AS (
        DELETE FROM hookseal.deliveries d USING k
        WHERE d.ctid = k.tid AND k.planned_at IS NULL AND NOT k.asked RETURNING k.*
    ), again AS (
        UPDATE hookseal.deliveries d SET attempts = k.number, replays = k.replays, faults = 0, first_at = k.first_at,
            last_status = k.status, last_error = k.error,
            due_at = CASE WHEN k.asked THEN least(k.planned_at, d.replay_at) ELSE k.planned_at END,
            planned_at = CASE WHEN k.asked THEN k.planned_at END,
            replay_at = CASE WHEN k.asked THEN d.replay_at END,
            replays_wanted = CASE WHEN k.asked THEN d.replays_wanted ELSE 0 END
        FROM k WHERE d.ctid = k.tid AND (k.planned_at IS NOT NULL OR k.asked) RETURNING k.*
    ), failed AS (
        INSERT INTO hookseal.ended
            (event, endpoint, slot, size, attempts, replays, generation, first_at, last_status, last_error, state)
        SELECT event, endpoint, slot, size, number, replays, generation, first_at, status, error, state
        FROM gone WHERE state <> 'delivered'
    )
    INSERT INTO hookseal.attempts
        (event, endpoint, slot, number, started_at, duration_ms, status, error, state, excerpt)
    SELECT event, endpoint, slot, number, started_at, duration_ms, status, error, state, excerpt
    FROM (SELECT * FROM gone UNION ALL SELECT * FROM again) AS recorded
    RETURNING event, endpoint";

/// Those deliveries that still wait for the attempt with this number, and have not ended meanwhile. Locks nothing, and waits
/// for no lock.
const PENDING: &str = "
    SELECT r.event, r.endpoint
    FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::integer[]) AS r(event, endpoint, number, generation),
    LATERAL (
        SELECT FROM hookseal.deliveries x
        WHERE x.event = r.event AND x.endpoint = r.endpoint AND x.attempts = r.number - 1
            AND x.generation = r.generation LIMIT 1
    ) x";

/// Moves deliveries to the lane of their endpoint.
const MOVE: &str = "
    WITH k AS MATERIALIZED (
        SELECT x.ctid AS tid FROM unnest($1::bigint[], $2::bigint[]) AS r(event, endpoint), LATERAL (
            SELECT x.ctid FROM hookseal.deliveries x
            WHERE x.event = r.event AND x.endpoint = r.endpoint AND x.lane = 0 LIMIT 1 FOR UPDATE SKIP LOCKED
        ) x
    )
    UPDATE hookseal.deliveries d SET lane = d.endpoint FROM k WHERE d.ctid = k.tid";
const LANE: &str = "UPDATE hookseal.wants SET lane = $2 WHERE endpoint = $1 AND lane <> $2";

/// Unless the endpoint was changed since it was read, or the worker $4 does not own its bucket any more: the next owner knows
/// more. Only a user enables an endpoint that is disabled. One that is gone gets no new events.
const HEALTH: &str = "
    WITH stored AS (
        UPDATE hookseal.endpoints SET health = $2
        WHERE id = $1 AND changed = $3 AND health->>'disabled' IS NULL
            AND EXISTS (SELECT FROM hookseal.buckets WHERE bucket = $1 % 64 AND owner = $4)
        RETURNING id, health
    ), unwanted AS (
        DELETE FROM hookseal.wants w USING stored s WHERE w.endpoint = s.id AND s.health->>'disabled' = 'gone'
    )
    SELECT FROM stored";
const FAULT: &str = "UPDATE hookseal.endpoints SET fault = $2 WHERE id = $1 AND fault IS DISTINCT FROM $2";

/// Does something to the row of a delivery, and says whether that was in vain: null if the row is there, but somebody has
/// locked it.
fn dispose(done: &str) -> String {
    format!(
        "WITH k AS MATERIALIZED (
            SELECT ctid AS tid FROM hookseal.deliveries WHERE event = $1 AND endpoint = $2 FOR UPDATE SKIP LOCKED
        ), {done}
        SELECT is_hopeless FROM done
        UNION ALL
        SELECT NULL FROM hookseal.deliveries
        WHERE event = $1 AND endpoint = $2 AND NOT EXISTS (SELECT FROM done)"
    )
}

/// Removes a delivery without a trace: its event does not match the endpoint's filter, or its endpoint is gone.
const DROP: &str = "
    done AS (DELETE FROM hookseal.deliveries d USING k WHERE d.ctid = k.tid RETURNING false AS is_hopeless)";
const PARK: &str = "
    done AS (DELETE FROM hookseal.deliveries d USING k WHERE d.ctid = k.tid RETURNING d.*, false AS is_hopeless),
    parked AS (
        INSERT INTO hookseal.ended
            (event, endpoint, slot, size, attempts, replays, generation, first_at, last_status, last_error, state, reason)
        SELECT event, endpoint, slot, size, attempts, replays, generation, first_at, last_status, last_error, 'parked', $3
        FROM done
        ON CONFLICT (event, endpoint) DO UPDATE SET state = excluded.state, reason = excluded.reason
    )";
/// For 1, 4, 16, 64, 256 and 1024 seconds: time to deploy a newer version everywhere, or to roll it back. Then it is
/// hopeless.
const SET_ASIDE: &str = "
    done AS (
        UPDATE hookseal.deliveries d SET faults = least(faults, 6) + 1,
            due_at = now() + make_interval(secs => 4 ^ least(faults, 6)), last_error = $3
        FROM k WHERE d.ctid = k.tid RETURNING faults > 6 AS is_hopeless
    )";

const JOIN: &str = "
    INSERT INTO hookseal.workers (until, version) VALUES (clock_timestamp() + make_interval(secs => $1), $2) RETURNING id";
const LEAVE: &str = "
    WITH freed AS (UPDATE hookseal.buckets SET owner = NULL WHERE owner = $1)
    UPDATE hookseal.workers SET until = clock_timestamp(), recorded = recorded + $2, superseded = superseded + $3
    WHERE id = $1";
const BEAT: &str = "
    UPDATE hookseal.workers SET until = clock_timestamp() + make_interval(secs => $2), recorded = recorded + $3,
        superseded = superseded + $4
    WHERE id = $1 RETURNING clock_timestamp()";
/// All live workers, and which buckets this one owns.
const SHARE: &str = "
    SELECT (SELECT count(*) FROM hookseal.workers WHERE until > clock_timestamp()),
        ARRAY(SELECT bucket FROM hookseal.buckets WHERE owner = $1 ORDER BY bucket)";
const TAKE: &str = "
    UPDATE hookseal.buckets SET owner = $1 WHERE bucket IN (
        SELECT b.bucket FROM hookseal.buckets b
        WHERE NOT EXISTS (SELECT FROM hookseal.workers w WHERE w.id = b.owner AND w.until > clock_timestamp())
        ORDER BY b.bucket LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING bucket";
const GIVE: &str = "UPDATE hookseal.buckets SET owner = NULL WHERE owner = $1 AND bucket = ANY ($2)";

/// Prepared on the connection that uses them.
pub(super) struct Statements {
    pub(super) lanes: Statement,
    pub(super) endpoints: Statement,
    pub(super) changed: Statement,
    pub(super) record: Statement,
    pub(super) unrecorded: Statement,
    pub(super) pending: Statement,
    pub(super) shift: Statement,
    pub(super) lane: Statement,
    pub(super) health: Statement,
    pub(super) fault: Statement,
    pub(super) drop: Statement,
    pub(super) park: Statement,
    pub(super) set_aside: Statement,
    pub(super) join: Statement,
    pub(super) leave: Statement,
    pub(super) beat: Statement,
    pub(super) share: Statement,
    pub(super) take: Statement,
    pub(super) give: Statement,
}

impl Statements {
    pub(super) async fn prepare(
        reader: &Client,
        loader: &Client,
        recorder: &Client,
        keeper: &Client,
        watcher: &Client,
    ) -> Result<Statements, Error> {
        Ok(Statements {
            endpoints: loader.prepare(ENDPOINTS).await?,
            record: recorder.prepare(RECORD).await?,
            unrecorded: recorder.prepare(PENDING).await?,
            pending: loader.prepare(PENDING).await?,
            lanes: reader.prepare(LANES).await?,
            changed: watcher.prepare(CHANGED).await?,
            shift: keeper.prepare(MOVE).await?,
            lane: keeper.prepare(LANE).await?,
            health: keeper.prepare(HEALTH).await?,
            fault: keeper.prepare(FAULT).await?,
            drop: keeper.prepare(&dispose(DROP)).await?,
            park: keeper.prepare(&dispose(PARK)).await?,
            set_aside: keeper.prepare(&dispose(SET_ASIDE)).await?,
            join: watcher.prepare(JOIN).await?,
            leave: watcher.prepare(LEAVE).await?,
            beat: watcher.prepare(BEAT).await?,
            share: watcher.prepare(SHARE).await?,
            take: watcher.prepare(TAKE).await?,
            give: watcher.prepare(GIVE).await?,
        })
    }
}

/// Reads events straight from a partition, which the delivery knows.
pub(super) fn events(slot: i16) -> String {
    format!(
        "SELECT v.id, v.event_id, v.body, v.type, v.at FROM unnest($1::bigint[]) AS q(id),
         LATERAL (SELECT * FROM hookseal.events_{slot} v WHERE v.id = q.id LIMIT 1) v"
    )
}
