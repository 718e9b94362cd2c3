//! The server of `receiving_elsewhere`, under attack.

include!(concat!(env!("OUT_DIR"), "/receiving_elsewhere_1.rs"));

mod tests {
    use hookseal::receive::Receiver;
    use hookseal::testing::{AttackKit, Sender};
    use hookseal::{Secret, provider};
    use hyper_util::rt::TokioIo;
    use serde_json::json;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
    use tokio::net::TcpListener;

    use super::serve;
    use crate::attack::over_http;

    fn secret() -> Secret {
        Secret::new("a secret of twenty-some bytes").unwrap()
    }

    #[tokio::test]
    async fn the_attack_kit_finds_no_mistake() {
        let receiver: Receiver = provider::STRIPE.receiver(secret()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(TokioIo::new(stream), receiver.clone()));
            }
        });
        let data = json!({"object": {"id": "in_1"}});
        let kit = AttackKit::events(&provider::STRIPE, secret(), "invoice.paid", data).unwrap();
        over_http(kit.with_uri(format!("http://{address}/").parse().unwrap())).await;
    }

    fn connect() -> DuplexStream {
        let (client, server) = tokio::io::duplex(65_536);
        tokio::spawn(serve(TokioIo::new(server), provider::STRIPE.receiver(secret()).unwrap()));
        client
    }

    /// The bytes of a signed request, and how many of them precede the body.
    fn request() -> (Vec<u8>, usize) {
        let sender = Sender::new(&provider::STRIPE, secret()).unwrap();
        let request = sender.event("/", "invoice.paid", json!({"object": {"id": "in_1"}})).unwrap();
        let mut bytes = format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n", request.body().len());
        for (name, value) in request.headers() {
            bytes.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        bytes.push_str("\r\n");
        let head = bytes.len();
        (Vec::from_iter(bytes.bytes().chain(request.body().iter().copied())), head)
    }

    async fn answer(client: &mut DuplexStream) -> String {
        let mut bytes = [0; 4096];
        let read = client.read(&mut bytes).await.unwrap();
        String::from_utf8_lossy(&bytes[..read]).into_owned()
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_refused_in_time() {
        let (bytes, head) = request();
        let mut client = connect();
        client.write_all(&bytes[..head + 1]).await.unwrap();
        let answer = answer(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_lasts_for_as_long_as_requests_come() {
        let mut client = connect();
        for _ in 0..10 {
            client.write_all(&request().0).await.unwrap();
            let answer = answer(&mut client).await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
    }
}
