//! Keys that are replaced while a server runs: one receiver's, and those of tenants in a cache.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::web;
use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use hookseal::actix::Lookup;
use hookseal::receive::{Answer, Received, Receiver, ReceiverCache, ReceiverLookup, Rejection};
use hookseal::{ConfigError, Key, Keyring, Secret, provider};

use common::key;
use server::{App, Log, Server, receiver, sender, to};

mod common;
#[path = "common/server.rs"]
mod server;

#[tokio::test]
async fn keys_are_replaced_while_the_server_runs() {
    for server in Server::ALL {
        let receiver: Receiver = receiver();
        let log = Log::default();
        let describe = |received: Received| format!("{:?}", received.verified().proof().key());
        let running = server.start(&App::default().route("/hook", receiver.clone(), log.noting(describe))).await;
        let status = async |n| running.send(sender(n).body("/hook", "{}").unwrap()).await.status;
        assert_eq!((status(0).await, status(1).await), (200, 401), "{server:?}");

        receiver.set_keys(Keyring::new(key(1)).with_previous(key(0)).unwrap()).unwrap();
        assert_eq!((status(0).await, status(1).await), (200, 200), "{server:?}");
        let keys = [Key::Current, Key::Previous(1), Key::Current].map(|key| format!("{key:?}"));
        assert_eq!(log.take(), keys, "{server:?}");

        // A mistake changes nothing.
        let error = receiver.set_keys(Secret::new("short").unwrap()).unwrap_err();
        assert!(matches!(error, ConfigError::ShortSecret { .. }), "{error}");
        assert_eq!((status(0).await, status(1).await), (200, 200), "{server:?}");

        receiver.set_keys(key(1)).unwrap();
        assert_eq!((status(0).await, status(1).await), (401, 200), "{server:?}");
    }
}

#[test]
fn a_request_under_way_is_judged_by_the_keys_that_it_began_with() {
    // In one piece and in several.
    for pieces in [&["0123"][..], &["01", "23"], &["0", "1", "23"]] {
        for swap_before in 0..=pieces.len() {
            let receiver: Receiver = receiver();
            let request = sender(0).body("/", "0123").unwrap();
            let mut intake = receiver.begin(request.headers());
            for (place, piece) in pieces.iter().enumerate() {
                if place == swap_before {
                    receiver.set_keys(key(1)).unwrap();
                }
                intake.push((*piece).into());
            }
            receiver.set_keys(key(1)).unwrap();
            assert_eq!(intake.finish().unwrap().body(), "0123", "{pieces:?}, {swap_before}");

            let mut late = receiver.begin(request.headers());
            late.push("0123".into());
            assert_eq!(late.finish().unwrap_err().status(), 401);
        }
    }
}

#[test]
fn what_was_made_of_one_receiver_has_its_keys() {
    enum Klang {}
    let receiver: Receiver = receiver();
    let other = receiver.clone().with_scope("tenant-7").with_max_received(1000).with_marker::<Klang>();
    receiver.set_keys(key(1)).unwrap();
    let request = sender(1).body("/", "{}").unwrap();
    let mut intake = other.begin(request.headers());
    intake.push("{}".into());
    assert_eq!(intake.finish().unwrap().scope(), "tenant-7");
}

#[test]
fn a_refusing_receiver_stays_one() {
    let nobody: Receiver = provider::KLANG.refusing_receiver("nobody").unwrap();
    nobody.set_keys(key(0)).unwrap();
    let request = sender(0).body("/", "{}").unwrap();
    let mut intake = nobody.begin(request.headers());
    intake.push("{}".into());
    assert_eq!(intake.finish().unwrap_err().status(), 401);
}

enum Tenant {}

/// Tenants are found by names in any case.
#[derive(Clone)]
struct Tenants {
    /// Ids, and numbers of keys.
    rows: Arc<Mutex<Vec<(&'static str, u8)>>>,
    queries: Log,
    receivers: ReceiverCache<Tenant>,
}

impl Tenants {
    async fn find(&self, name: &str) -> Result<Receiver<Tenant>, Rejection> {
        let look_up = async {
            self.queries.note(name);
            let row = self.rows.lock().unwrap().iter().find(|(id, _)| id.eq_ignore_ascii_case(name)).copied();
            tokio::task::yield_now().await;
            match row {
                Some((id, n)) => provider::KLANG.tenant_receiver(id, Ok(key(n))),
                None => Ok(provider::KLANG.refusing_receiver(name)?),
            }
        };
        self.receivers.find(name, look_up).await
    }
}

impl ReceiverLookup<Tenants> for Tenant {
    type Extractor = Path<String>;

