//! Once everything that held a key is dropped, the process's memory holds neither the key nor what could stand in for
//! it: its text, its two pads, and the states of the hash after them, which sign as well as the key does.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::hint::black_box;

use bytes::Bytes;
use hookseal::provider::Provider;
use hookseal::receive::Receiver;
use hookseal::{Digest, Keyring, Scheme, Secret, SecretForm, Signer, Verifier};
use http::HeaderMap;

use scan::{Hidden, Masked, Scan, below, sweep};

#[path = "common/scan.rs"]
mod scan;

/// Longer than one block of SHA-512, so that some of it is hashed before the end has come.
const BODY: &[u8] = &[b'x'; 300];

struct Case {
    key: Masked,
    /// How the key reaches the library; `None` for bytes.
    form: Option<SecretForm>,
    digest: Digest,
}

impl Case {
    fn scheme(&self) -> Scheme {
        let form = self.form.unwrap_or(SecretForm::Text);
        Scheme::new("X-Signature: {hex}, ...", "{body}").with_digest(self.digest).with_secret_form(form)
    }

    fn secret(&self) -> Secret {
        let secret = match self.form {
            None => Secret::from_bytes(self.key.to_vec()),
            Some(SecretForm::Hex) => Secret::new(self.key.hex().to_text("")),
            Some(SecretForm::Base64) => Secret::new(self.key.base64().to_text("")),
            Some(_) => Secret::new(self.key.base64().to_text("whsec_")),
        };
        secret.unwrap()
    }

    /// With the key as the current one, and as a previous one.
    fn pairs(&self) -> [Keyring; 2] {
        let other = || Secret::from_bytes(*b"another key that nobody looks for").unwrap();
        [(self.secret(), other()), (other(), self.secret())]
            .map(|(current, previous)| Keyring::new(current).with_previous(previous).unwrap())
    }

    fn signer(&self) -> Signer {
        Signer::new(self.scheme(), self.secret()).unwrap()
    }

    fn verifier(&self) -> Verifier {
        Verifier::new(self.scheme(), self.secret()).unwrap()
    }

    fn receiver(&self) -> Receiver {
        Provider::new("acme", self.scheme()).unwrap().raw().receiver(self.secret()).unwrap()
    }

    fn signed(&self, body: &[u8]) -> HeaderMap {
        self.signer().sign("id", body).unwrap()
    }
}

/// Moves a value about, as callers and futures do.
#[inline(never)]
fn moved<T>(value: T) -> T {
    black_box(black_box([value])).into_iter().next().unwrap()
}

