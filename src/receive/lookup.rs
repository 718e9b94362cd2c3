use super::{Receiver, Rejection};

/// Finds the receiver where the keys depend on the request, for example on a tenant in its path. Implement it for a marker
/// of your own; handlers then ask for `Received<Tenant>` or `Webhook<T, Tenant>`.
///
/// `S` is what the look-up needs, for example a database: with axum the router's state, with actix-web what is given to
/// [`actix::Lookup`](crate::actix::Lookup). It must be a type of your own, not a
/// database pool as such: the compiler refuses the implementation otherwise. With axum, every marker whose [`Receiver`] is in the
/// state has the trait already, and for a state `Arc<App>` it is enough to implement it for `App`.
///
/// - For a tenant, return a [`tenant_receiver`](crate::provider::Provider::tenant_receiver), with the tenant's id as your
///   database has it.
/// - For an unknown one, return a [`refusing_receiver`](crate::provider::Provider::refusing_receiver), which answers as
///   a known one answers a wrong secret.
/// - For a database that is down, return [`Rejection::unavailable`].
///
/// Building a receiver hashes each of its keys, and a look-up usually asks a database: a
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
///             // The id of the row. No signature covers the path, and a lenient database finds one row by many names.
///             Some(row) => provider::KLANG.tenant_receiver(row.id, Secret::new(row.secret)),
///             None => Ok(provider::KLANG.refusing_receiver()?.with_scope(name)),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the marker `{Self}` finds no receiver in `{S}`",
    note = "implement `ReceiverLookup` for the marker and this state; axum also takes a state that derives `FromRef` and \
            has a `Receiver<{Self}>`; where the state is an `Arc<App>`, do either for `App`"
)]
pub trait ReceiverLookup<S>: Sized + 'static {
    /// What it takes of the request: an extractor of your framework that leaves the body alone, such as its `Path`, or a
    /// tuple of extractors. A request from which it cannot be extracted is answered like one for an unknown tenant.
    type Extractor: Send;

    /// The receiver for this request.
    fn find_receiver(
        extracted: Self::Extractor,
        state: &S,
    ) -> impl Future<Output = Result<Receiver<Self>, Rejection>> + Send;
}
