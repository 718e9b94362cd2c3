//! Tests of hookseal's adapters with real servers, clients and stores: tests only, apart from the crate's own because of what
//! they depend on.
