//! What the command line reads of captured requests.

#[allow(dead_code)]
#[path = "../../crates/hookseal-cli/src"]
mod cli {
    pub(crate) mod capture;
}

use hookseal::diagnose::Captured;

/// The requests in a capture.
pub fn parse(bytes: &[u8]) -> Result<Vec<Captured>, String> {
    Ok(cli::capture::parse(bytes)?.into_iter().map(|capture| capture.request).collect())
}
