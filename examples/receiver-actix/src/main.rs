//! Receives webhooks with actix-web: two providers, tenants with their own secrets, and each event processed once.
//!
//! `cargo run -p receiver-actix` also plays the senders, checks each answer, and ends.

use std::error::Error;

use actix_web::{App, HttpServer, web};
use hookseal::actix::Lookup;
use hookseal::idempotency::{MemoryStore, Once};
use hookseal::receive::{Answer, Receiver, ReceiverCache, ReceiverLookup, Rejection, Webhook};
use hookseal::{Secret, provider};

/// Distinguishes Klang's requests from all others.
enum Klang {}

/// GitHub, with a secret for each tenant.
enum Tenant {}

#[derive(serde::Deserialize)]
enum Conversations {
    #[serde(rename = "conversation.ready")]
    Ready { title: String },
}

async fn klang(once: web::Data<Once<MemoryStore>>, webhook: Webhook<Conversations, Klang>) -> Answer {
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

async fn github(once: web::Data<Once<MemoryStore>>, webhook: Webhook<Repository, Tenant>) -> Answer {
    once.run(&webhook, async {
        let Repository::Pushed { branch, after } = webhook.event.data();
        println!("    {branch} of {} is at {after}", webhook.received.scope());
        Answer::Accepted
    })
    .await
}

struct Row {
    id: &'static str,
    secret: &'static str,
}

/// Stands in for a database. It also caches the receivers of busy tenants, so that not every request queries it.
struct Tenants {
    receivers: ReceiverCache<Tenant>,
}

impl Tenants {
    /// Finds a tenant by its name in any case, as many databases do.
    async fn find(&self, name: &str) -> Result<Option<Row>, std::io::Error> {
        let is_found = name.eq_ignore_ascii_case("shop-1");
        Ok(is_found.then_some(Row { id: "shop-1", secret: deliveries::SHOP_SECRET }))
    }
}

impl ReceiverLookup<Tenants> for Tenant {
    type Extractor = web::Path<String>;

    async fn find_receiver(name: web::Path<String>, tenants: &Tenants) -> Result<Receiver<Tenant>, Rejection> {
        let look_up = async {
            match tenants.find(&name).await.map_err(Rejection::unavailable)? {
                // The id, not the name in the path, which no signature covers: whatever the spelling, each event is
                // processed once.
                Some(row) => provider::GITHUB.lossy().tenant_receiver(row.id, Secret::new(row.secret)),
                // Answers as for a tenant with another secret, so that nobody can find out which tenants exist.
                None => Ok(provider::GITHUB.refusing_receiver(name.as_str())?),
            }
        };
        tenants.receivers.find(&name, look_up).await
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let klang_receiver: Receiver<Klang> =
        provider::KLANG.receiver(Secret::new(deliveries::KLANG_SECRET)?)?.with_marker();
    // With several processes, use `Once::new(RedisStore::new(connection))`.
    let once = web::Data::new(Once::new(MemoryStore::new(100_000)));
    let lookup = Lookup::<Tenant>::new(Tenants { receivers: ReceiverCache::new(10_000) });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(klang_receiver.clone())
            .app_data(lookup.clone())
            .app_data(once.clone())
            .route("/klang", web::post().to(klang))
            .route("/github/{tenant}", web::post().to(github))
    })
    .workers(1)
    .bind(("127.0.0.1", 0))?;

    let address = server.addrs()[0];
    tokio::select! {
        stopped = server.run() => Ok(stopped?),
        sent = deliveries::send_to(address) => sent,
    }
}