    async fn find_receiver(Path(name): Path<String>, tenants: &Tenants) -> Result<Receiver<Tenant>, Rejection> {
        tenants.find(&name).await
    }
}

/// With the extractor of actix-web.
struct OnActix(Tenants);

impl ReceiverLookup<OnActix> for Tenant {
    type Extractor = web::Path<String>;

    async fn find_receiver(name: web::Path<String>, tenants: &OnActix) -> Result<Receiver<Tenant>, Rejection> {
        tenants.0.find(&name).await
    }
}

fn by_tenant(tenants: &Tenants, log: &Log) -> App {
    let handler = log.noting(|received: Received<Tenant>| received.scope().to_owned());
    let router = Router::new().route("/hooks/{tenant}", post(handler.clone())).with_state(Arc::new(tenants.clone()));
    let lookup = Lookup::<Tenant>::new(OnActix(tenants.clone()));
    App::default().merge(router.clone(), router).actix(move |config| {
        config.app_data(lookup.clone()).route("/hooks/{tenant}", web::post().to(handler.clone()));
    })
}

#[tokio::test]
async fn a_tenants_receiver_is_kept_until_it_is_invalidated() {
    for server in Server::EXTRACTORS {
        let (log, queries) = (Log::default(), Log::default());
        let rows = Arc::new(Mutex::new(vec![("shop-1", 1), ("shop-2", 2)]));
        let receivers = ReceiverCache::new(10).with_time_to_live(Duration::MAX);
        let tenants = Tenants { rows: rows.clone(), queries: queries.clone(), receivers: receivers.clone() };
        let running = server.start(&by_tenant(&tenants, &log)).await;
        let send = async |name: &str, n| {
            let reply = running.send(to(&format!("/hooks/{name}"), sender(n).body("/", "{}").unwrap())).await;
            if reply.status == 401 {
                reply.assert_says(&Rejection::UnknownTenant, server);
            } else {
                reply.assert_says(&Answer::Processed, server);
            }
            reply.status
        };
        for _ in 0..3 {
            let statuses =
                [send("shop-1", 1).await, send("Shop-1", 1).await, send("shop-1", 2).await, send("shop-3", 3).await];
            assert_eq!(statuses, [200, 200, 401, 401], "{server:?}");
        }
        assert_eq!(queries.take(), ["shop-1", "Shop-1", "shop-3"], "{server:?}");
        assert_eq!(log.take(), ["shop-1"; 6], "{server:?}: the id is the scope, whatever was typed");

        // The secret of one changes, and another tenant appears.
        *rows.lock().unwrap() = vec![("shop-1", 4), ("shop-2", 2), ("shop-3", 3)];
        assert_eq!(send("shop-1", 4).await, 401, "{server:?}: nobody has said so");
        receivers.invalidate("shop-1");
        let statuses =
            [send("shop-1", 4).await, send("Shop-1", 4).await, send("shop-1", 1).await, send("shop-3", 3).await];
        assert_eq!(statuses, [200, 200, 401, 200], "{server:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_herd_for_a_tenant_that_is_not_kept_is_served() {
    for server in Server::EXTRACTORS {
        let (log, queries) = (Log::default(), Log::default());
        let rows = Arc::new(Mutex::new(vec![("shop-1", 1)]));
        let tenants = Tenants { rows, queries: queries.clone(), receivers: ReceiverCache::new(10) };
        let running = Arc::new(server.start(&by_tenant(&tenants, &log)).await);
        let mut herd = tokio::task::JoinSet::new();
        for n in 0..60 {
            let (running, receivers) = (running.clone(), tenants.receivers.clone());
            herd.spawn(async move {
                if n % 20 == 0 {
                    receivers.invalidate_all();
                }
                let name = ["shop-1", "nobody"][n % 2];
                running.send(to(&format!("/hooks/{name}"), sender(1).body("/", "{}").unwrap())).await.status
            });
        }
        let mut statuses = herd.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [[200; 30], [401; 30]].concat(), "{server:?}");
        assert!(queries.count() >= 2, "{server:?}");
    }
}
