use serde::{Deserialize, Serialize};
use std::time::Duration;

use time::OffsetDateTime;

use super::health::unix_ms;

/// Bytes of a response that are kept: enough for the first screen of an error page.
const MAX_EXCERPT: usize = 4096;

/// One attempt, as a line of a delivery log.
///
/// ```
/// use hookseal::delivery::AttemptRecord;
///
/// let row = r#"{"attempt":1,"started_at":1780315200000,"duration_ms":120,"status":503,"from_a_newer_version":true}"#;
/// let record: AttemptRecord = serde_json::from_str(row)?;
/// assert_eq!(record.status, Some(503));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttemptRecord {
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// When it began, in Unix milliseconds.
    pub started_at: i64,
    /// The time from beginning to recording, in milliseconds. It includes what a worker does before and after it sends.
    pub duration_ms: u64,
    /// The status, if there was a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What went wrong if there was none: the word of [`Outcome::error`](super::Outcome::error).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether the receiver has the event.
    #[serde(default)]
    pub delivered: bool,
    /// The beginning of the response's body, from [`with_excerpt`](Self::with_excerpt).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
}

impl AttemptRecord {
    /// Adds the beginning of the response's body, at most 4096 bytes of it. Whatever is not UTF-8 is replaced by U+FFFD,
    /// and so is U+0000: PostgreSQL refuses it in `text` and `jsonb`, and the body is the receiver's to choose.
    ///
    /// ```
    /// # use hookseal::delivery::AttemptRecord;
    /// # let record: AttemptRecord = serde_json::from_str(r#"{"attempt":1,"started_at":0,"duration_ms":1}"#)?;
    /// let record = record.with_excerpt(b"Internal Server Error");
    /// assert_eq!(record.excerpt.as_deref(), Some("Internal Server Error"));
    /// assert_eq!(record.with_excerpt(b"50\0").excerpt.as_deref(), Some("50\u{fffd}"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn with_excerpt(mut self, body: &[u8]) -> AttemptRecord {
        let cut = body.get(..MAX_EXCERPT).unwrap_or(body);
        let mut text = String::from_utf8_lossy(cut).replace('\0', "\u{fffd}");
        // Replacement characters are longer than what they replace.
        while text.len() > MAX_EXCERPT {
            text.pop();
        }
        self.excerpt = Some(text);
        self
    }
}

/// The attempts of a period, summed up.
///
/// ```
/// use hookseal::delivery::{AttemptRecord, Summary};
/// use time::{Duration, OffsetDateTime};
///
/// let log: Vec<AttemptRecord> = serde_json::from_str(
///     r#"[{"attempt":1,"started_at":0,"duration_ms":300,"status":500},
///         {"attempt":2,"started_at":60000,"duration_ms":100,"status":200,"delivered":true}]"#,
/// )?;
/// let day = OffsetDateTime::UNIX_EPOCH..OffsetDateTime::UNIX_EPOCH + Duration::DAY;
/// let summary = Summary::of(&log, day);
/// assert_eq!((summary.attempts, summary.delivered), (2, 1));
/// assert_eq!(summary.error_rate(), 0.5);
/// assert_eq!(summary.mean_response_time().map(|mean| mean.as_millis()), Some(200));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Attempts that began in the period.
    pub attempts: u64,
    /// Attempts that delivered the event.
    pub delivered: u64,
    /// Attempts that got a response.
    answered: u64,
    /// The total time of the attempts that got a response.
    answered_ms: u64,
}

impl Summary {
    /// Sums up the attempts that began in `period`.
    ///
    /// ```
    /// use hookseal::delivery::Summary;
    /// use time::OffsetDateTime;
    ///
    /// let nothing = Summary::of(&[], OffsetDateTime::UNIX_EPOCH..OffsetDateTime::UNIX_EPOCH);
    /// assert_eq!(nothing.error_rate(), 0.0);
    /// ```
    pub fn of<'r>(
        records: impl IntoIterator<Item = &'r AttemptRecord>,
        period: std::ops::Range<OffsetDateTime>,
    ) -> Summary {
        let period = unix_ms(period.start)..unix_ms(period.end);
        let mut summary = Summary::default();
        for record in records.into_iter().filter(|record| period.contains(&record.started_at)) {
            summary.attempts += 1;
            summary.delivered += u64::from(record.delivered);
            if record.status.is_some() {
                summary.answered += 1;
                summary.answered_ms = summary.answered_ms.saturating_add(record.duration_ms);
            }
        }
        summary
    }

    /// The share of attempts that did not deliver the event, from 0 to 1; 0 if there were no attempts.
    ///
    /// ```
    /// assert_eq!(hookseal::delivery::Summary::default().error_rate(), 0.0);
    /// ```
    pub fn error_rate(&self) -> f64 {
        match self.attempts {
            0 => 0.0,
            attempts => (attempts - self.delivered) as f64 / attempts as f64,
        }
    }

    /// The mean time to a response, over the attempts that got one.
    ///
    /// ```
    /// assert_eq!(hookseal::delivery::Summary::default().mean_response_time(), None);
    /// ```
    pub fn mean_response_time(&self) -> Option<Duration> {
        self.answered_ms.checked_div(self.answered).map(Duration::from_millis)
    }
}
