//! See `with_hookseal.rs`. This one knows its own form only.

use std::io::Read;
use std::time::Duration;

fn main() {
    let [secret, signature] = std::env::args().skip(1).collect::<Vec<_>>().try_into().unwrap();
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body).unwrap();
    let (none, tolerance): ([(&str, &str); 0], _) = ([], Duration::from_secs(300));
    println!("{}", hook0_client::verify_webhook_signature(&signature, &body, &none, &secret, tolerance).is_ok());
}
