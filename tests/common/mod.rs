//! What several tests share; none uses all of it.

#![allow(dead_code)]

use hookseal::provider::Provider;
use hookseal::{Algorithm, Extent, Keyring, Scheme, Secret, SecretForm};

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

/// Every scheme of the catalogue, with the provider's name.
pub(crate) fn schemes() -> impl Iterator<Item = (&'static str, &'static Scheme)> {
    let all = hookseal::provider::ALL.iter();
    all.flat_map(|provider| provider.schemes().iter().map(|scheme| (provider.name(), scheme)))
}

/// A provider as a receiver sets it up: with a public URL, whatever it signs of the body.
pub(crate) fn registered(provider: &Provider) -> Provider {
    provider.accept(Extent::Nothing).with_public_url("https://hooks.example.com/hook").expect("a URL")
}

/// Whether anybody but the provider can sign its requests: not where the signature is in the body.
pub(crate) fn is_signable(provider: &Provider) -> bool {
    provider.signer(Secret::generate(SecretForm::Whsec).expect("randomness")).is_ok()
}

/// Those that sign headers and body with an HMAC, so that any body can be signed.
pub(crate) fn usual_schemes() -> impl Iterator<Item = (&'static str, &'static Scheme)> {
    schemes().filter(|(_, scheme)| is_usual(scheme))
}

/// Whether a scheme reads nothing but headers, signs all of the body, and signs it with an HMAC.
pub(crate) fn is_usual(scheme: &Scheme) -> bool {
    const MORE: [&str; 5] = ["{secret", "{signed-headers", "{body|", "{key", "{allowed"];
    let is_usual = |piece: &str| ["body}", "id}", "timestamp}", "header:"].iter().any(|usual| piece.starts_with(usual));
    scheme.algorithm() == Algorithm::Hmac
        && scheme.body().is_empty()
        && !scheme.headers().lines().any(|line| {
            line.starts_with(['?', ':']) || line.contains("{jw") || MORE.iter().any(|word| line.contains(word))
        })
        && scheme.covers().contains("{body}")
        && scheme.covers().split('{').skip(1).all(is_usual)
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
