//! The guide's programs, taken from its pages and run against real servers and clients.

// Each has a `main`, which is not called here.
#![allow(dead_code)]

mod actix_server;
mod attack;
mod axum_server;
mod endpoint;
mod hyper_server;
mod lambda;
mod sending;
mod sending_safely;
