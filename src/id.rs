use time::OffsetDateTime;
use uuid::Builder;

use crate::error::RandomnessError;
use crate::random;

/// Makes an id for an event: `prefix` followed by a UUID of version 7 without hyphens. Ids are unique and sort by time.
///
/// # Errors
/// [`RandomnessError`] if the operating system provides no randomness.
///
/// ```
/// let id = hookseal::event_id("evt_")?;
/// assert_eq!(id.len(), "evt_".len() + 32);
/// # Ok::<(), hookseal::RandomnessError>(())
/// ```
pub fn event_id(prefix: &str) -> Result<String, RandomnessError> {
    let mut random = [0; 10];
    random::fill(&mut random)?;
    Ok(event_id_from(prefix, OffsetDateTime::now_utc(), random))
}

/// Like [`event_id`], with your own clock and randomness: for tests, and for systems without either.
///
/// Times before 1970 count as 1970.
///
/// ```
/// use time::OffsetDateTime;
///
/// let id = hookseal::event_id_from("evt_", OffsetDateTime::UNIX_EPOCH, [0xAB; 10]);
/// assert_eq!(id, "evt_0000000000007bababababababababab");
/// ```
pub fn event_id_from(prefix: &str, time: OffsetDateTime, random: [u8; 10]) -> String {
    let milliseconds = time.unix_timestamp_nanos() / 1_000_000;
    let milliseconds = u64::try_from(milliseconds).unwrap_or_default();
    let uuid = Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid();
    format!("{prefix}{}", uuid.simple())
}
