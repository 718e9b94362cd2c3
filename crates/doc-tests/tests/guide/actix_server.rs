//! The server of `receiving_with_actix`, under attack.

include!(concat!(env!("OUT_DIR"), "/receiving_with_actix_1.rs"));

mod tests {
    use actix_web::web::Data;
    use actix_web::{App, body, test};
    use hookseal::actix::test_request;
    use hookseal::idempotency::{MemoryStore, Once};
    use hookseal::receive::Receiver;
    use hookseal::testing::AttackKit;
    use hookseal::{Secret, provider};
    use serde_json::json;

    use super::{GitHub, Stripe, routes};

    #[actix_web::test]
    async fn the_attack_kit_finds_no_mistake() {
        let secret = Secret::new("a secret of twenty-some bytes").unwrap();
        let stripe: Receiver<Stripe> = provider::STRIPE.receiver(secret.clone()).unwrap().with_marker();
        // Less than GitHub's 25 MiB, which take their time without optimisation.
        let limit = 1 << 20;
        let github = provider::GITHUB.lossy().receiver(secret.clone()).unwrap().with_max_received(limit);
        let github: Receiver<GitHub> = github.with_marker();
        let once = Data::new(Once::new(MemoryStore::new(1000)));
        let app = App::new().app_data(stripe).app_data(github).app_data(once).configure(routes);
        let app = test::init_service(app).await;

        let data = json!({"object": {"id": "in_1", "amount_paid": 4500}});
        let kits = [
            AttackKit::events(&provider::STRIPE, secret.clone(), "invoice.paid", data)
                .unwrap()
                .with_uri("/stripe".parse().unwrap()),
            AttackKit::events(&provider::GITHUB, secret, "pull_request.opened", json!({"number": 7}))
                .unwrap()
                .with_uri("/github".parse().unwrap())
                .with_max_received(limit),
        ];
        for kit in kits {
            let report = kit
                .run(async |request| {
                    let response = test::call_service(&app, test_request(request).to_request()).await;
                    let status = response.status().as_u16();
                    let text = body::to_bytes(response.into_body()).await.unwrap_or_default();
                    (status, String::from_utf8_lossy(&text).into_owned())
                })
                .await
                .unwrap();
            assert!(report.is_clean(), "{report}");
        }
    }
}
