use tokio_postgres::GenericClient;
use tokio_postgres::types::{ToSql, Type};

use crate::error::Error;

const ONE: &str = "SELECT hookseal.enqueue($1, $2, $3, $4)";
const MANY: &str = "SELECT hookseal.enqueue_many($1, $2, $3, $4)";

/// An event for the outbox, borrowed.
///
/// ```
/// use hookseal_outbox::NewEvent;
///
/// let body = br#"{"id":"evt_1","type":"invoice.paid","data":{"amount":4520}}"#;
/// let event = NewEvent::new("tenant-7", "invoice.paid", "evt_1", body);
/// assert_eq!(event.body, body);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewEvent<'a> {
    /// Whose endpoints may want it: the text with which they were registered.
    pub tenant: &'a str,
    /// The event's type, by which endpoints subscribe.
    pub event_type: &'a str,
    /// The event's id: 1 to 256 bytes of visible ASCII. It is the same in every attempt, and what receivers
    /// deduplicate by. [`hookseal::event_id`] makes one.
    pub id: &'a str,
    /// The body as it is signed and sent.
    pub body: &'a [u8],
}

impl<'a> NewEvent<'a> {
    /// An event of a tenant.
    ///
    /// ```
    /// let event = hookseal_outbox::NewEvent::new("tenant-7", "invoice.paid", "evt_1", b"{}");
    /// assert_eq!(event.event_type, "invoice.paid");
    /// ```
    pub fn new(tenant: &'a str, event_type: &'a str, id: &'a str, body: &'a [u8]) -> NewEvent<'a> {
        NewEvent { tenant, event_type, id, body }
    }
}

/// Stores an event, and a delivery for each endpoint that wants it, in the transaction of the change that it reports.
/// Returns the number of deliveries. An event that nobody wants is not stored.
///
/// It is one statement, `SELECT hookseal.enqueue(tenant, type, event_id, body)`, for any client of PostgreSQL. In a hurry,
/// prepare that once for each connection, as sqlx does by itself: here, PostgreSQL parses it each time. It locks no
/// endpoint and waits for no worker. Once the transaction commits, a worker finds the deliveries within its
/// [poll interval](crate::Worker::with_poll_interval); if it is rolled back, nothing is ever sent.
///
/// # Errors
/// [`Error::Database`], also for an id that is empty or too long.
///
/// ```no_run
/// use hookseal_outbox::{NewEvent, enqueue};
///
/// async fn pay(client: &mut tokio_postgres::Client, invoice: i64) -> Result<(), Box<dyn std::error::Error>> {
///     let tx = client.transaction().await?;
///     tx.execute("UPDATE invoices SET paid = true WHERE id = $1", &[&invoice]).await?;
///     let (id, body) = (hookseal::event_id("evt_")?, format!(r#"{{"type":"invoice.paid","data":{{"id":{invoice}}}}}"#));
///     enqueue(&tx, &NewEvent::new("tenant-7", "invoice.paid", &id, body.as_bytes())).await?;
///     Ok(tx.commit().await?)
/// }
/// ```
pub async fn enqueue(client: &impl GenericClient, event: &NewEvent<'_>) -> Result<u64, Error> {
    // With its types named, an unprepared statement takes one round trip.
    let values: [(&(dyn ToSql + Sync), Type); 4] = [
        (&event.tenant, Type::TEXT),
        (&event.event_type, Type::TEXT),
        (&event.id, Type::TEXT),
        (&event.body, Type::BYTEA),
    ];
    count(&client.query_typed_one(ONE, &values).await?)
}

/// Stores many events with one statement, like [`enqueue`] for each: several times cheaper per event. Returns the number
/// of deliveries.
///
/// # Errors
/// [`Error::Database`]; no event is then stored.
///
/// ```no_run
/// use hookseal_outbox::{NewEvent, enqueue_all};
///
/// async fn import(client: &tokio_postgres::Client, lines: &[(String, String)]) -> Result<u64, hookseal_outbox::Error> {
///     let events = lines.iter().map(|(id, body)| NewEvent::new("tenant-7", "order.imported", id, body.as_bytes()));
///     enqueue_all(client, events).await
/// }
/// ```
pub async fn enqueue_all<'a>(
    client: &impl GenericClient,
    events: impl IntoIterator<Item = NewEvent<'a>>,
) -> Result<u64, Error> {
    let (mut tenants, mut types, mut ids, mut bodies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for event in events {
        tenants.push(event.tenant);
        types.push(event.event_type);
        ids.push(event.id);
        bodies.push(event.body);
    }
    let values: [(&(dyn ToSql + Sync), Type); 4] = [
        (&tenants, Type::TEXT_ARRAY),
        (&types, Type::TEXT_ARRAY),
        (&ids, Type::TEXT_ARRAY),
        (&bodies, Type::BYTEA_ARRAY),
    ];
    count(&client.query_typed_one(MANY, &values).await?)
}

fn count(row: &tokio_postgres::Row) -> Result<u64, Error> {
    Ok(u64::try_from(row.try_get::<_, i32>(0)?).unwrap_or(0))
}
