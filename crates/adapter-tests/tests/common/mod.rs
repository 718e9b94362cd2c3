//! What the tests of all packages share, and the servers of these.

#[path = "../../../../tests/common/mod.rs"]
mod shared;

#[allow(unused_imports)]
pub(crate) use shared::{is_signable, key, keys, registered};
