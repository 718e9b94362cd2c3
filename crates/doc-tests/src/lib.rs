//! Compiles and runs the examples of the README and of those pages in the crate's documentation that need more than the
//! crate's own development dependencies: `cargo test --doc -p doc-tests`.
//!
//! The crate shows such a page with `cfg_attr(not(doctest), doc = include_str!(…))`, so that its examples are tested here
//! and only here.

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
