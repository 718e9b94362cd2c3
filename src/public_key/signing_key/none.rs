/// No algorithm that signs is on: this type has no values.
#[derive(Clone)]
pub(crate) enum SigningKey {}

impl SigningKey {
    pub(crate) fn sign(&self, _: &[u8]) -> [u8; 64] {
        match *self {}
    }
}
