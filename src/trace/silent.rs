//! The macros of `tracing` without the feature of that name. They do nothing, and look at nothing.

macro_rules! nothing {
    ($($_:tt)*) => {{}};
}

pub(super) use {nothing as debug, nothing as error, nothing as info, nothing as warn};

macro_rules! never {
    ($($_:tt)*) => {
        false
    };
}

pub(super) use never as enabled;

/// Whether nothing is written, so that nothing need be looked up for it.
pub(super) const IS_SILENT: bool = true;
