use super::{Receiver, Rejection};

/// Finds the receiver if the keys depend on the request, for example on a tenant in its path. Implement it for a marker
/// of your own; handlers then ask for `Received<Tenant>` or `Webhook<T, Tenant>`.
///
/// `S` is the state that the lookup needs, for example a database. With axum, it is the router's state; with
/// actix-web, it is the value in `actix::Lookup`. It must be a type of your own: for a foreign type such as a database
/// pool, the compiler refuses the implementation. With axum, every marker whose [`Receiver`] is in the state already
/// implements the trait, and for a state of type `Arc<App>`, implement it for `App`.
///
/// - For a tenant, return a [`tenant_receiver`](crate::provider::Provider::tenant_receiver) with the tenant's id from
///   your database.
/// - For an unknown tenant, return a [`refusing_receiver`](crate::provider::Provider::refusing_receiver). It answers
///   like the receiver of a known tenant that does not have the sender's secret.
/// - If the database is down, return [`Rejection::unavailable`].
///
/// Building a receiver hashes each of its keys, and a lookup usually queries a database. A
/// [`ReceiverCache`](super::ReceiverCache) saves both.
///
/// ```
/// use axum::extract::Path; // with actix-web: actix_web::web::Path
/// use hookseal::receive::{Receiver, ReceiverLookup, Rejection};
/// use hookseal::{Secret, provider};
///
/// enum Tenant {}
///
/// #[derive(Clone)]
/// struct Database;
///
/// struct Row {
///     id: String,
///     secret: String,
/// }
///
/// # impl Database { async fn tenant(&self, name: &str) -> Result<Option<Row>, std::io::Error> { Ok(None) } }
/// impl ReceiverLookup<Database> for Tenant {
///     type Extractor = Path<String>;
///
///     async fn find_receiver(Path(name): Path<String>, database: &Database) -> Result<Receiver<Tenant>, Rejection> {
///         match database.tenant(&name).await.map_err(Rejection::unavailable)? {
///             // The id of the row, not the name: no signature covers the path, and a lenient database finds one row by
///             // many names.
///             Some(row) => provider::KLANG.tenant_receiver(row.id, Secret::new(row.secret)),
///             None => Ok(provider::KLANG.refusing_receiver(name)?),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the state `{S}` has no `Receiver<{Self}>`",
    label = "no receiver for this marker",
    note = "with axum, add a field of type `Receiver<{Self}>` to the state and derive `FromRef` for it, or pass the receiver \
            itself to `with_state`; where the state is an `Arc<App>`, do so for `App`",
    note = "if the receiver depends on the request, implement `ReceiverLookup<{S}>` for `{Self}`"
)]
pub trait ReceiverLookup<S>: Sized + 'static {
    /// What the lookup needs from the request: an extractor of your framework that does not read the body, such as its
    /// `Path`, or a tuple of extractors. If it cannot be extracted, the request is answered like one for an unknown
    /// tenant.
    type Extractor: Send;

    /// Finds the receiver for this request.
    ///
    /// # Errors
    /// Any [`Rejection`]; the request is then answered with it.
    fn find_receiver(
        extracted: Self::Extractor,
        state: &S,
    ) -> impl Future<Output = Result<Receiver<Self>, Rejection>> + Send;
}
