//! The parts of the story. See README.md.

pub mod business;
pub mod chart;
pub mod check;
pub mod fleet;
pub mod platform;
pub mod receiver;
pub mod story;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
