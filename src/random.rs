//! The operating system's randomness. No other file asks for it.

use crate::error::RandomnessError;

pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), RandomnessError> {
    getrandom::fill(bytes).map_err(RandomnessError::new)
}
