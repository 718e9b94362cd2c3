//! Keys that are fetched: when, how often, and what a delivery is answered meanwhile. Time stands still unless a test moves it.

use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_web::web;
use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use hookseal::provider::Provider;
use hookseal::receive::{Answer, Received, Receiver, Rejection};
use hookseal::tower::WebhookLayer;
use hookseal::{Algorithm, ConfigError, KeyCache, PublicKey, Scheme, Signer, SigningKey, VerifyError, provider};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::Full;
use tokio::sync::oneshot;
use tokio::time::{advance, timeout};
use tower::{ServiceBuilder, ServiceExt, service_fn};

/// With an id of the key in each request, and without.
const NAMED: Scheme =
    Scheme::new("Acme-Key: {key}\nAcme-Signature: {hex}", "{body}").with_algorithm(Algorithm::Ed25519);
const NAMELESS: Scheme = Scheme::new("Acme-Signature: {hex}", "{body}").with_algorithm(Algorithm::Ed25519);

const BODY: &str = r#"{"type":"order.paid","data":{}}"#;
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn provider(scheme: Scheme) -> Provider {
    Provider::new("acme", scheme).expect("a provider").raw()
}

fn key() -> SigningKey {
    SigningKey::generate().expect("randomness")
}

fn signed(key: &SigningKey, id: Option<&str>) -> HeaderMap {
    let mut headers =
        Signer::new(NAMELESS, key.clone()).expect("a signer").sign("evt_1", BODY.as_bytes()).expect("headers");
    headers.extend(id.map(|id| (http::HeaderName::from_static("acme-key"), id.parse().expect("a header"))));
    headers
}

async fn deliver(receiver: &Receiver, headers: &HeaderMap) -> Result<(), Rejection> {
    let mut intake = receiver.begin(headers);
    intake.push(BODY.into());
    intake.finish_fetching().await.map(|received| assert_eq!(received.body(), BODY))
}

async fn status(receiver: &Receiver, headers: &HeaderMap) -> u16 {
    match deliver(receiver, headers).await {
        Ok(()) => 200,
        Err(rejection) => {
            let is_unavailable = rejection.status() == StatusCode::SERVICE_UNAVAILABLE;
            assert_eq!(rejection.to_response::<Vec<u8>>().headers().contains_key("retry-after"), is_unavailable);
            rejection.status().as_u16()
        }
    }
}

/// What a provider publishes. Tests change it.
#[derive(Clone, Default)]
struct Published {
    keys: Arc<Mutex<Vec<PublicKey>>>,
    mood: Arc<Mutex<Mood>>,
    fetches: Arc<AtomicUsize>,
}

#[derive(Clone, Copy, Default)]
enum Mood {
    #[default]
    Answers,
    Fails,
    Hangs,
    Panics,
    Takes(Duration),
    /// Reads its keys first, and answers so much later.
    Sends(Duration),
}

impl Published {
    fn of(keys: impl IntoIterator<Item = PublicKey>) -> Published {
        let published = Published::default();
        published.set(keys);
        published
    }

    fn set(&self, keys: impl IntoIterator<Item = PublicKey>) {
        *self.keys.lock().unwrap() = keys.into_iter().collect();
    }

    fn mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    async fn fetch(self) -> Result<Vec<PublicKey>, &'static str> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let mood = *self.mood.lock().unwrap();
        let read = self.keys.lock().unwrap().clone();
        match mood {
            Mood::Answers => {}
            Mood::Fails => return Err("connection refused"),
            Mood::Hangs => pending().await,
            Mood::Panics => panic!("the source has a mistake"),
            Mood::Takes(time) => tokio::time::sleep(time).await,
            Mood::Sends(time) => {
                tokio::time::sleep(time).await;
                return Ok(read);
            }
        }
        Ok(self.keys.lock().unwrap().clone())
    }

    fn set_cache(&self) -> KeyCache {
        let published = self.clone();
        KeyCache::new(move || published.clone().fetch())
    }

    fn id_cache(&self, asked: Arc<Mutex<Vec<String>>>) -> KeyCache {
        let published = self.clone();
        KeyCache::by_id(move |id| {
            asked.lock().unwrap().push(id.clone());
            let published = published.clone();
            async move { Ok::<_, &str>(published.fetch().await?.into_iter().find(|key| key.id() == Some(&*id))) }
        })
    }

    fn receiver(&self, scheme: Scheme) -> Receiver {
        provider(scheme).fetching_receiver(self.set_cache()).expect("a receiver")
    }
}

