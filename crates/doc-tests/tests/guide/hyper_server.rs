//! The server of `receiving_elsewhere`, under attack.

include!(concat!(env!("OUT_DIR"), "/receiving_elsewhere_1.rs"));

mod tests {
    use hookseal::receive::Receiver;
    use hookseal::testing::AttackKit;
    use hookseal::{Secret, provider};
    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use serde_json::json;
    use tokio::net::TcpListener;

    use super::hook;
    use crate::attack::over_http;

    #[tokio::test]
    async fn the_attack_kit_finds_no_mistake() {
        let secret = Secret::new("a secret of twenty-some bytes").unwrap();
        let receiver: Receiver = provider::STRIPE.receiver(secret.clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let receiver = receiver.clone();
                let service = service_fn(move |request| hook(request, receiver.clone()));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        let data = json!({"object": {"id": "in_1"}});
        let kit = AttackKit::events(&provider::STRIPE, secret, "invoice.paid", data).unwrap();
        over_http(kit.with_uri(format!("http://{address}/").parse().unwrap())).await;
    }
}
