//! Reads the clock, as every method does whose name does not end in `_at`: a panic where there is none.

use hookseal::{Secret, provider};

fn main() {
    let secret = Secret::new("a secret of twenty-some bytes").expect("a secret");
    let signed = provider::KLANG.signer(secret).expect("a secret").sign("evt_1", b"{}");
    assert!(signed.is_ok());
}
