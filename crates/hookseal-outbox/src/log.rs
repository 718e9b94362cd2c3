use std::time::Duration;

use hookseal::time::OffsetDateTime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{GenericClient, Row};

use crate::error::Error;
use crate::outbox::Outbox;
use crate::replay::DeliveryId;

const SELECT: &str = "
    SELECT a.event, a.endpoint, v.event_id, v.type, a.number, a.started_at, a.duration_ms, a.status, a.error, a.state,
        a.excerpt
    FROM hookseal.attempts a LEFT JOIN hookseal.events v ON v.id = a.event AND v.slot = a.slot";
const DELIVERIES: &str = "
    WITH e AS MATERIALIZED (SELECT id, slot FROM hookseal.events WHERE event_id = $1)
    SELECT d.event, d.endpoint, 'pending', d.attempts, d.last_status, d.last_error, NULL, d.due_at
    FROM e JOIN hookseal.deliveries d ON d.event = e.id
    UNION ALL
    SELECT d.event, d.endpoint, d.state, d.attempts, d.last_status, d.last_error, d.reason, NULL
    FROM e JOIN hookseal.ended d ON d.event = e.id
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (a.event, a.endpoint) a.event, a.endpoint, a.state, a.number, a.status, a.error, NULL,
            NULL::timestamptz
        FROM e JOIN hookseal.attempts a ON a.event = e.id AND a.slot = e.slot
        WHERE a.state = 'delivered'
            AND NOT EXISTS (SELECT FROM hookseal.deliveries d WHERE d.event = a.event AND d.endpoint = a.endpoint)
            AND NOT EXISTS (SELECT FROM hookseal.ended d WHERE d.event = a.event AND d.endpoint = a.endpoint)
        ORDER BY a.event, a.endpoint, a.number DESC
    ) AS delivered
    ORDER BY 1, 2";
const STATISTICS: &str = "
    SELECT count(*), count(*) FILTER (WHERE state = 'delivered'),
        avg(duration_ms::float8) FILTER (WHERE status IS NOT NULL),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE status IS NOT NULL),
        percentile_disc(0.95) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE status IS NOT NULL),
        max(started_at), max(started_at) FILTER (WHERE state = 'delivered')
    FROM hookseal.attempts WHERE endpoint = $1 AND started_at >= $2";

/// Which attempts to show: those of one endpoint, newest first.
///
/// ```
/// use hookseal_outbox::AttemptQuery;
///
/// let query = AttemptQuery::endpoint(7).only_failed().with_limit(50);
/// assert_eq!(query, AttemptQuery::endpoint(7).with_limit(50).only_failed());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptQuery {
    endpoint: i64,
    event: Option<i64>,
    since: Option<OffsetDateTime>,
    before: Option<OffsetDateTime>,
    after: Option<AttemptPlace>,
    only_failed: bool,
    limit: u32,
}

impl AttemptQuery {
    /// The attempts at an endpoint, at most 100.
    ///
    /// ```
    /// let query = hookseal_outbox::AttemptQuery::endpoint(7);
    /// assert_eq!(query, query.clone().with_limit(100));
    /// ```
    pub fn endpoint(endpoint: i64) -> AttemptQuery {
        AttemptQuery { endpoint, event: None, since: None, before: None, after: None, only_failed: false, limit: 100 }
    }

    /// The attempts of one delivery, at most 100.
    ///
    /// ```
    /// use hookseal_outbox::{AttemptQuery, DeliveryId};
    ///
    /// assert_ne!(AttemptQuery::delivery(DeliveryId { event: 1, endpoint: 7 }), AttemptQuery::endpoint(7));
    /// ```
    pub fn delivery(delivery: DeliveryId) -> AttemptQuery {
        AttemptQuery { event: Some(delivery.event), ..AttemptQuery::endpoint(delivery.endpoint) }
    }

    /// Those that began at this time or later.
    ///
    /// ```
    /// # use hookseal::time::OffsetDateTime;
    /// let query = hookseal_outbox::AttemptQuery::endpoint(7);
    /// assert_ne!(query, query.clone().with_since(OffsetDateTime::UNIX_EPOCH));
    /// ```
    #[must_use]
    pub fn with_since(mut self, time: OffsetDateTime) -> AttemptQuery {
        self.since = Some(time);
        self
    }

    /// Those that began before this time. For the next page, use [`with_after`](Self::with_after): two attempts may have
    /// begun at the same time.
    ///
    /// ```
    /// # use hookseal::time::OffsetDateTime;
    /// let query = hookseal_outbox::AttemptQuery::endpoint(7);
    /// assert_ne!(query, query.clone().with_before(OffsetDateTime::UNIX_EPOCH));
    /// ```
    #[must_use]
    pub fn with_before(mut self, time: OffsetDateTime) -> AttemptQuery {
        self.before = Some(time);
        self
    }