#[tokio::test(start_paused = true)]
async fn many_first_deliveries_cause_one_fetch() {
    let key = key();
    let published = Published::of([key.public_key().with_id("k1")]);
    published.mood(Mood::Takes(Duration::from_secs(1)));
    let receiver = published.receiver(NAMED);
    let deliveries: Vec<_> = (0..100)
        .map(|_| {
            let (receiver, headers) = (receiver.clone(), signed(&key, Some("k1")));
            tokio::spawn(async move { status(&receiver, &headers).await })
        })
        .collect();
    for delivery in deliveries {
        assert_eq!(delivery.await.unwrap(), 200);
    }
    assert_eq!(published.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn made_up_ids_cause_one_fetch_a_minute() {
    let (key, forger) = (key(), key());
    let published = Published::of([key.public_key().with_id("k1")]);
    let receiver = published.receiver(NAMED);
    let genuine = signed(&key, Some("k1"));
    assert_eq!(status(&receiver, &genuine).await, 200);
    let mut answers = [0, 0];
    let mut forged = signed(&forger, None);
    for n in 0..6000 {
        // Ten a second, for ten minutes.
        forged.insert("acme-key", format!("made-up-{n}").parse().expect("a header"));
        let answer = status(&receiver, &forged).await;
        answers[usize::from(answer == 401)] += 1;
        assert!(matches!(answer, 401 | 503), "{answer}");
        if n % 100 == 0 {
            assert_eq!(status(&receiver, &genuine).await, 200);
        }
        advance(Duration::from_millis(100)).await;
    }
    assert_eq!(published.fetches(), 10, "the first was at the beginning");
    assert_eq!(answers, [5991, 9], "each that caused a fetch is known to be forged");
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_fetched_and_the_delivery_judged_again() {
    let (old, new) = (key(), key());
    let published = Published::of([old.public_key().with_id("k1")]);
    let receiver = published.receiver(NAMED);
    assert_eq!(status(&receiver, &signed(&old, Some("k1"))).await, 200);
    published.set([old.public_key().with_id("k1"), new.public_key().with_id("k2")]);
    let rotated = signed(&new, Some("k2"));
    assert_eq!(status(&receiver, &rotated).await, 503, "less than a minute ago");
    advance(MINUTE).await;
    assert_eq!(status(&receiver, &rotated).await, 200);
    assert_eq!(status(&receiver, &signed(&old, Some("k1"))).await, 200);
    assert_eq!(status(&receiver, &signed(&old, Some("k2"))).await, 401, "each id is that of one key");
    assert_eq!(published.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_the_source_does_not_know_is_remembered() {
    let (key, forger) = (key(), key());
    let published = Published::of([key.public_key().with_id("k1")]);
    let receiver = published.receiver(NAMED);
    let forged = signed(&forger, Some("k2"));
    assert_eq!(status(&receiver, &forged).await, 401);
    for _ in 0..4 {
        advance(MINUTE).await;
        assert_eq!(status(&receiver, &forged).await, 401);
    }
    assert_eq!(published.fetches(), 1);
    advance(MINUTE).await;
    assert_eq!(status(&receiver, &forged).await, 401);
    assert_eq!(published.fetches(), 2, "after five minutes, it is asked for again");
}

/// What the source has read before tells nothing of it.
#[tokio::test(start_paused = true)]
async fn a_key_that_is_published_while_keys_are_fetched_is_not_taken_for_absent() {
    let (old, new) = (key(), key());
    for is_set in [true, false] {
        let published = Published::of([old.public_key().with_id("k1")]);
        published.mood(Mood::Sends(Duration::from_secs(2)));
        let keys = if is_set { published.set_cache() } else { published.id_cache(Arc::default()) };
        let receiver: Receiver = provider(NAMED).fetching_receiver(keys).expect("a receiver");
        let (known, unknown, genuine) = (signed(&old, Some("k1")), signed(&old, Some("k9")), signed(&new, Some("k2")));
        let later = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            published.set([old.public_key().with_id("k1"), new.public_key().with_id("k2")]);
            tokio::join!(status(&receiver, &genuine), status(&receiver, &unknown))
        };
        let answers = tokio::join!(status(&receiver, &known), later);
        assert_eq!(answers, (200, (503, 503)), "in a set: {is_set}");
        advance(MINUTE).await;
        assert_eq!((status(&receiver, &genuine).await, published.fetches()), (200, 2), "in a set: {is_set}");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_remain_usable_while_the_source_fails() {
    let key = key();
    let published = Published::of([key.public_key().with_id("k1")]);
    let receiver = published.receiver(NAMED);
    let genuine = signed(&key, Some("k1"));
    assert_eq!(status(&receiver, &genuine).await, 200);
    published.mood(Mood::Fails);
    advance(HOUR - Duration::from_secs(1)).await;
    assert_eq!((status(&receiver, &genuine).await, published.fetches()), (200, 1), "it is fresh");
    advance(Duration::from_secs(1)).await;
    for mood in [Mood::Fails, Mood::Hangs, Mood::Panics] {
        published.mood(mood);
        let before = published.fetches();
        for _ in 0..10 {
            assert_eq!(status(&receiver, &genuine).await, 200);
        }
        assert_eq!(published.fetches(), before + 1);
        advance(MINUTE).await;
    }
    published.mood(Mood::Fails);
    advance(22 * HOUR).await;
    assert_eq!(status(&receiver, &genuine).await, 200);
    advance(HOUR).await;
    assert_eq!(status(&receiver, &genuine).await, 503, "never 401");
    published.mood(Mood::Answers);
    advance(MINUTE).await;
    assert_eq!(status(&receiver, &genuine).await, 200);
}

#[tokio::test(start_paused = true)]
async fn a_revoked_key_is_refused_after_an_hour() {
    let (old, new) = (key(), key());
    let published = Published::of([old.public_key().with_id("k1")]);
    let by_id = provider(NAMED).fetching_receiver(published.id_cache(Arc::default())).unwrap();
    let receivers = [published.receiver(NAMED), by_id];
    let stolen = signed(&old, Some("k1"));
    for receiver in &receivers {
        assert_eq!(status(receiver, &stolen).await, 200);
    }
    published.set([new.public_key().with_id("k2")]);
    advance(HOUR).await;
    for receiver in &receivers {
        assert_eq!(status(receiver, &stolen).await, 401, "not even the first delivery after the hour");
    }
}

#[tokio::test(start_paused = true)]
async fn without_ids_a_signature_that_matches_nothing_is_the_signal() {
    let (old, new, forger) = (key(), key(), key());
    let published = Published::of([old.public_key()]);
    let receiver = published.receiver(NAMELESS);
    assert_eq!(status(&receiver, &signed(&old, None)).await, 200);
    for _ in 0..100 {
        assert_eq!(status(&receiver, &signed(&forger, None)).await, 401);
    }
    assert_eq!(published.fetches(), 1);
    published.set([new.public_key()]);
    assert_eq!(status(&receiver, &signed(&new, None)).await, 401, "nothing tells it from a forgery");
    advance(MINUTE).await;
    assert_eq!((status(&receiver, &signed(&new, None)).await, published.fetches()), (200, 2));
    published.mood(Mood::Fails);
    advance(MINUTE).await;
    assert_eq!(status(&receiver, &signed(&old, None)).await, 503, "nobody knows whether the provider has a new key");
    assert_eq!(status(&receiver, &signed(&new, None)).await, 200);
    assert_eq!(published.fetches(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_published_early_is_there_when_it_is_needed() {
    let (old, new) = (key(), key());
    let published = Published::of([old.public_key()]);
    let keys = published.set_cache().with_fresh_for(10 * MINUTE);
    let receiver: Receiver = provider(NAMELESS).fetching_receiver(keys).expect("a receiver");
    assert_eq!(status(&receiver, &signed(&old, None)).await, 200);
    published.set([old.public_key(), new.public_key()]);
    advance(10 * MINUTE).await;
    assert_eq!(status(&receiver, &signed(&old, None)).await, 200);
    assert_eq!((status(&receiver, &signed(&new, None)).await, published.fetches()), (200, 2), "at once");
}

#[tokio::test(start_paused = true)]
async fn a_source_without_keys_is_never_a_reason_for_401() {
    let (key, other) = (key(), key());
    let genuine = signed(&key, Some("k1"));
    let doubled = [key.public_key().with_id("k1"), other.public_key().with_id("k1")];
    let many = (0..65).map(|n| key.public_key().with_id(format!("k{n}"))).collect::<Vec<_>>();
    let p256 = PublicKey::new(P256).expect("a key").with_id("k1");
    for keys in [vec![], doubled.to_vec(), many, vec![p256]] {
        let published = Published::of(keys.clone());
        let receiver = published.receiver(NAMED);
        let (first, second) = (status(&receiver, &genuine).await, status(&receiver, &genuine).await);
        assert_eq!((first, second, published.fetches()), (503, 503, 1), "{keys:?}");
    }
    for mood in [Mood::Fails, Mood::Hangs, Mood::Panics] {
        let published = Published::of([key.public_key().with_id("k1")]);
        published.mood(mood);
        let receiver = published.receiver(NAMED);
        assert_eq!((status(&receiver, &genuine).await, published.fetches()), (503, 1));
        published.mood(Mood::Answers);
        assert_eq!((status(&receiver, &genuine).await, published.fetches()), (503, 1), "not again within a minute");
        advance(MINUTE).await;
        assert_eq!((status(&receiver, &genuine).await, published.fetches()), (200, 2));
    }
}

/// The example of RFC 7517.
const P256: &str = r#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}"#;

/// A set may also have keys of other kinds, for other purposes.
#[tokio::test(start_paused = true)]
async fn keys_of_other_kinds_are_ignored() {
    let key = key();
    let published = Published::of([PublicKey::new(P256).expect("a key").with_id("k0"), key.public_key().with_id("k1")]);
    let receiver = published.receiver(NAMED);
    assert_eq!(status(&receiver, &signed(&key, Some("k1"))).await, 200);
    advance(MINUTE).await;
    assert_eq!(status(&receiver, &signed(&key, Some("k0"))).await, 401);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_the_timeout() {
    let published = Published::default();
    published.mood(Mood::Hangs);
    let receiver = published.receiver(NAMED);
    let start = tokio::time::Instant::now();
    assert_eq!(status(&receiver, &signed(&key(), Some("k1"))).await, 503);
    assert_eq!(start.elapsed().as_millis() / 100, 50);
}

/// Its fetch is given up, and may end when it likes.
#[test]
fn nobody_waits_for_a_runtime_that_stands_still() {
    let key = key();
    let published = Published::of([key.public_key().with_id("k1")]);
    published.mood(Mood::Hangs);
    let (receiver, genuine) = (published.receiver(NAMED), signed(&key, Some("k1")));
    let still = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let impatient = still.block_on(async { timeout(Duration::from_millis(10), status(&receiver, &genuine)).await });
    assert_eq!((impatient.is_err(), published.fetches()), (true, 1));
    let other = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    other.expect("a runtime").block_on(async {
        let start = tokio::time::Instant::now();
        assert_eq!(timeout(HOUR, status(&receiver, &genuine)).await, Ok(503));
        assert_eq!(start.elapsed().as_millis() / 100, 50);
        advance(Duration::from_secs(2)).await;
        assert_eq!(timeout(Duration::ZERO, status(&receiver, &genuine)).await, Ok(503), "it is given up");
        assert_eq!(published.fetches(), 1, "not again within a minute");
        advance(MINUTE).await;
        published.mood(Mood::Takes(Duration::from_secs(2)));
        let late_end = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            still.shutdown_background();
        };
        let (answer, ()) = tokio::join!(status(&receiver, &genuine), late_end);
        assert_eq!((answer, published.fetches()), (200, 2));
    });
}

/// Otherwise whoever disconnects at once could keep the keys from ever being fetched.
#[tokio::test(start_paused = true)]
async fn a_sender_that_disconnects_does_not_end_the_fetch() {
    let key = key();
    let published = Published::of([key.public_key().with_id("k1")]);
    published.mood(Mood::Takes(Duration::from_secs(2)));
    let receiver = published.receiver(NAMED);
    let impatient = signed(&key, Some("k9"));
    assert!(timeout(Duration::from_millis(10), deliver(&receiver, &impatient)).await.is_err());
    assert_eq!(status(&receiver, &signed(&key, Some("k1"))).await, 200);
    assert_eq!(published.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_fetched_for_what_is_refused_anyway() {
    let published = Published::default();
    let receiver = published.receiver(NAMED);
    let mut malformed = signed(&key(), Some("k1"));
    malformed.insert("acme-signature", "00".parse().unwrap());
    let without_id = signed(&key(), None);
    for headers in [HeaderMap::new(), malformed, without_id] {
        assert_eq!(status(&receiver, &headers).await, 400);
    }
    let too_large = receiver.clone().with_max_received(3);
    assert_eq!(status(&too_large, &signed(&key(), Some("k1"))).await, 413);
    assert_eq!(published.fetches(), 0);
}

/// The source of a set does not see them.
#[tokio::test(start_paused = true)]
async fn in_a_set_an_id_is_any_text() {
    let key = key();
    for id in ["../k1", "Ab+/9w==", "https://keys.acme.example/?k=1#a", "a%b\\", &"k".repeat(512)] {
        let published = Published::of([key.public_key().with_id(id)]);
        assert_eq!(status(&published.receiver(NAMED), &signed(&key, Some(id))).await, 200, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_is_asked_only_for_plain_ids() {
    let key = key();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let published = Published::of([key.public_key().with_id("k1")]);
    let receiver: Receiver = provider(NAMED).fetching_receiver(published.id_cache(asked.clone())).expect("a receiver");
    for id in ["../k1", "k1/", "k1?x", "k1#x", "k%31", "k1\\", "@k1", "..", "https://evil.example/k1", &"k".repeat(129)]
    {
        assert_eq!(status(&receiver, &signed(&key, Some(id))).await, 401, "{id}");
    }
    assert_eq!(status(&receiver, &signed(&key, Some("k1"))).await, 200);
    advance(MINUTE).await;
    assert_eq!(status(&receiver, &signed(&key, Some("k2"))).await, 401);
    assert_eq!(status(&receiver, &signed(&key, Some("k3"))).await, 503);
    assert_eq!(*asked.lock().unwrap(), ["k1", "k2"]);

    let published = published.clone();
    let urls = KeyCache::by_url("keys.acme.example", move |_| {
        let published = published.clone();
        async move { Ok::<_, &str>(published.fetch().await?.into_iter().next()) }
    });
    let receiver: Receiver = provider(NAMED).fetching_receiver(urls.expect("a host")).expect("a receiver");
    for (url, expected) in [
        ("https://keys.acme.example.evil.example/k.pem", 401),
        ("https://evil.example/k.pem", 401),
        ("https://keys.acme.example/k.pem", 200),
    ] {
        assert_eq!(status(&receiver, &signed(&key, Some(url))).await, expected, "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn made_up_ids_do_not_delay_the_renewal_of_a_key_in_use() {
    let (used, forger) = (key(), key());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let published = Published::of([used.public_key().with_id("k1")]);
    let receiver: Receiver = provider(NAMED).fetching_receiver(published.id_cache(asked.clone())).expect("a receiver");
    let genuine = signed(&used, Some("k1"));
    assert_eq!(status(&receiver, &genuine).await, 200);
    let mut forged = signed(&forger, None);
    for n in 0..48 * 60 {
        advance(MINUTE).await;
        // The forger is always the first.
        forged.insert("acme-key", format!("made-up-{n}").parse().expect("a header"));
        status(&receiver, &forged).await;
        assert_eq!(status(&receiver, &genuine).await, 200, "minute {n}");
    }
    let renewals = asked.lock().unwrap().iter().filter(|id| *id == "k1").count();
    assert!((40..=49).contains(&renewals), "{renewals}");
}

/// A request costs 32 verifications, however often it is judged. Keys that have just come are tried first.
#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_keys_costs_no_more_than_another() {
    let others: Vec<PublicKey> = (0..40).map(|_| key().public_key()).collect();
    let signing = key();
    // How many keys there were, and what the first delivery with the new one is answered.
    for (count, expected) in [(1, 200), (20, 200), (31, 200), (32, 503), (40, 503)] {
        let published = Published::of(others[..count].to_vec());
        let receiver = published.receiver(NAMELESS);
        assert_eq!(status(&receiver, &signed(&key(), None)).await, 401, "{count}");
        advance(MINUTE).await;
        let mut keys = others[..count].to_vec();
        keys.insert(count.min(31), signing.public_key());
        published.set(keys);
        assert_eq!(status(&receiver, &signed(&signing, None)).await, expected, "{count}");
        assert_eq!(published.fetches(), 2);
        assert_eq!(status(&receiver, &signed(&signing, None)).await, 200, "{count}: the next");
    }
}

#[tokio::test(start_paused = true)]
async fn receivers_share_a_cache() {
    let key = key();
    let published = Published::of([key.public_key().with_id("k1")]);
    let cache = published.set_cache();
    let one: Receiver = provider(NAMED).fetching_receiver(cache.clone()).expect("a receiver");
    let other =
        provider(NAMED).fetching_receiver(cache).expect("a receiver").with_scope("shop-1").with_max_received(100);
    for receiver in [&one, &other, &one] {
        assert_eq!(status(receiver, &signed(&key, Some("k1"))).await, 200);
    }
    assert_eq!(published.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn each_clone_of_a_cache_keeps_to_its_own_times() {
    let (one, two) = (key(), key());
    let published = Published::of([one.public_key().with_id("k1"), two.public_key().with_id("k2")]);
    for (keys, second) in [(published.set_cache(), 503), (published.id_cache(Arc::default()), 200)] {
        published.mood(Mood::Answers);
        let strict = keys.clone().with_usable_for(2 * HOUR);
        let receiver = |keys| provider(NAMED).fetching_receiver::<()>(keys).expect("a receiver");
        let (strict, lenient) = (receiver(strict), receiver(keys));
        let (one, two) = (signed(&one, Some("k1")), signed(&two, Some("k2")));
        assert_eq!(status(&lenient, &one).await, 200);
        advance(HOUR / 2).await;
        assert_eq!(status(&lenient, &two).await, 200);
        published.mood(Mood::Fails);
        let answers = async || {
            let strict = [status(&strict, &one).await, status(&strict, &two).await];
            (strict, [status(&lenient, &one).await, status(&lenient, &two).await])
        };
        assert_eq!(answers().await, ([200, 200], [200, 200]));
        advance(3 * HOUR / 2).await;
        // In a set, the second key was fetched with the first.
        assert_eq!(answers().await, ([503, second], [200, 200]));
        advance(HOUR).await;
        assert_eq!(answers().await, ([503, 503], [200, 200]));
        published.mood(Mood::Answers);
        advance(MINUTE).await;
        assert_eq!(status(&strict, &one).await, 200);
        advance(MINUTE).await;
        assert_eq!(answers().await, ([200, 200], [200, 200]));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_work_is_refused_when_it_is_made() {
    let published = Published::default();
    let asked = Arc::default();
    let error = provider(NAMELESS).fetching_receiver::<()>(published.id_cache(asked)).unwrap_err();
    assert!(error.to_string().contains("no request of this provider names one"), "{error}");
    let error = provider::GITHUB.raw().fetching_receiver::<()>(published.set_cache()).unwrap_err();
    assert!(matches!(error, ConfigError::KeyKind { .. }), "{error}");
    let error = published.receiver(NAMED).set_keys(key().public_key()).unwrap_err();
    assert!(error.to_string().contains("are fetched"), "{error}");
}

/// On a server without an adapter, where somebody has overlooked that keys are fetched.
#[tokio::test(start_paused = true)]
async fn to_finish_without_fetching_is_no_401() {
    let key = key();
    let published = Published::of([key.public_key().with_id("k1")]);
    let receiver = published.receiver(NAMED);
    let genuine = signed(&key, Some("k1"));
    let finish = || {
        let mut intake = receiver.begin(&genuine);
        intake.push(BODY.into());
        intake.finish().map(|received| received.body().clone())
    };
    assert_eq!(finish().unwrap_err().status(), 503);
    assert_eq!(status(&receiver, &genuine).await, 200);
    assert_eq!(finish().unwrap(), BODY);
}

/// The body in one piece and in several.
#[tokio::test(start_paused = true)]
async fn a_body_in_pieces_is_judged_again_too() {
    let key = key();
    let published = Published::of([key.public_key().with_id("k1")]);
    let receiver = published.receiver(NAMED);
    let headers = signed(&key, Some("k1"));
    let mut intake = receiver.begin(&headers);
    BODY.as_bytes().chunks(5).for_each(|chunk| intake.push(Bytes::copy_from_slice(chunk)));
    assert_eq!(intake.finish_fetching().await.expect("authentic").body(), BODY);
}

/// On another runtime, the delivery fetches the keys itself.
#[test]
fn without_tokio_the_keys_are_fetched_too() {
    let key = key();
    let published = Published::of([key.public_key().with_id("k1")]);
    let receiver = published.receiver(NAMED);
    let headers = signed(&key, Some("k1"));
    let mut context = Context::from_waker(Waker::noop());
    let delivery = pin!(status(&receiver, &headers));
    assert_eq!(delivery.poll(&mut context), Poll::Ready(200));

    // It is given up in the middle.
    let published = Published::of([key.public_key().with_id("k1")]);
    published.mood(Mood::Hangs);
    let receiver = published.receiver(NAMED);
    {
        let delivery = pin!(status(&receiver, &headers));
        assert_eq!(delivery.poll(&mut context), Poll::Pending);
    }
    let delivery = pin!(status(&receiver, &headers));
    assert_eq!(delivery.poll(&mut context), Poll::Ready(503), "it does not wait for ever");
    assert_eq!(published.fetches(), 1);
}

#[tokio::test]
async fn all_adapters_fetch() {
    let key = key();
    let request = || {
        let mut request = Request::post("/").body(BODY.to_owned()).expect("a request");
        *request.headers_mut() = signed(&key, Some("k1"));
        request
    };
    let axum = |receiver: Receiver| async {
        let app = Router::new().route("/", post(async |_: Received| Answer::Processed)).with_state(receiver);
        app.oneshot(request().map(axum::body::Body::from)).await.expect("a response").map(drop)
    };
    let layer = |receiver: Receiver| async {
        let service =
            service_fn(async |_: Request<Full<Bytes>>| Ok::<_, Infallible>(http::Response::new(String::new())));
        let service = ServiceBuilder::new().layer(WebhookLayer::new(receiver)).service(service);
        service.oneshot(request().map(|body| Full::new(Bytes::from(body)))).await.expect("a response").map(drop)
    };
    let published = Published::of([key.public_key().with_id("k1")]);
    for is_up in [true, false] {
        published.mood(if is_up { Mood::Answers } else { Mood::Fails });
        for response in [axum(published.receiver(NAMED)).await, layer(published.receiver(NAMED)).await] {
            assert_eq!(response.status(), if is_up { 200 } else { 503 });
            assert_eq!(response.headers().contains_key("retry-after"), !is_up);
        }
    }
}

#[test]
fn actix_fetches() {
    let key = key();
    let published = Published::of([key.public_key().with_id("k1")]);
    let headers = signed(&key, Some("k1"));
    let (done, is_done) = oneshot::channel();
    actix_web::rt::System::new().block_on(async {
        for (mood, expected) in [(Mood::Answers, 200), (Mood::Fails, 503)] {
            published.mood(mood);
            let app = actix_web::App::new()
                .app_data(published.receiver(NAMED))
                .route("/", web::post().to(async |_: Received| Answer::Processed));
            let app = actix_web::test::init_service(app).await;
            let mut request = Request::post("/").body(BODY).expect("a request");
            *request.headers_mut() = headers.clone();
            let request = hookseal::actix::test_request(request).to_request();
            let response = actix_web::test::call_service(&app, request).await;
            assert_eq!(response.status(), expected);
            assert_eq!(response.headers().contains_key("retry-after"), expected == 503);
        }
        done.send(()).expect("somebody waits");
    });
    assert!(is_done.blocking_recv().is_ok());
}

#[test]
fn a_refused_key_is_not_told_apart_from_a_wrong_signature() {
    let unknown = VerifyError::UnknownKey { id: "k1".to_owned() };
    assert_eq!(unknown.public_text(), VerifyError::NoMatch.public_text());
}

/// A tenant that does not exist, of providers that sign with each algorithm.
#[test]
fn a_refusing_receiver_has_keys_of_every_kind() {
    for (provider, signature) in [
        (&provider::TELNYX, "A".repeat(86) + "=="),
        (&provider::SENDGRID, "MEUCIQ".to_owned() + &"A".repeat(88) + "=="),
        (&provider::WISE, "A".repeat(342) + "=="),
    ] {
        let nobody: Receiver = provider.refusing_receiver("nobody").expect("a receiver");
        let now = time::OffsetDateTime::now_utc().unix_timestamp().to_string();
        let headers = [
            ("telnyx-timestamp", &now),
            ("telnyx-signature-ed25519", &signature),
            ("x-twilio-email-event-webhook-timestamp", &now),
            ("x-twilio-email-event-webhook-signature", &signature),
            ("x-signature-sha256", &signature),
        ];
        let mut intake = nobody.begin(&headers);
        intake.push("{}".into());
        assert_eq!(intake.finish().unwrap_err(), Rejection::NotAuthentic(VerifyError::NoMatch), "{}", provider.name());
    }
}
