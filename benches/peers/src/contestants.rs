//! Each crate's own way to verify and to sign, as its documentation shows it, with whatever it lets a caller prepare.

use std::hint::black_box;
use std::time::Duration;

use hookseal::provider::Provider;
use hookseal::{Keyring, Secret, provider};
use http::HeaderMap;
use time::OffsetDateTime;

use crate::heavy;
use crate::requests::{Form, ID, Key};

/// Whether a request is authentic.
pub(crate) type Verify = Box<dyn Fn(&HeaderMap, &[u8]) -> bool>;

/// Signs a body now, drops the result, and says whether there was one.
pub(crate) type Sign = Box<dyn Fn(&[u8]) -> bool>;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Takes {
    Anything,
    /// It parses the body, and there is no way around it.
    Json,
    /// It parses the body as an event of Stripe, and there is no way around it.
    #[cfg_attr(not(feature = "heavy"), allow(dead_code))]
    StripeEvent,
}

impl Takes {
    /// Of the bodies that [`body`](crate::requests::body) makes.
    pub(crate) fn size(self, size: usize) -> bool {
        match self {
            Takes::Anything => true,
            Takes::Json => size >= 100,
            Takes::StripeEvent => size >= 1024,
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// This crate.
    Ours,
    Peer,
    /// An HMAC with a prepared key, with the least that verification needs around it.
    Bare,
}

pub(crate) struct Verifier {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) form: Form,
    pub(crate) takes: Takes,
    /// Whether it looks at more than one signature of a header.
    pub(crate) has_lists: bool,
    /// Keys are in the order in which they should be tried. A contestant with one key only is asked once for each.
    pub(crate) with: fn(&[Key]) -> Verify,
}

pub(crate) struct Signer {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) with: fn(&Key) -> Sign,
}

use Form::{GitHub, Hook0, StandardWebhooks, Stripe};
use Kind::{Bare, Ours, Peer};
use Takes::{Anything, Json};

const OURS: &str = "**hookseal**";

/// Those of one scheme. Hook0 has a form of its own, which is compared with that of Stripe.
pub(crate) fn verifiers(scheme: Form) -> Vec<Verifier> {
    let verifier = |name, kind, form, takes, has_lists, with| Verifier { name, kind, form, takes, has_lists, with };
    let mut verifiers = match scheme {
        GitHub => vec![
            verifier(OURS, Ours, GitHub, Anything, false, |keys| ours(&provider::GITHUB, keys)),
            verifier("webhook-verify", Peer, GitHub, Anything, false, |keys| {
                webhook_verify(webhook_verify::Provider::GitHub, keys, Key::text)
            }),
            verifier("webhookkit", Peer, GitHub, Anything, false, webhookkit_github),
            verifier("bare hmac + sha2", Bare, GitHub, Anything, false, bare_hmac),
            verifier("bare ring", Bare, GitHub, Anything, false, bare_ring),
        ],
        Stripe | Hook0 => vec![
            verifier(OURS, Ours, Stripe, Anything, true, |keys| ours(&provider::STRIPE, keys)),
            verifier("webhook-verify", Peer, Stripe, Anything, true, |keys| {
                webhook_verify(webhook_verify::Provider::Stripe, keys, Key::text)
            }),
            verifier("webhookkit, parses JSON", Peer, Stripe, Json, true, webhookkit_stripe),
            verifier("hook0-client, its own form", Peer, Hook0, Anything, false, hook0),
        ],
        StandardWebhooks => vec![
            verifier(OURS, Ours, StandardWebhooks, Anything, true, |keys| ours(&provider::STANDARD_WEBHOOKS, keys)),
            verifier("standardwebhooks", Peer, StandardWebhooks, Anything, true, standard_webhooks),
            verifier("webhook-verify", Peer, StandardWebhooks, Anything, true, |keys| {
                webhook_verify(webhook_verify::Provider::StandardWebhooks, keys, Key::standard_text)
            }),
        ],
    };
    verifiers.extend(heavy::verifiers(scheme));
    verifiers
}

/// Those of one scheme. Ours gives all headers of a request, a peer the value of one, a bare one the digits.
pub(crate) fn signers(scheme: Form) -> Vec<Signer> {
    let signer = |name, kind, with| Signer { name, kind, with };
    let mut signers = match scheme {
        GitHub => vec![
            signer(OURS, Ours, |key| ours_signing(&provider::GITHUB, key)),
            signer("webhookkit", Peer, |key| {
                let key = key.clone();
                Box::new(move |body| done(webhookkit::sign_payload(body, key.bytes())))
            }),
            signer("bare hmac + sha2", Bare, bare_hmac_signing),
            signer("bare ring", Bare, |key| {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.bytes());
                Box::new(move |body| digits(ring::hmac::sign(&key, body).as_ref()))
            }),
        ],
        Stripe | Hook0 => vec![
            signer(OURS, Ours, |key| ours_signing(&provider::STRIPE, key)),
            signer("webhookkit", Peer, |key| {
                let key = key.clone();
                Box::new(move |body| {
                    let (time, body) = (now().to_string(), str::from_utf8(body));
                    body.is_ok_and(|body| done(webhookkit::sign_stripe_timestamped(&time, body, key.text())))
                })
            }),
        ],
        StandardWebhooks => vec![
            signer(OURS, Ours, |key| ours_signing(&provider::STANDARD_WEBHOOKS, key)),
            signer("standardwebhooks", Peer, |key| {
                let webhook = standardwebhooks::Webhook::from_bytes(key.bytes().to_vec()).expect("a key");
                Box::new(move |body| webhook.sign(ID, now(), body).is_ok_and(done))
            }),
        ],
    };
    signers.extend(heavy::signers(scheme));
    signers
}