    /// The next page: those that come after the last one on this page, in whose order they are shown.
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// use hookseal_outbox::AttemptQuery;
    ///
    /// let mut query = AttemptQuery::endpoint(7);
    /// let page = outbox.attempts(&client, &query).await?;
    /// if let Some(last) = page.last() {
    ///     query = query.with_after(last.place());
    /// }
    /// let next_page = outbox.attempts(&client, &query).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_after(mut self, place: AttemptPlace) -> AttemptQuery {
        self.after = Some(place);
        self
    }

    /// Those that did not deliver the event.
    ///
    /// ```
    /// let query = hookseal_outbox::AttemptQuery::endpoint(7);
    /// assert_ne!(query, query.clone().only_failed());
    /// ```
    #[must_use]
    pub fn only_failed(mut self) -> AttemptQuery {
        self.only_failed = true;
        self
    }

    /// At most so many.
    ///
    /// ```
    /// let query = hookseal_outbox::AttemptQuery::endpoint(7);
    /// assert_ne!(query, query.clone().with_limit(5));
    /// ```
    #[must_use]
    pub fn with_limit(mut self, limit: u32) -> AttemptQuery {
        self.limit = limit;
        self
    }
}

/// The place of an attempt in the log of its endpoint, for [`AttemptQuery::with_after`].
///
/// ```
/// use hookseal::time::OffsetDateTime;
/// use hookseal_outbox::{AttemptPlace, AttemptQuery};
///
/// // From the link to the next page.
/// let started_at = OffsetDateTime::from_unix_timestamp_nanos(1_763_729_000_250 * 1_000_000)?;
/// let place = AttemptPlace { started_at, event: 4711, number: 1 };
/// assert_ne!(AttemptQuery::endpoint(7), AttemptQuery::endpoint(7).with_after(place));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(clippy::exhaustive_structs, reason = "it is a key")]
pub struct AttemptPlace {
    /// When it began, in whole milliseconds.
    pub started_at: OffsetDateTime,
    /// The number of the event in the outbox.
    pub event: i64,
    /// Which attempt of the delivery it is, from 1.
    pub number: u32,
}

/// One attempt, as the owner of an endpoint wants to see it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedAttempt {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The event's id; none if its retention has ended.
    pub event_id: Option<String>,
    /// The event's type; none if its retention has ended.
    pub event_type: Option<String>,
    /// Which attempt it is, from 1.
    pub number: u32,
    /// When it began.
    pub started_at: OffsetDateTime,
    /// The time until the answer was read.
    pub duration: Duration,
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// Why there was none: the word of [`Outcome::error`](hookseal::delivery::Outcome::error).
    pub error: Option<String>,
    /// The state of the delivery after it, as [`State`](hookseal::delivery::State) is displayed.
    pub state: String,
    /// The beginning of the answer's body, at most 4096 bytes. In a database that is not in UTF-8, none if a character of it
    /// cannot be stored.
    pub excerpt: Option<String>,
}

impl LoggedAttempt {
    /// Its place in the log of its endpoint.
    ///
    /// ```
    /// # fn example(one: hookseal_outbox::LoggedAttempt) {
    /// assert_eq!(one.place().started_at, one.started_at);
    /// # }
    /// ```
    pub fn place(&self) -> AttemptPlace {
        AttemptPlace { started_at: self.started_at, event: self.delivery.event, number: self.number }
    }

    fn read(row: &Row) -> Result<LoggedAttempt, Error> {
        Ok(LoggedAttempt {
            delivery: DeliveryId { event: row.try_get(0)?, endpoint: row.try_get(1)? },
            event_id: row.try_get(2)?,
            event_type: row.try_get(3)?,
            number: u32::try_from(row.try_get::<_, i32>(4)?).unwrap_or(0),
            started_at: row.try_get(5)?,
            duration: millis(row.try_get(6)?),
            status: status(row.try_get(7)?),
            error: row.try_get(8)?,
            state: row.try_get(9)?,
            excerpt: row.try_get(10)?,
        })
    }
}

/// What has become of an event for one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryStatus {
    /// The delivery.
    pub id: DeliveryId,
    /// Its state, as [`State`](hookseal::delivery::State) is displayed, or `parked`.
    pub state: String,
    /// How many attempts were recorded.
    pub attempts: u32,
    /// The last attempt's status, if there was an answer.
    pub last_status: Option<u16>,
    /// Why there was none.
    pub last_error: Option<String>,
    /// Why it is parked.
    pub reason: Option<String>,
    /// When the next attempt is due, if it is pending.
    pub due_at: Option<OffsetDateTime>,
}

/// How an endpoint has answered since a time.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct EndpointStatistics {
    /// All attempts.
    pub attempts: u64,
    /// Those that delivered the event.
    pub delivered: u64,
    /// The mean time to an answer, over the attempts that got one.
    pub mean_response_time: Option<Duration>,
    /// The median of these times.
    pub median_response_time: Option<Duration>,
    /// The time that 95 % of the answers did not exceed.
    pub p95_response_time: Option<Duration>,
    /// When the last attempt began.
    pub last_attempt_at: Option<OffsetDateTime>,
    /// When the last attempt began that delivered an event.
    pub last_success_at: Option<OffsetDateTime>,
}

