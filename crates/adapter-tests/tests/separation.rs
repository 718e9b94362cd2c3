//! The compiler keeps providers apart: each refusal stands beside the same line with the right types. That this file
//! compiles is the test.

use std::convert::Infallible;
use std::future::Ready;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, OptionalFromRequest};
use hookseal::receive::{Received, Receiver, StrictWebhook, Webhook};
use hookseal::tower::{WebhookLayer, WebhookService};
use static_assertions::{assert_impl_all, assert_not_impl_any};

enum Klang {}
enum GitHub {}

#[derive(Clone, FromRef)]
struct App {
    klang: Receiver<Klang>,
}

#[derive(serde::Deserialize)]
enum Events {}

// One provider's receiver does not serve another's extractor.
assert_impl_all!(Received<Klang>: FromRequest<Receiver<Klang>>, FromRequest<App>);
assert_not_impl_any!(Received<GitHub>: FromRequest<Receiver<Klang>>, FromRequest<App>);
assert_impl_all!(Webhook<Events, Klang>: FromRequest<Receiver<Klang>>, FromRequest<App>);
assert_not_impl_any!(Webhook<Events, GitHub>: FromRequest<Receiver<Klang>>, FromRequest<App>);
assert_impl_all!(StrictWebhook<Events, Klang>: FromRequest<Receiver<Klang>>, FromRequest<App>);
assert_not_impl_any!(StrictWebhook<Events, GitHub>: FromRequest<Receiver<Klang>>, FromRequest<App>);

// A state in an `Arc` serves what it serves without.
assert_impl_all!(Received<Klang>: FromRequest<Arc<App>>, FromRequest<Arc<Arc<App>>>);
assert_impl_all!(Webhook<Events, Klang>: FromRequest<Arc<App>>);
assert_not_impl_any!(Received<GitHub>: FromRequest<Arc<App>>);

// What was received from one provider is not what another sent.
assert_impl_all!(Received<Klang>: Into<Received<Klang>>, AsRef<Received<Klang>>);
assert_not_impl_any!(Received<Klang>: Into<Received<GitHub>>, AsRef<Received<GitHub>>);
assert_not_impl_any!(Receiver<Klang>: Into<Receiver<GitHub>>);

// A request without a signature does not become `None`.
assert_impl_all!(axum::Json<Events>: OptionalFromRequest<()>);
assert_not_impl_any!(Received<Klang>: OptionalFromRequest<Receiver<Klang>>);
assert_not_impl_any!(Webhook<Events, Klang>: OptionalFromRequest<Receiver<Klang>>);

// Nothing but a receiver makes one.
assert_not_impl_any!(Received<Klang>: Default, serde::de::DeserializeOwned);

// What applications share between threads, whatever the marker and the inner service are.
type NotSync = std::cell::Cell<()>;
assert_impl_all!(Receiver<NotSync>: Clone, Send, Sync);
assert_impl_all!(Received<NotSync>: Clone, Send, Sync);
assert_impl_all!(WebhookLayer<NotSync>: Clone, Send, Sync);
assert_impl_all!(WebhookService<Ready<Infallible>, NotSync>: Send, Sync);
