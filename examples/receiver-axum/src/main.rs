//! Receives webhooks with axum: two providers, tenants with their own secrets, and each event processed once.
//!
//! `cargo run -p receiver-axum` also plays the senders, checks each answer, and ends.

use std::error::Error;

use axum::extract::{FromRef, Path, State};
use axum::{Router, routing::post};
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::receive::{Answer, Receiver, ReceiverCache, ReceiverLookup, Rejection, Webhook};
use hookseal::{Secret, provider};

/// Distinguishes Klang's requests from all others, at compile time.
enum Klang {}

/// GitHub, with a secret for each tenant.
enum Tenant {}

/// `derive(FromRef)` comes from axum's feature `macros`.
#[derive(Clone, FromRef)]
struct App {
    klang: Receiver<Klang>,
    tenants: Tenants,
    /// The receivers of busy tenants, so that not every request queries the database.
    receivers: ReceiverCache<Tenant>,
    /// With several processes, use `Once::new(RedisStore::new(connection))`.
    once: Once<MemoryStore>,
}

#[derive(serde::Deserialize)]
enum Conversations {
    #[serde(rename = "conversation.ready")]
    Ready { title: String },
}

async fn klang(State(once): State<Once<MemoryStore>>, webhook: Webhook<Conversations, Klang>) -> Answer {
    once.run(&webhook, async {
        let Conversations::Ready { title } = webhook.event.data();
        println!("    {title:?} is ready, says {}", webhook.event.id().unwrap_or_default());
        Answer::Processed
    })
    .await
}

#[derive(serde::Deserialize)]
enum Repository {
    #[serde(rename = "push")]
    Pushed {
        #[serde(rename = "ref")]
        branch: String,
        after: String,
    },
}

async fn github(State(once): State<Once<MemoryStore>>, webhook: Webhook<Repository, Tenant>) -> Answer {
    once.run(&webhook, async {
        let Repository::Pushed { branch, after } = webhook.event.data();
        println!("    {branch} of {} is at {after}", webhook.received.scope());
        Answer::Accepted
    })
    .await
}

/// Stands in for a database.
#[derive(Clone)]
struct Tenants;

struct Row {
    id: &'static str,
    secret: &'static str,
}

impl Tenants {
    /// Finds a tenant by its name in any case, as many databases do.
    async fn find(&self, name: &str) -> Result<Option<Row>, std::io::Error> {
        let is_found = name.eq_ignore_ascii_case("shop-1");
        Ok(is_found.then_some(Row { id: "shop-1", secret: deliveries::SHOP_SECRET }))
    }
}

impl ReceiverLookup<App> for Tenant {
    type Extractor = Path<String>;

    async fn find_receiver(Path(name): Path<String>, app: &App) -> Result<Receiver<Tenant>, Rejection> {
        let look_up = async {
            match app.tenants.find(&name).await.map_err(Rejection::unavailable)? {
                // The id, not the name in the path, which no signature covers: whatever the spelling, each event is
                // processed once.
                Some(row) => provider::GITHUB.lossy().tenant_receiver(row.id, Secret::new(row.secret)),
                // Answers as for a tenant with another secret, so that nobody can find out which tenants exist.
                None => Ok(provider::GITHUB.refusing_receiver(name.clone())?),
            }
        };
        app.receivers.find(&name, look_up).await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = App {
        klang: provider::KLANG.receiver(Secret::new(deliveries::KLANG_SECRET)?)?.with_marker(),
        tenants: Tenants,
        receivers: ReceiverCache::new(10_000),
        once: Once::new(MemoryStore::new(100_000)),
    };
    let router = Router::new().route("/klang", post(klang)).route("/github/{tenant}", post(github)).with_state(app);

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let server = async { axum::serve(listener, router).await };
    tokio::select! {
        stopped = server => Ok(stopped?),
        sent = deliveries::send_to(address) => sent,
    }
}
