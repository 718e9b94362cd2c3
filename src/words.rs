//! What enums without fields are called in a log.

/// `Display` for an enum that is a word in files and databases: the same word.
macro_rules! display_as_serialized {
    ($name:ident) => {
        /// The word that stands for it in JSON and TOML.
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                serde::Serialize::serialize(self, f)
            }
        }
    };
}
pub(crate) use display_as_serialized;