/// What is done with a key, by name. Whatever is made on the way is dropped.
type Deed = (&'static str, fn(&Case));

const DEEDS: &[Deed] = &[
    ("secret", |case| drop(moved(moved(case.secret()).clone()))),
    ("keyring", |case| drop(moved(case.pairs()).clone())),
    ("signer", |case| drop(moved(case.signer()).clone())),
    ("verifier", |case| drop(moved(case.verifier()).clone())),
    ("sign", |case| drop(case.signed(BODY))),
    ("sign nothing", |case| drop(case.signed(b""))),
    ("sign under two keys", |case| {
        for keys in case.pairs() {
            drop(Signer::new(case.scheme(), keys).unwrap().sign("id", BODY).unwrap());
        }
    }),
    ("sign a request", |case| {
        let request = case.signer().request("https://example.com/", "id", BODY);
        assert!(request.is_ok());
    }),
    ("verify", |case| {
        let headers = case.signed(BODY);
        assert!(case.verifier().verify(&headers, BODY).is_ok());
    }),
    ("verify nothing", |case| {
        let headers = case.signed(b"");
        assert!(case.verifier().verify(&headers, b"").is_ok());
    }),
    ("refuse", |case| {
        let headers = case.signed(BODY);
        assert!(case.verifier().verify(&headers, b"another body").is_err());
    }),
    ("stream", |case| {
        let (headers, verifier) = (case.signed(BODY), case.verifier());
        let mut verification = verifier.begin(&headers).unwrap();
        BODY.chunks(50).for_each(|chunk| verification.update(chunk));
        assert!(verification.finish().is_ok());
    }),
    ("stream nothing", |case| {
        let (headers, verifier) = (case.signed(b""), case.verifier());
        assert!(verifier.begin(&headers).unwrap().finish().is_ok());
    }),
    ("stream, refused", |case| {
        let (headers, verifier) = (case.signed(BODY), case.verifier());
        let mut verification = moved(verifier.begin(&headers).unwrap());
        verification.update(b"another body");
        assert!(moved(verification).finish().is_err());
    }),
    ("stream, dropped at once", |case| {
        let (headers, verifier) = (case.signed(BODY), case.verifier());
        drop(verifier.begin(&headers).unwrap());
    }),
    ("stream, dropped before a block is full", |case| {
        let (headers, verifier) = (case.signed(BODY), case.verifier());
        let mut verification = verifier.begin(&headers).unwrap();
        verification.update(&BODY[..20]);
        drop(moved(verification));
    }),
    ("stream, dropped before its end", |case| {
        let (headers, verifier) = (case.signed(BODY), case.verifier());
        let mut verification = verifier.begin(&headers).unwrap();
        verification.update(BODY);
        drop(moved(verification));
    }),
    ("stream, moved", |case| {
        let (headers, verifier) = (case.signed(BODY), case.verifier());
        let mut verification = moved(moved(verifier.begin(&headers).unwrap()));
        verification.update(&BODY[..10]);
        let mut kept = Some(moved(verification));
        let mut verification = moved(kept.take().unwrap());
        verification.update(&BODY[10..]);
        assert!(moved(verification).finish().is_ok());
    }),
    ("stream, boxed", |case| {
        let (headers, verifier) = (case.signed(BODY), case.verifier());
        let mut verification = Box::new(verifier.begin(&headers).unwrap());
        verification.update(BODY);
        assert!(verification.finish().is_ok());
    }),
    ("stream under two keys", |case| {
        let headers = case.signed(BODY);
        for keys in case.pairs() {
            let verifier = Verifier::new(case.scheme(), keys).unwrap();
            let mut verification = moved(verifier.begin(&headers).unwrap());
            verification.update(BODY);
            assert!(verification.finish().is_ok());
        }
    }),
    ("receive in one piece", |case| {
        let (headers, receiver) = (case.signed(BODY), case.receiver());
        let mut intake = moved(receiver.begin(&headers));
        intake.push(Bytes::from_static(BODY));
        assert!(moved(intake).finish().is_ok());
    }),
    ("receive in pieces", |case| {
        let (headers, receiver) = (case.signed(BODY), case.receiver());
        let mut intake = moved(receiver.begin(&headers));
        for chunk in BODY.chunks(7) {
            intake.push(Bytes::from_static(chunk));
            intake = moved(intake);
        }
        assert!(intake.finish().is_ok());
    }),
    ("receive in pieces, broken off", |case| {
        let (headers, receiver) = (case.signed(BODY), case.receiver());
        let mut intake = receiver.begin(&headers);
        BODY[..20].chunks(7).for_each(|chunk| intake.push(Bytes::from_static(chunk)));
        drop(moved(intake));
    }),
    ("receive in pieces, refused", |case| {
        let (headers, receiver) = (case.signed(BODY), case.receiver());
        let mut intake = receiver.begin(&headers);
        b"another body".chunks(7).for_each(|chunk| intake.push(Bytes::from_static(chunk)));
        assert!(intake.finish().is_err());
    }),
];

#[test]
fn no_key_outlives_what_held_it() {
    let digests = [
        Digest::Sha256,
        Digest::Sha512,
        #[cfg(feature = "sha1")]
        Digest::Sha1,
    ];
    let forms = [SecretForm::Hex, SecretForm::Base64, SecretForm::Whsec].map(|form| (Some(form), 32));
    // The last one is longer than any block: HMAC hashes it first.
    let forms = forms.into_iter().chain([(None, 32), (None, 200)]);
    let mut scan = Scan::new();
    let mut left = BTreeMap::<String, BTreeMap<&str, usize>>::new();
    let mut seed = 0;
    for digest in digests {
        control(&mut scan, digest);
        for ((form, length), (deed, run)) in forms.clone().flat_map(|form| DEEDS.iter().map(move |deed| (form, deed))) {
            seed += 1;
            let case = Case { key: Masked::key(seed, length), form, digest };
            let hidden = below(|| Hidden::of(&case.key, digest));
            sweep();
            below(|| run(&case));
            for found in scan.find(&hidden) {
                *left.entry(format!("{digest:?}, {deed}")).or_default().entry(found).or_default() += 1;
            }
        }
    }
    for form in [SecretForm::Text, SecretForm::Hex, SecretForm::Base64, SecretForm::Whsec, SecretForm::WhsecOrText] {
        sweep();
        let secret = below(|| Secret::generate(form).unwrap());
        let text = secret.expose().unwrap();
        let text = Masked::of(text.strip_prefix("whsec_").unwrap_or(text).trim_end_matches('=').as_bytes());
        let mut hidden = Hidden::default();
        hidden.add("text", &text);
        hidden.add("key", &text.decoded(matches!(form, SecretForm::Text | SecretForm::Hex)));
        let alive = scan.find(&hidden);
        assert!(alive.contains(&"text"), "a living secret, generated as {form:?}: {alive:?}");
        drop(secret);
        for found in scan.find(&hidden) {
            *left.entry(format!("generate as {form:?}")).or_default().entry(found).or_default() += 1;
        }
    }
    let lines: Vec<_> = left.iter().map(|(deed, found)| format!("{deed}: {found:?}")).collect();
    assert!(lines.is_empty(), "left in memory:\n{}", lines.join("\n"));
}

/// The scan sees what there is: on the heap, on the stack, and in a verifier.
fn control(scan: &mut Scan, digest: Digest) {
    let key = Masked::key(1 << 32 | digest as u64, 32);
    let hidden = below(|| Hidden::of(&key, digest));
    sweep();
    assert_eq!(scan.find(&hidden), [""; 0], "before anything has happened");

    let case = Case { key: key.clone(), form: None, digest };
    let secret = case.secret();
    let found = scan.find(&hidden);
    assert!(found.contains(&"key"), "a living secret: {found:?}");
    drop(secret);

    let verifier = case.verifier();
    let found = scan.find(&hidden);
    for state in ["state after ipad", "state after opad"] {
        assert!(found.contains(&state), "a living verifier: {found:?}");
    }
    drop(verifier);

    below(|| {
        let mut copy = [0x36_u8; 32];
        copy.iter_mut().zip(key.to_vec()).for_each(|(to, from)| *to ^= from);
        black_box(&mut copy);
    });
    let found = scan.find(&hidden);
    assert!(found.contains(&"key and ipad"), "left on the stack: {found:?}");
    sweep();
}
