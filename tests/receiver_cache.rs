//! `ReceiverCache`: bounded, never outdated after an invalidation, and not to be filled by names that somebody made up.

use std::cell::Cell;
use std::time::Duration;

use hookseal::receive::{Receiver, ReceiverCache, Rejection};
use hookseal::{Secret, provider};

fn tenant(scope: &str) -> Result<Receiver, Rejection> {
    provider::KLANG.tenant_receiver(scope, Secret::new("a secret of twenty-some bytes"))
}

fn nobody(name: &str) -> Result<Receiver, Rejection> {
    Ok(provider::KLANG.refusing_receiver(name)?)
}

/// Names of `shop-…` are tenants whose id is the name in lower case; there are no others.
fn database(name: &str) -> Result<Receiver, Rejection> {
    let id = name.to_lowercase();
    if id.starts_with("shop-") { tenant(&id) } else { nobody(name) }
}

/// Whether the database was asked.
async fn is_looked_up(cache: &ReceiverCache, name: &str) -> bool {
    let asked = Cell::new(false);
    let look_up = async {
        asked.set(true);
        database(name)
    };
    let found = cache.find(name, look_up).await.unwrap();
    assert_eq!(found.scope(), database(name).unwrap().scope(), "another's receiver");
    asked.get()
}

async fn count_kept(cache: &ReceiverCache, names: impl Iterator<Item = String>) -> usize {
    let mut kept = 0;
    for name in names {
        let look_up = async { Err(Rejection::unavailable("not kept")) };
        kept += usize::from(cache.find(&name, look_up).await.is_ok());
    }
    kept
}

#[tokio::test]
async fn known_and_unknown_tenants_are_looked_up_once() {
    let cache = ReceiverCache::new(10);
    for name in ["shop-1", "nobody"] {
        assert!(is_looked_up(&cache, name).await);
        assert!(!is_looked_up(&cache, name).await, "{name}");
        assert!(!is_looked_up(&cache.clone(), name).await, "{name}: clones share");
    }
}

#[tokio::test]
async fn it_holds_no_more_than_its_capacity_and_keeps_what_is_used() {
    for capacity in [0, 1, 7] {
        let cache = ReceiverCache::new(capacity);
        for n in 0..100 {
            is_looked_up(&cache, "shop-busy").await;
            is_looked_up(&cache, &format!("shop-{n}")).await;
        }
        let names = (0..100).map(|n| format!("shop-{n}")).chain(["shop-busy".to_owned()]);
        assert_eq!(count_kept(&cache, names).await, capacity);
        if capacity > 1 {
            assert!(!is_looked_up(&cache, "shop-busy").await, "what each second request asks for stays");
        }
    }
}

#[tokio::test]
async fn made_up_names_displace_no_tenant() {
    let cache = ReceiverCache::new(10);
    for n in 0..10 {
        is_looked_up(&cache, &format!("shop-{n}")).await;
    }
    for n in 0..1000 {
        is_looked_up(&cache, &format!("made-up-{n}")).await;
    }
    assert_eq!(count_kept(&cache, (0..1000).map(|n| format!("made-up-{n}"))).await, 10);
    // Spellings of one tenant that a lenient database finds.
    for n in 0..64_u32 {
        let spelling = (0..6).map(|bit| if n >> bit & 1 == 1 { "A" } else { "a" }).collect::<String>();
        is_looked_up(&cache, &format!("shop-{spelling}")).await;
    }
    let kept = count_kept(&cache, (0..10).map(|n| format!("shop-{n}"))).await;
    assert!(kept >= 6, "one tenant has four names at most: {kept} others are left");
}

#[tokio::test]
async fn no_long_name_is_kept() {
    let cache = ReceiverCache::new(10);
    for (length, is_kept) in [(256, true), (257, false)] {
        for name in ["x".repeat(length), format!("shop-{}", "x".repeat(length - 5))] {
            is_looked_up(&cache, &name).await;
            assert_eq!(!is_looked_up(&cache, &name).await, is_kept, "{length}");
        }
    }
}

#[tokio::test]
async fn an_invalidated_tenant_is_forgotten_under_all_its_names_and_others_are_not() {
    let cache = ReceiverCache::new(10);
    for name in ["shop-1", "SHOP-1", "shop-2", "nobody"] {
        is_looked_up(&cache, name).await;
    }
    cache.invalidate("shop-1");
    assert!(!is_looked_up(&cache, "shop-2").await);
    for name in ["shop-1", "SHOP-1", "nobody"] {
        assert!(is_looked_up(&cache, name).await, "{name}");
    }
    cache.invalidate_all();
    for name in ["shop-1", "shop-2", "nobody"] {
        assert!(is_looked_up(&cache, name).await, "{name}");
    }
}

#[tokio::test]
async fn a_tenant_can_be_invalidated_by_any_name_that_is_cached() {
    let names = ["shop-1", "SHOP-1", "shop-2"];
    for (invalidated, is_forgotten) in [("SHOP-1", true), ("shop-1", true), ("Shop-1", false)] {
        let cache = ReceiverCache::new(10);
        for name in names {
            is_looked_up(&cache, name).await;
        }
        cache.invalidate(invalidated);
        for (name, is_forgotten) in names.into_iter().zip([is_forgotten, is_forgotten, false]) {
            assert_eq!(is_looked_up(&cache, name).await, is_forgotten, "{name} after {invalidated}");
        }
    }
}

