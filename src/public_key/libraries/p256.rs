//! Keys of P-256.

use super::ring::{is_on_curve, verifies};
use super::{Algorithm, ConfigError};

/// The uncompressed point.
pub(in crate::public_key) struct P256(Vec<u8>);

/// The point M of RFC 9382, which was derived from a text so that nobody knows its private key.
#[rustfmt::skip]
const NOBODYS_POINT: [u8; 65] = [
    0x04, 0x88, 0x6e, 0x2f, 0x97, 0xac, 0xe4, 0x6e, 0x55, 0xba, 0x9d, 0xd7, 0x24, 0x25, 0x79, 0xf2, 0x99, 0x3b, 0x64, 0xe1,
    0x6e, 0xf3, 0xdc, 0xab, 0x95, 0xaf, 0xd4, 0x97, 0x33, 0x3d, 0x8f, 0xa1, 0x2f, 0x5f, 0xf3, 0x55, 0x16, 0x3e, 0x43, 0xce,
    0x22, 0x4e, 0x0b, 0x0e, 0x65, 0xff, 0x02, 0xac, 0x8e, 0x5c, 0x7b, 0xe0, 0x94, 0x19, 0xc7, 0x85, 0xe0, 0xca, 0x54, 0x7d,
    0x55, 0xa1, 0x2e, 0x2d, 0x20,
];

impl P256 {
    pub(in crate::public_key) fn read(point: &[u8]) -> Result<P256, &'static str> {
        match point {
            [4, rest @ ..] if rest.len() == 64 && is_on_curve(point) => Ok(P256(point.to_vec())),
            _ => Err("is no uncompressed point of P-256"),
        }
    }

    pub(in crate::public_key) fn nobodys(_: Algorithm) -> Result<P256, ConfigError> {
        Ok(P256(NOBODYS_POINT.to_vec()))
    }

    pub(in crate::public_key) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        verifies(algorithm, &self.0, message, signature)
    }

    pub(in crate::public_key) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
