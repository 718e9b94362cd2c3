//! What several tests share; none uses all of it.

#![allow(dead_code)]

use hookseal::{Keyring, Scheme, Secret, Signer, Verifier};

/// The project's folder.
pub(crate) const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// Senders for others, whose customers decide what a body is. Where another provider's events are not described, no source
/// of them was read.
pub(crate) const FREE_BODIES: [&str; 4] = ["svix", "hookdeck", "convoy-simple", "convoy-advanced"];

/// Asserts that a file of the project holds `expected`; writes it instead if `HOOKSEAL_WRITE` is set.
pub(crate) fn assert_text(path: &str, expected: &str) {
    let file = format!("{FOLDER}/{path}");
    if std::env::var_os("HOOKSEAL_WRITE").is_some() {
        std::fs::write(&file, expected).expect("the file can be written");
    }
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(text == expected, "{path} is not up to date: run the tests with HOOKSEAL_WRITE=1 and look at the change");
}

/// Every scheme of the catalogue that signs the headers and the body of any request with a secret, with the provider's name.
pub(crate) fn schemes() -> impl Iterator<Item = (&'static str, &'static Scheme)> {
    let all = hookseal::provider::ALL.iter();
    let all = all.flat_map(|provider| provider.schemes().iter().map(|scheme| (provider.name(), scheme)));
    let plain: Vec<_> = all.filter(|(_, scheme)| is_plain(scheme)).collect();
    assert!(plain.len() > 190, "{} schemes", plain.len());
    plain.into_iter()
}

fn is_plain(scheme: &Scheme) -> bool {
    let signed = Signer::new(scheme.clone(), key(0)).ok().and_then(|signer| signer.sign("id_1", b"\xff").ok());
    let verifier = Verifier::new(scheme.clone(), key(0));
    // A token is no signature.
    let is_signature = !scheme.headers().contains("{secret");
    signed
        .zip(verifier.ok())
        .is_some_and(|(headers, verifier)| is_signature && verifier.verify(&headers, b"\xff").is_ok())
}

/// The n-th of a set of different keys, fit for every scheme.
pub(crate) fn key(n: u8) -> Secret {
    Secret::from_bytes([b'k' ^ n; 32]).expect("the key is not empty")
}

/// The keys `first`, `first + 1`, …
pub(crate) fn keys(first: u8, count: u8) -> Keyring {
    let previous = (1..count).map(|n| key(first + n));
    previous.fold(Keyring::new(key(first)), |keys, key| keys.with_previous(key).expect("at most eight keys"))
}

/// The header line of a scheme that `header` belongs to.
pub(crate) fn line<'s>(scheme: &'s Scheme, header: &http::HeaderName) -> &'s str {
    let named = |line: &&str| {
        let names = line.split(':').next().unwrap_or_default().split('|');
        names.map(|name| name.trim().replace("{n}", "1")).any(|name| name.eq_ignore_ascii_case(header.as_str()))
    };
    scheme.headers().lines().find(named).unwrap_or_else(|| panic!("no line of {scheme:?} is about {header}"))
}