#[tokio::test]
async fn an_id_that_is_also_the_name_of_another_tenant_forgets_both() {
    let cache = ReceiverCache::new(10);
    let not_asked = || async { Err(Rejection::unavailable("not kept")) };
    cache.find("one", async { tenant("two") }).await.unwrap();
    cache.find("two", async { tenant("three") }).await.unwrap();
    cache.invalidate("two");
    for name in ["one", "two"] {
        assert!(cache.find(name, not_asked()).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn receivers_without_a_scope_are_kept_by_name() {
    let cache: ReceiverCache = ReceiverCache::new(10);
    let names = || (0..10).map(|n| format!("name-{n}"));
    for name in names() {
        cache.find(&name, async { tenant("") }).await.unwrap();
    }
    assert_eq!(count_kept(&cache, names()).await, 10);
    cache.invalidate("name-3");
    assert_eq!(count_kept(&cache, names()).await, 9);
}

#[tokio::test]
async fn what_was_looked_up_before_an_invalidation_is_not_kept() {
    type Invalidate = fn(&ReceiverCache);
    let ways: [Invalidate; 2] = [|cache| cache.invalidate("shop-1"), |cache| cache.invalidate_all()];
    for invalidate in ways {
        let cache = ReceiverCache::new(10);
        let outdated = async {
            let read_from_the_database = tenant("shop-1");
            // Its secret changes, and whoever changed it says so.
            invalidate(&cache);
            read_from_the_database
        };
        cache.find("shop-1", outdated).await.unwrap();
        assert!(is_looked_up(&cache, "shop-1").await);
        assert!(!is_looked_up(&cache, "shop-1").await);
    }
}

#[tokio::test]
async fn a_receiver_lives_as_long_as_it_is_told() {
    let (dying, lasting) = (ReceiverCache::new(10), ReceiverCache::new(10).with_time_to_live(Duration::MAX));
    let dying = dying.with_time_to_live(Duration::ZERO);
    for name in ["shop-1", "nobody"] {
        for _ in 0..3 {
            assert!(is_looked_up(&dying, name).await, "{name}");
        }
        is_looked_up(&lasting, name).await;
        assert!(!is_looked_up(&lasting, name).await, "{name}");
    }
}

#[tokio::test]
async fn a_tenant_that_appears_replaces_its_refusing_receiver() {
    let cache = ReceiverCache::new(10).with_time_to_live(Duration::ZERO);
    cache.find("shop-1", async { nobody("shop-1") }).await.unwrap();
    let cache = cache.with_time_to_live(Duration::MAX);
    cache.find("shop-1", async { tenant("the id") }).await.unwrap();
    let kept = cache.find("shop-1", async { nobody("shop-1") }).await.unwrap();
    assert_eq!(kept.scope(), "the id");
}

/// Otherwise everybody who knows such a tenant's name could have the database asked for each request.
#[tokio::test]
async fn an_unusable_secret_is_kept_until_the_tenant_is_invalidated() {
    let cache: ReceiverCache = ReceiverCache::new(10).with_time_to_live(Duration::MAX);
    let broken = || provider::KLANG.tenant_receiver("shop-1", Secret::new("from a file\n"));
    let not_asked = || async { Err(Rejection::unavailable("not kept")) };
    for name in ["shop-1", "SHOP-1"] {
        let found = cache.find(name, async { broken() }).await.unwrap_err();
        assert_eq!(found, broken().unwrap_err());
        assert_eq!(cache.find(name, not_asked()).await.unwrap_err(), found, "{name}");
    }
    cache.invalidate("shop-2");
    assert_eq!(cache.find("shop-1", not_asked()).await.unwrap_err().status(), 500);
    cache.invalidate("shop-1");
    for name in ["shop-1", "SHOP-1"] {
        assert_eq!(cache.find(name, not_asked()).await.unwrap_err().status(), 503, "{name}");
        assert!(is_looked_up(&cache, name).await);
    }

    let short = ReceiverCache::<()>::new(10).with_time_to_live(Duration::ZERO);
    assert_eq!(short.find("shop-1", async { broken() }).await.unwrap_err().status(), 500);
    assert_eq!(short.find("shop-1", not_asked()).await.unwrap_err().status(), 503, "as long as a receiver");
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let cache = ReceiverCache::new(10);
    let down = async { Err(Rejection::unavailable("connection refused")) };
    assert_eq!(cache.find("shop-1", down).await.unwrap_err().status(), 503);
    assert!(is_looked_up(&cache, "shop-1").await);
}

#[test]
fn a_herd_and_invalidations_at_the_same_time_break_nothing() {
    let cache = ReceiverCache::new(4);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let cache = cache.clone();
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                for n in 0..500 {
                    let name = format!("{}-{}", ["shop", "SHOP", "made-up"][n % 3], n % 11);
                    let look_up = async {
                        tokio::task::yield_now().await;
                        database(&name)
                    };
                    let found = runtime.block_on(cache.find(&name, look_up)).unwrap();
                    assert_eq!(found.scope(), database(&name).unwrap().scope());
                    if n % 50 == thread {
                        cache.invalidate(&format!("shop-{}", n % 11));
                    }
                }
            });
        }
    });
    let names = (0..11).flat_map(|n| [format!("shop-{n}"), format!("SHOP-{n}"), format!("made-up-{n}")]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(count_kept(&cache, names)) <= 8);
}
