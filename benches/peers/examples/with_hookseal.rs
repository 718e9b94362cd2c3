//! What `builds` makes a program of. The arguments are the secret, and the value of each header that counts; the body comes
//! from the standard input.

use std::io::Read;

use hookseal::{Secret, provider};
use http::HeaderMap;

fn main() {
    let [secret, id, timestamp, signature] = std::env::args().skip(1).collect::<Vec<_>>().try_into().unwrap();
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", id.parse().unwrap());
    headers.insert("webhook-timestamp", timestamp.parse().unwrap());
    headers.insert("webhook-signature", signature.parse().unwrap());
    let verifier = provider::STANDARD_WEBHOOKS.verifier(Secret::new(secret).unwrap()).unwrap();
    println!("{}", verifier.verify(&headers, &body).is_ok());
}
