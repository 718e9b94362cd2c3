//! Tests of hookseal's adapters with real servers, clients and stores. Apart from the crate's own tests because of what they
//! depend on.
//!
//! The library compiles the pages of the crate's documentation whose examples need more than the crate has.

/// The module `redis`.
#[cfg(doctest)]
#[doc = include_str!("../../../src/redis.md")]
pub mod redis {}
