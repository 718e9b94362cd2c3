//! See `with_hookseal.rs`.

use std::io::Read;

use webhook_verify::{Provider, Secret, verify};

fn main() {
    let [secret, id, timestamp, signature] = std::env::args().skip(1).collect::<Vec<_>>().try_into().unwrap();
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body).unwrap();
    let headers = [
        ("webhook-id".to_owned(), id),
        ("webhook-timestamp".to_owned(), timestamp),
        ("webhook-signature".to_owned(), signature),
    ];
    let secret = Secret::new(secret);
    println!("{}", verify(Provider::StandardWebhooks, &headers, &body, &secret, Default::default()).is_ok());
}
