use super::*;
use crate::algorithm::Algorithm;
use crate::public_key::{SigningKey, VERIFICATIONS};
use crate::sign::Signer;

const NAMELESS: Scheme = Scheme::new("Acme-Signature: {hex}", "{body}").with_algorithm(Algorithm::Ed25519);

fn key() -> SigningKey {
    SigningKey::generate().unwrap()
}

/// Another request has fetched the keys, after this one had looked at those that were there: some may be the same.
#[test]
fn a_request_is_judged_with_the_keys_that_came_meanwhile() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (signing, other) = (key(), key());
    let fresh = |count: usize| -> Vec<PublicKey> { (0..count).map(|_| key().public_key()).collect() };
    let mut late = fresh(20);
    let early = late.clone();
    late.push(signing.public_key());
    let mut first = fresh(40);
    let many = first.clone();
    first.insert(0, signing.public_key());
    // The keys then and now, who signs, the verifications, and the status.
    let cases = [
        (vec![], vec![signing.public_key()], &signing, 1, 200),
        (fresh(1), vec![signing.public_key()], &signing, 2, 200),
        (fresh(1), vec![signing.public_key()], &other, 2, 401),
        (early.clone(), late.clone(), &signing, 21, 200),
        (early, late, &other, 32, 503),
        (many, first, &signing, 32, 503),
    ];
    for (case, (then, now, signer, verifications, status)) in cases.into_iter().enumerate() {
        let provider = Provider::new("acme", NAMELESS).unwrap().raw();
        let cache = KeyCache::new(move || std::future::ready(Ok::<_, std::io::Error>(now.clone())));
        let fetching = Fetching::new(&provider, cache.clone()).unwrap();
        let headers = Signer::new(NAMELESS, signer.clone()).unwrap().sign("", b"{}").unwrap();
        let opened = fetching.verifier.read().unwrap().1.open(None, &headers, None).unwrap();
        let found = runtime.block_on(async {
            let none = Generation::default();
            assert!(matches!(cache.fetch(Need::Any, none).await, Outcome::Fetched));
            assert!(matches!(cache.fetch(Need::Any, none).await, Outcome::Newer), "no fetch is needed");
            VERIFICATIONS.set(0);
            // Any generation that is not the cache's.
            let then = Arc::new(Snapshot { generation: Generation { changes: 7, too_old: 0 }, keys: then });
            fetching.judge_from(then, &provider, &opened, b"{}").await
        });
        let found = found.map_or_else(|rejection| rejection.status().as_u16(), |_| 200);
        assert_eq!((VERIFICATIONS.get(), found), (verifications, status), "case {case}");
    }
}
