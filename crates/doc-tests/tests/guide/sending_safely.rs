//! The client of `sending_safely`, against endpoints on loopback.

include!(concat!(env!("OUT_DIR"), "/sending_safely_1.rs"));

mod over_http {
    use std::process::Command;
    use std::time::Duration;

    use hookseal::delivery::{DeliveryPolicy, Outcome, UrlPolicy};
    use http::Request;
    use http::header::LOCATION;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::{SafeClient, failure};
    use crate::endpoint::{Endpoint, answer};

    fn client(policy: UrlPolicy) -> SafeClient {
        SafeClient::new(policy, &DeliveryPolicy::new()).unwrap()
    }

    const LIMIT: Duration = Duration::from_secs(30);

    fn loopback() -> SafeClient {
        client(UrlPolicy::new().allow_loopback_http())
    }

    fn post(url: &str) -> Request<String> {
        Request::post(url).body("{}".to_owned()).unwrap()
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_loopback_is_refused_before_a_connection() {
        let endpoint = Endpoint::start(|_| answer(200, "")).await;
        let client = client(UrlPolicy::new());
        for _ in 0..2 {
            assert_eq!(client.send(post(&endpoint.url()), LIMIT).await.err(), Some(Outcome::UrlRefused), "by its text");
            let error = client.client.post(endpoint.url()).send().await.unwrap_err();
            assert_eq!(failure(&error), Outcome::AddressRefused, "by what it resolves to");
        }
        assert_eq!(endpoint.connections(), 0);
    }

    #[tokio::test]
    async fn one_client_reuses_its_connection() {
        let endpoint = Endpoint::start(|_| answer(200, "ok")).await;
        let client = loopback();
        for _ in 0..3 {
            let answer = client.send(post(&endpoint.url()), LIMIT).await.unwrap();
            assert_eq!((answer.status, answer.excerpt), (200, b"ok".to_vec()));
        }
        assert_eq!((endpoint.requests().len(), endpoint.connections()), (3, 1));
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let inner = Endpoint::start(|_| answer(200, "secrets")).await;
        let target = inner.url();
        let redirect = move |_| {
            let mut redirect = answer(307, "");
            redirect.headers_mut().insert(LOCATION, target.parse().unwrap());
            redirect
        };
        let endpoint = Endpoint::start(redirect).await;
        let client = loopback();
        assert_eq!(client.send(post(&endpoint.url()), LIMIT).await.unwrap().status, 307);
        assert_eq!(inner.connections(), 0);
    }

    #[tokio::test]
    async fn errors_are_told_apart() {
        let client = loopback();
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let hangs_up = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = hangs_up.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = hangs_up.accept().await.unwrap();
                let _ = stream.read(&mut [0; 1024]).await;
            }
        });
        for (url, outcome) in [
            (format!("http://localhost:{free}/"), Outcome::ConnectError),
            (format!("http://localhost:{port}/"), Outcome::ConnectionReset),
            ("ftp://localhost/".to_owned(), Outcome::UrlRefused),
        ] {
            assert_eq!(client.send(post(&url), LIMIT).await.err(), Some(outcome), "{url}");
        }
        let error = client.client.get("http://no-such-name.invalid/").send().await.unwrap_err();
        assert_eq!(failure(&error), Outcome::DnsError);

        let impatient = reqwest::Client::builder().timeout(Duration::from_millis(50)).build().unwrap();
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let error = impatient.get(url).send().await.unwrap_err();
        assert_eq!(failure(&error), Outcome::Timeout);
    }

    /// Where to send, for the process that this test starts with a proxy in its environment.
    const URL: &str = "HOOKSEAL_URL_BEHIND_PROXY";

    #[tokio::test]
    async fn a_proxy_in_the_environment_is_not_used() {
        if let Ok(url) = std::env::var(URL) {
            let client = loopback();
            assert_eq!(client.send(post(&url), LIMIT).await.unwrap().status, 200);
            return;
        }
        let (endpoint, proxy) =
            (Endpoint::start(|_| answer(200, "")).await, Endpoint::start(|_| answer(200, "")).await);
        let proxy_url = format!("http://{}", proxy.address);
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args(["--exact", "sending_safely::over_http::a_proxy_in_the_environment_is_not_used"])
            .env(URL, endpoint.url());
        for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            child.env(name, &proxy_url);
        }
        for name in ["no_proxy", "NO_PROXY"] {
            child.env_remove(name);
        }
        let ended = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
        assert_eq!((endpoint.requests().len(), proxy.connections()), (1, 0));
    }
}
