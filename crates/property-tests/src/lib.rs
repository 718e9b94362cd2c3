//! What must hold in hookseal for any input: tests only, apart from the crate's own because they need a property-testing
//! library.
