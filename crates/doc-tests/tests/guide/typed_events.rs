//! What `typed_events` says of types, batches, forms and fallbacks, seen by senders.

include!(concat!(env!("OUT_DIR"), "/typed_events_4.rs"));

mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::extract::{FromRef, State};
    use axum::routing::post;
    use bytes::Bytes;
    use hookseal::idempotency::{MemoryStore, Once};
    use hookseal::receive::{Answer, Receiver, Webhook, Webhooks};
    use hookseal::testing::Sender;
    use hookseal::{Secret, provider, provider::Provider};
    use http::Request;
    use serde_json::json;
    use tower::ServiceExt;

    use super::Line;

    #[derive(Clone, FromRef)]
    struct App {
        receiver: Receiver,
        once: Once<MemoryStore>,
    }

    fn secret() -> Secret {
        Secret::new("a secret of twenty-some bytes").unwrap()
    }

    fn app(receiver: Receiver) -> App {
        App { receiver, once: Once::new(MemoryStore::new(1000)) }
    }

    fn sender(provider: &Provider) -> Sender {
        Sender::new(provider, secret()).unwrap()
    }

    async fn send(app: &Router, request: Request<Bytes>) -> (u16, String) {
        let response = app.clone().oneshot(request.map(Body::from)).await.unwrap();
        let status = response.status().as_u16();
        let text = to_bytes(response.into_body(), 1000).await.unwrap();
        (status, String::from_utf8_lossy(&text).into_owned())
    }

    fn batch(texts: [&str; 2]) -> Request<Bytes> {
        let event = |text: &str| {
            let message = json!({"type": "text", "text": text});
            json!({"type": "message", "webhookEventId": text, "timestamp": 1_462_629_479_859_u64, "message": message})
        };
        let body = json!({"destination": "U1", "events": texts.map(event)}).to_string();
        sender(&provider::LINE).body("/", body).unwrap()
    }

    #[tokio::test]
    async fn each_event_of_a_batch_is_processed_once() {
        let processed = Arc::new(Mutex::new(Vec::new()));
        let list = processed.clone();
        let hook = |State(once): State<Once<MemoryStore>>, mut webhooks: Webhooks<Line>| async move {
            while let Some(webhook) = webhooks.next() {
                let answer = once.run(&webhook, async {
                    list.lock().unwrap().push(webhook.event.id().unwrap().to_owned());
                    Answer::Processed
                });
                webhooks.record(answer.await);
            }
            webhooks.answer()
        };
        let router = Router::new().route("/", post(hook));
        let router = router.with_state(app(provider::LINE.receiver(secret()).unwrap()));
        for texts in [["1", "2"], ["2", "1"], ["2", "3"]] {
            assert_eq!(send(&router, batch(texts)).await.0, 200);
        }
        assert_eq!(*processed.lock().unwrap(), ["1", "2", "3"]);
    }

    #[tokio::test]
    async fn the_pages_handler_takes_a_batch() {
        async fn hook(State(once): State<Once<MemoryStore>>, webhooks: Webhooks<Line>) -> Answer {
            super::hook(once, webhooks).await
        }
        let router = Router::new().route("/", post(hook));
        let router = router.with_state(app(provider::LINE.receiver(secret()).unwrap()));
        assert_eq!(send(&router, batch(["1", "2"])).await, (200, "processed".to_owned()));
    }

    #[tokio::test]
    async fn a_batch_has_one_answer() {
        async fn hook(mut webhooks: Webhooks<Line>) -> Answer {
            let answer = |text: Option<&str>| match text {
                Some("later") => Answer::retry(std::time::Duration::from_secs(60)),
                _ => Answer::Processed,
            };
            while let Some(webhook) = webhooks.next() {
                let Line::Message { message } = webhook.event.data();
                webhooks.record(answer(message.text.as_deref()));
            }
            webhooks.answer()
        }
        async fn single(_: Webhook<Line>) -> Answer {
            Answer::Processed
        }
        let app = Router::new()
            .route("/", post(hook))
            .route("/single", post(single))
            .with_state(provider::LINE.receiver(secret()).unwrap());
        for (path, texts, status) in
            [("/", ["now", "now, too"], 200), ("/", ["now", "later"], 503), ("/single", ["now", "now, too"], 500)]
        {
            let mut request = batch(texts);
            *request.uri_mut() = path.parse().unwrap();
            assert_eq!(send(&app, request).await.0, status, "{texts:?}");
        }
    }

    /// What `each_event_once` says of a provider whose events nothing tells apart.
    #[tokio::test]
    async fn where_nothing_tells_events_apart_once_does_not_guess() {
        async fn hook(State(once): State<Once<MemoryStore>>, webhook: Webhook<Loose>) -> Answer {
            once.run(&webhook, async { Answer::Processed }).await
        }
        let own = provider::DOPPLER.clone().with_idempotency_rule(hookseal::provider::IdempotencyRule::Body).unwrap();
        for (provider, statuses) in [(&provider::DOPPLER, ["500", "500"]), (&own, ["processed", "processed before"])] {
            let app = Router::new().route("/", post(hook)).with_state(app(provider.receiver(secret()).unwrap()));
            for expected in statuses {
                let request = sender(provider).body("/", r#"{"type":"push"}"#).unwrap();
                let (status, text) = send(&app, request).await;
                assert!(expected == status.to_string() || expected == text, "{expected}: {status} {text}");
            }
        }
    }

    #[derive(serde::Deserialize)]
    #[allow(dead_code, reason = "only whether they can be read matters")]
    enum Loose {
        #[serde(rename = "push")]
        Pushed,
    }

    /// Why a variant should require fields.
    #[tokio::test]
    async fn a_body_that_was_acknowledged_passes_under_another_type() {
        async fn hook(State(once): State<Once<MemoryStore>>, webhook: Webhook<Loose>) -> Answer {
            once.run(&webhook, async { Answer::Processed }).await
        }
        let app = app(provider::GITHUB.lossy().receiver(secret()).unwrap());
        let app = Router::new().route("/", post(hook)).with_state(app);
        let mut request = sender(&provider::GITHUB).event("/", "issues.opened", json!({"issue": {}})).unwrap();
        assert_eq!(send(&app, request.clone()).await.1, "acknowledged");
        request.headers_mut().insert("x-github-event", "push".parse().unwrap());
        assert_eq!(send(&app, request).await.1, "processed");
    }

    #[tokio::test]
    async fn an_event_that_does_not_fit_comes_again() {
        #[derive(serde::Deserialize)]
        #[allow(dead_code, reason = "only whether they can be read matters")]
        enum Event {
            #[serde(rename = "incident.triggered")]
            Triggered { no_such_field: String },
            #[serde(rename = "invoice.paid")]
            Paid { no_such_field: String },
        }
        async fn hook(_: Webhook<Event>) -> Answer {
            Answer::Processed
        }
        for (provider, event_type, status) in [
            (&provider::PAGERDUTY, "incident.triggered", 503),
            (&provider::CALLINTEL, "invoice.paid", 503),
            (&provider::STRIPE, "invoice.paid", 400),
        ] {
            let app = Router::new().route("/", post(hook)).with_state(provider.receiver(secret()).unwrap());
            let request = sender(provider).event("/", event_type, json!({})).unwrap();
            assert_eq!(send(&app, request).await, (status, "the webhook's body is not the expected JSON".to_owned()));
        }
    }

    #[tokio::test]
    async fn a_fallback_keeps_what_does_not_fit() {
        #[derive(serde::Deserialize)]
        #[allow(dead_code, reason = "only whether they can be read matters")]
        enum Event {
            #[serde(rename = "push")]
            Pushed { no_such_field: String },
        }
        async fn hook(_: Webhook<Event>) -> Answer {
            Answer::Processed
        }
        let kept = Arc::new(Mutex::new(Vec::new()));
        let list = kept.clone();
        let receiver = provider::GITHUB.receiver_with_fallback(secret(), move |received, _| {
            list.lock().unwrap().push((received.event().unwrap().event_type().to_owned(), received.body().clone()));
            async { Answer::Accepted }
        });
        let app = Router::new().route("/", post(hook)).with_state(receiver.unwrap());
        let request = sender(&provider::GITHUB).event("/", "push", json!({"ref": "refs/heads/main"})).unwrap();
        let body = request.body().clone();
        assert_eq!(send(&app, request).await.0, 202);
        assert_eq!(*kept.lock().unwrap(), [("push".to_owned(), body)]);
    }

    /// The table in `each_event_once`.
    #[test]
    fn the_rules_are_those_of_the_page() {
        use hookseal::provider::IdempotencyRule as Rule;
        let rules = [
            (Rule::EventId, &["stripe", "slack", "linear", "docusign", "grafana"][..]),
            (Rule::SignedId, &["standard-webhooks", "svix"]),
            (Rule::Body, &["github", "callintel"]),
            (Rule::BodyAndType, &["shopify", "woocommerce"]),
            (Rule::Nothing, &["doppler"]),
        ];
        for (rule, names) in rules {
            for name in names {
                assert_eq!(provider::by_name(name).unwrap().idempotency_rule(), rule, "{name}");
            }
        }
    }

    /// What `typed_events` says of the catalogue.
    #[test]
    fn the_providers_are_those_of_the_page() {
        let names = |is: fn(&&&'static Provider) -> bool| -> Vec<&str> {
            provider::ALL.iter().filter(is).map(|provider| provider.name()).collect()
        };
        let batches = names(|provider| provider.event_shapes().iter().any(|shape| shape.is_batch()));
        assert_eq!(
            batches,
            [
                "gocardless",
                "adyen-standard",
                "xero",
                "quickbooks",
                "grafana",
                "line",
                "meta",
                "twitch",
                "pusher",
                "mandrill",
                "sendgrid",
                "x",
                "hubspot-v3",
                "hubspot-v2",
                "hubspot-v1",
                "microsoft-graph",
                "asana",
                "dropbox",
            ]
        );
        let lossy = names(|provider| provider.delivery_policy().retry().max_attempts() == 1);
        assert_eq!(lossy, ["github"]);
    }

    #[tokio::test]
    async fn a_command_is_a_form() {
        #[derive(serde::Deserialize)]
        enum Slack {
            #[serde(rename = "/weather")]
            Weather { text: String },
        }
        async fn hook(webhook: Webhook<Slack>) -> Answer {
            let Slack::Weather { text } = webhook.event.into_data();
            hookseal::receive::Reply::text(text).into()
        }
        let app = Router::new().route("/", post(hook)).with_state(provider::SLACK.receiver(secret()).unwrap());
        let form = "command=%2Fweather&text=Berlin+Mitte&trigger_id=13345224609.738474920.8088930838d88f008e0";
        let request = sender(&provider::SLACK).body("/", form).unwrap();
        assert_eq!(send(&app, request).await, (200, "Berlin Mitte".to_owned()));
    }
}
