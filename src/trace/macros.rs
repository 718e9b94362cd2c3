//! The macros of `tracing`.

pub(super) use tracing::{Level, debug, enabled, error, info, warn};

/// Whether nothing is written, so that nothing need be looked up for it.
pub(super) const IS_SILENT: bool = false;