pub(crate) fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

pub(crate) fn done<T>(result: T) -> bool {
    black_box(result);
    true
}

fn secret(key: &Key) -> Secret {
    Secret::from_bytes(key.bytes()).expect("not empty")
}

fn ours(provider: &Provider, keys: &[Key]) -> Verify {
    let (first, others) = keys.split_first().expect("a key");
    let with = |ring: Keyring, key| ring.with_previous(secret(key)).expect("at most eight keys");
    let keyring = others.iter().fold(Keyring::new(secret(first)), with);
    let verifier = provider.verifier(keyring).expect("the keys are fine");
    Box::new(move |headers, body| verifier.verify(headers, body).is_ok())
}

fn ours_signing(provider: &Provider, key: &Key) -> Sign {
    let signer = provider.signer(secret(key)).expect("the key is fine");
    Box::new(move |body| signer.sign(ID, body).is_ok_and(done))
}

fn webhook_verify<S: Into<String>>(
    provider: webhook_verify::Provider,
    keys: &[Key],
    text: impl Fn(&'static Key) -> S,
) -> Verify {
    let keys: &'static [Key] = keys.to_vec().leak();
    let secrets: Vec<_> = keys.iter().map(|key| webhook_verify::Secret::new(text(key))).collect();
    match <[_; 1]>::try_from(secrets) {
        Ok([secret]) => Box::new(move |headers, body| {
            webhook_verify::verify(provider, headers, body, &secret, Default::default()).is_ok()
        }),
        Err(secrets) => Box::new(move |headers, body| {
            webhook_verify::verify_any(provider, headers, body, &secrets, Default::default()).is_ok()
        }),
    }
}

/// The value of a header, as the crates want it that take no map.
pub(crate) fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn webhookkit_github(keys: &[Key]) -> Verify {
    let keys = keys.to_vec();
    Box::new(move |headers, body| {
        let Some(signature) = value(headers, "x-hub-signature-256").and_then(|text| text.strip_prefix("sha256="))
        else {
            return false;
        };
        keys.iter().any(|key| webhookkit::verify_hmac_sha256(body, key.bytes(), signature.as_bytes()).is_ok())
    })
}

fn webhookkit_stripe(keys: &[Key]) -> Verify {
    let keys = keys.to_vec();
    Box::new(move |headers, body| {
        let (Some(signature), Ok(body)) = (value(headers, "stripe-signature"), str::from_utf8(body)) else {
            return false;
        };
        keys.iter().any(|key| webhookkit::verify_stripe_webhook(body, signature, key.text()).is_ok_and(done))
    })
}

fn hook0(keys: &[Key]) -> Verify {
    const TOLERANCE: Duration = Duration::from_secs(300);
    let keys = keys.to_vec();
    // It signs other headers only if its `h=` names them.
    let none: [(&str, &str); 0] = [];
    Box::new(move |headers, body| {
        let Some(signature) = value(headers, "x-hook0-signature") else { return false };
        let is_ok =
            |key: &Key| hook0_client::verify_webhook_signature(signature, body, &none, key.text(), TOLERANCE).is_ok();
        keys.iter().any(is_ok)
    })
}

fn standard_webhooks(keys: &[Key]) -> Verify {
    let webhook = |key: &Key| standardwebhooks::Webhook::from_bytes(key.bytes().to_vec()).expect("a key");
    let webhooks: Vec<_> = keys.iter().map(webhook).collect();
    Box::new(move |headers, body| webhooks.iter().any(|webhook| webhook.verify(body, headers).is_ok()))
}

/// The MAC that a request of GitHub has.
pub(crate) fn mac(headers: &HeaderMap) -> Option<[u8; 32]> {
    let mut mac = [0; 32];
    let digits = value(headers, "x-hub-signature-256")?.strip_prefix("sha256=")?;
    hex::decode_to_slice(digits, &mut mac).ok().map(|()| mac)
}

pub(crate) fn digits(mac: &[u8]) -> bool {
    let mut digits = [0; 64];
    hex::encode_to_slice(mac, &mut digits).is_ok_and(|()| done(digits))
}

fn bare_hmac(keys: &[Key]) -> Verify {
    use hmac::{KeyInit, Mac};
    let keyed = |key: &Key| hmac::Hmac::<sha2::Sha256>::new_from_slice(key.bytes()).expect("any length will do");
    let keys: Vec<_> = keys.iter().map(keyed).collect();
    Box::new(move |headers, body| {
        let is_ok = |received: &[u8; 32], key: &hmac::Hmac<sha2::Sha256>| {
            key.clone().chain_update(body).verify_slice(received).is_ok()
        };
        mac(headers).is_some_and(|mac| keys.iter().any(|key| is_ok(&mac, key)))
    })
}

fn bare_hmac_signing(key: &Key) -> Sign {
    use hmac::{KeyInit, Mac};
    let key = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.bytes()).expect("any length will do");
    Box::new(move |body| digits(&key.clone().chain_update(body).finalize().into_bytes()))
}

fn bare_ring(keys: &[Key]) -> Verify {
    let keyed = |key: &Key| ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.bytes());
    let keys: Vec<_> = keys.iter().map(keyed).collect();
    Box::new(move |headers, body| {
        mac(headers).is_some_and(|mac| keys.iter().any(|key| ring::hmac::verify(key, body, &mac).is_ok()))
    })
}
