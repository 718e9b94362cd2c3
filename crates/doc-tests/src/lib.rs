//! Compiles and runs the examples of the README, of the guide, and of other pages in the crate's documentation that
//! need more than the crate's own development dependencies: `cargo test --doc -p doc-tests`. The tests of this package
//! run the guide's programs against real servers and clients, and check that all links resolve.
//!
//! The crate shows such a page with `cfg_attr(not(doctest), doc = include_str!(…))`, so that its examples are tested
//! here and only here.

macro_rules! pages {
    ($($name:ident = $file:literal;)+) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!($file)]
            pub mod $name {}
        )+
    };
}

pages! {
    readme = "../../../README.md";
    axum = "../../../src/axum.md";
    redis = "../../../src/redis.md";
}

/// The same pages as in `src/guide.rs`.
pub mod guide {
    pages! {
        each_event_once = "../../../src/guide/each_event_once.md";
        migrating = "../../../src/guide/migrating.md";
        own_platform = "../../../src/guide/own_platform.md";
        public_keys = "../../../src/guide/public_keys.md";
        receiving_elsewhere = "../../../src/guide/receiving_elsewhere.md";
        receiving_with_actix = "../../../src/guide/receiving_with_actix.md";
        receiving_with_axum = "../../../src/guide/receiving_with_axum.md";
        registering = "../../../src/guide/registering.md";
        rotation = "../../../src/guide/rotation.md";
        sending = "../../../src/guide/sending.md";
        sending_safely = "../../../src/guide/sending_safely.md";
        tenants = "../../../src/guide/tenants.md";
        testing = "../../../src/guide/testing.md";
        typed_events = "../../../src/guide/typed_events.md";
        what_is_signed = "../../../src/guide/what_is_signed.md";
    }
}
