//! The programs of the README and of the guide, taken from their pages and run against real servers and clients.

// Each has a `main`, which is not called here, and what is a file of its own for readers is a module here.
#![allow(dead_code, unreachable_pub)]

mod actix_server;
mod attack;
mod axum_server;
mod endpoint;
mod hyper_server;
mod lambda;
mod migrating;
mod public_keys;
mod readme;
mod registering;
mod sending;
mod sending_safely;
mod tenants;
mod tenants_actix;
mod typed_events;
mod what_is_signed;
