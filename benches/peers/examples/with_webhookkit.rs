//! See `with_hookseal.rs`. This one knows Stripe's form only.

fn main() {
    let [secret, signature] = std::env::args().skip(1).collect::<Vec<_>>().try_into().unwrap();
    let body = std::io::read_to_string(std::io::stdin()).unwrap();
    println!("{}", webhookkit::verify_stripe_webhook(&body, &signature, &secret).is_ok());
}