impl EndpointStatistics {
    /// The share of attempts that delivered the event, from 0 to 1; none if there were no attempts.
    ///
    /// ```
    /// assert_eq!(hookseal_outbox::EndpointStatistics::default().success_rate(), None);
    /// ```
    pub fn success_rate(&self) -> Option<f64> {
        (self.attempts > 0).then(|| self.delivered as f64 / self.attempts as f64)
    }
}

impl Outbox {
    /// The attempts that a query asks for, newest first, and those that began at the same time by event.
    ///
    /// # Errors
    /// [`Error::Database`].
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// use hookseal_outbox::AttemptQuery;
    ///
    /// for attempt in outbox.attempts(&client, &AttemptQuery::endpoint(7).only_failed()).await? {
    ///     println!("{} {:?} {:?} {:?}", attempt.started_at, attempt.status, attempt.error, attempt.excerpt);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn attempts(
        &self,
        client: &impl GenericClient,
        query: &AttemptQuery,
    ) -> Result<Vec<LoggedAttempt>, Error> {
        let mut text = format!("{SELECT} WHERE a.endpoint = $1");
        let limit = i64::from(query.limit);
        let mut values: Vec<&(dyn ToSql + Sync)> = vec![&query.endpoint];
        let conditions: [(&str, Option<&(dyn ToSql + Sync)>); 3] = [
            ("a.event =", query.event.as_ref().map(|event| event as _)),
            ("a.started_at >=", query.since.as_ref().map(|since| since as _)),
            ("a.started_at <", query.before.as_ref().map(|before| before as _)),
        ];
        for (condition, value) in conditions {
            if let Some(value) = value {
                values.push(value);
                text.push_str(&format!(" AND {condition} ${}", values.len()));
            }
        }
        let after = query.after.map(|place| (place, i32::try_from(place.number).unwrap_or(i32::MAX)));
        if let Some((place, number)) = &after {
            values.extend([&place.started_at as &(dyn ToSql + Sync), &place.event, number]);
            let last = values.len();
            text.push_str(&format!(" AND (a.started_at, a.event, a.number) < (${}, ${}, ${last})", last - 2, last - 1));
        }
        if query.only_failed {
            text.push_str(" AND a.state <> 'delivered'");
        }
        values.push(&limit);
        text.push_str(&format!(" ORDER BY a.started_at DESC, a.event DESC, a.number DESC LIMIT ${}", values.len()));
        client.query(&text, &values).await?.iter().map(LoggedAttempt::read).collect()
    }

    /// What has become of an event, for each endpoint that wanted it. Empty if there is no such event any more.
    ///
    /// # Errors
    /// [`Error::Database`].
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// for delivery in outbox.deliveries(&client, "evt_1").await? {
    ///     println!("{}: {} after {} attempts", delivery.id, delivery.state, delivery.attempts);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn deliveries(&self, client: &impl GenericClient, event_id: &str) -> Result<Vec<DeliveryStatus>, Error> {
        let read = |row: &Row| {
            Ok(DeliveryStatus {
                id: DeliveryId { event: row.try_get(0)?, endpoint: row.try_get(1)? },
                state: row.try_get(2)?,
                attempts: u32::try_from(row.try_get::<_, i32>(3)?).unwrap_or(0),
                last_status: status(row.try_get(4)?),
                last_error: row.try_get(5)?,
                reason: row.try_get(6)?,
                due_at: row.try_get(7)?,
            })
        };
        client.query(DELIVERIES, &[&event_id]).await?.iter().map(read).collect()
    }

    /// How an endpoint has answered since a time: what platforms show their users.
    ///
    /// # Errors
    /// [`Error::Database`].
    ///
    /// ```no_run
    /// # async fn example(outbox: hookseal_outbox::Outbox, client: tokio_postgres::Client) -> Result<(), hookseal_outbox::Error> {
    /// use hookseal::time::{Duration, OffsetDateTime};
    ///
    /// let day = outbox.endpoint_statistics(&client, 7, OffsetDateTime::now_utc() - Duration::DAY).await?;
    /// println!("{} attempts, success rate {:?}", day.attempts, day.success_rate());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn endpoint_statistics(
        &self,
        client: &impl GenericClient,
        endpoint: i64,
        since: OffsetDateTime,
    ) -> Result<EndpointStatistics, Error> {
        let row = client.query_one(STATISTICS, &[&endpoint, &since]).await?;
        let count = |column| Ok::<_, Error>(u64::try_from(row.try_get::<_, i64>(column)?).unwrap_or(0));
        Ok(EndpointStatistics {
            attempts: count(0)?,
            delivered: count(1)?,
            mean_response_time: row.try_get::<_, Option<f64>>(2)?.map(|ms| Duration::from_secs_f64(ms.max(0.0) / 1e3)),
            median_response_time: row.try_get::<_, Option<i32>>(3)?.map(millis),
            p95_response_time: row.try_get::<_, Option<i32>>(4)?.map(millis),
            last_attempt_at: row.try_get(5)?,
            last_success_at: row.try_get(6)?,
        })
    }
}

fn millis(ms: i32) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

fn status(status: Option<i16>) -> Option<u16> {
    status.and_then(|status| u16::try_from(status).ok())
}
