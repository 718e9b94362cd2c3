//! For your tests.
