//! See `with_hookseal.rs`.

use std::io::Read;

use http::HeaderMap;
use standardwebhooks::Webhook;

fn main() {
    let [secret, id, timestamp, signature] = std::env::args().skip(1).collect::<Vec<_>>().try_into().unwrap();
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", id.parse().unwrap());
    headers.insert("webhook-timestamp", timestamp.parse().unwrap());
    headers.insert("webhook-signature", signature.parse().unwrap());
    let webhook = Webhook::new(&secret).unwrap();
    println!("{}", webhook.verify(&body, &headers).is_ok());
}
