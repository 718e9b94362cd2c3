//! The parts of the fleet. See README.md.

pub mod check;
pub mod events;
mod fault;
pub mod fleet;
pub mod postgres;
pub mod receiver;
pub mod story;
pub mod worker;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
