//! Tests of hookseal's adapters with real servers, clients and stores. They are in a package of their own because of
//! their dependencies.
