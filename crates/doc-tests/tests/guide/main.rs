//! The guide's programs, taken from its pages and run against real servers and clients.

// Each has a `main`, which is not called here, and what is a file of its own for readers is a module here.
#![allow(dead_code, unreachable_pub)]

mod actix_server;
mod attack;
mod axum_server;
mod endpoint;
mod hyper_server;
mod lambda;
mod migrating;
mod sending;
mod sending_safely;
