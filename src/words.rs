//! The words for enums without fields.

/// Implements `Display` for an enum, with the same word as in files and databases.
macro_rules! display_as_serialized {
    ($name:ident) => {
        /// The same word as in JSON and TOML.
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                serde::Serialize::serialize(self, f)
            }
        }
    };
}
pub(crate) use display_as_serialized;
