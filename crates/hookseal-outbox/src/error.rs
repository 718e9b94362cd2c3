use hookseal::{ConfigError, UrlError};

/// Why an operation on the outbox failed.
///
/// ```
/// let error = hookseal_outbox::Error::NoSuchEndpoint { endpoint: 7 };
/// assert_eq!(error.to_string(), "there is no endpoint 7");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// PostgreSQL refused a statement, or could not be reached.
    #[error("the database: {0}")]
    Database(#[from] tokio_postgres::Error),
    /// There was no connection within ten seconds.
    #[error("the database cannot be reached")]
    Unreachable,
    /// The schema in the database was made by a newer version, or not at all.
    #[error("the schema has version {found}, and this program needs {needed}")]
    Schema {
        /// The version in the database; 0 if there is none.
        found: i32,
        /// The version that this program needs.
        needed: i32,
    },
    /// The URL of an endpoint must not be called.
    #[error("the endpoint's URL: {0}")]
    Url(#[from] UrlError),
    /// A secret or a subscription cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The application could not decrypt a secret.
    #[error("a secret cannot be decrypted: {0}")]
    Decrypt(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The subscription filters by data, which the provider's event shape does not describe, or not as the JSON of one
    /// event.
    #[error("the provider's events are not described as JSON, so they cannot be filtered by their data")]
    Unfilterable,
    /// There is no endpoint with this id.
    #[error("there is no endpoint {endpoint}")]
    NoSuchEndpoint {
        /// The id.
        endpoint: i64,
    },
    /// What the database holds cannot be read: it was written by a newer version, or by hand.
    #[error("{what} cannot be read: {source}")]
    Unreadable {
        /// What was read.
        what: &'static str,
        /// Why it cannot be read.
        source: serde_json::Error,
    },
    /// The HTTP client cannot be made.
    #[error("the HTTP client: {0}")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An attempt panicked, which is a bug. The worker has ended, and another one makes the attempt again.
    #[error("an attempt panicked")]
    Panicked,
}
