//! A page for each task, with code to copy. The details are in the documentation of the types.
//!
//! As long as hookseal is not on crates.io, write `path = "…"` or `git = "…"` in `Cargo.toml` where the pages say
//! `version = "0.1"`.
//!
//! | to receive webhooks | |
//! |---|---|
//! | [`receiving_with_axum`] | a complete program for axum: two providers, typed, each event once |
//! | [`receiving_with_actix`] | the same for actix-web |
//! | [`receiving_elsewhere`] | hyper, AWS Lambda, WebAssembly, and any other server |
//! | [`registering`] | what Slack, Zoom, Twitch, Meta and Asana ask of a new endpoint |
//! | [`what_is_signed`] | providers that sign the URL or only a part of the body, or send a token: Square, Twilio, Mailgun, GitLab |
//! | [`typed_events`] | events in your own enum; unknown and unsigned types, what does not fit, batches, own shapes |
//! | [`each_event_once`] | deduplication in your transaction, in memory, in Redis, or in your own store |
//! | [`tenants`] | a secret for each of your customers, looked up and cached |
//! | [`public_keys`] | Ed25519, ECDSA and RSA: from `v1` to `v1a`, and keys that a provider publishes |
//! | [`testing`] | signed requests for your tests, an attack on your endpoint, and what to do when a delivery is refused |
//!
//! | to send webhooks | |
//! |---|---|
//! | [`sending`] | a worker with SQLite and reqwest: sign, store, retry, filter |
//! | [`sending_safely`] | URLs that users choose, and how to prevent SSRF |
//! | [`own_platform`] | your own platform, in code and in TOML, and how to choose its scheme |
//!
//! | to change a running system | |
//! |---|---|
//! | [`rotation`] | a new signing secret without a lost delivery, with and without a restart |
//! | [`migrating`] | from `standardwebhooks`, `svix`, `webhook-verify`, or your own HMAC code |

macro_rules! pages {
    ($($name:ident = $file:literal;)+) => {
        $(
            // The examples need more dependencies than this package has: `crates/doc-tests` compiles them, from the
            // same list.
            #[cfg_attr(not(doctest), doc = include_str!($file))]
            pub mod $name {}
        )+
    };
}

pages! {
    each_event_once = "guide/each_event_once.md";
    migrating = "guide/migrating.md";
    own_platform = "guide/own_platform.md";
    public_keys = "guide/public_keys.md";
    receiving_elsewhere = "guide/receiving_elsewhere.md";
    receiving_with_actix = "guide/receiving_with_actix.md";
    receiving_with_axum = "guide/receiving_with_axum.md";
    registering = "guide/registering.md";
    rotation = "guide/rotation.md";
    sending = "guide/sending.md";
    sending_safely = "guide/sending_safely.md";
    tenants = "guide/tenants.md";
    testing = "guide/testing.md";
    typed_events = "guide/typed_events.md";
    what_is_signed = "guide/what_is_signed.md";
}
