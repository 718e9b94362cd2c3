//! Two senders and an attacker for the receiving examples: they send real requests to a real server.

use std::error::Error;
use std::net::SocketAddr;

use bytes::Bytes;
use hookseal::testing::Sender;
use hookseal::{Secret, provider};
use http::Request;
use serde_json::json;
use time::{Duration, OffsetDateTime};

/// The secret that the receiver shares with Klang.
pub const KLANG_SECRET: &str = "klang's secret, from its dashboard";
/// The secret that the receiver shares with GitHub, for the tenant `shop-1`.
pub const SHOP_SECRET: &str = "the secret of tenant shop-1";

/// Sends all requests, and fails if an answer is not the expected one.
pub async fn send_to(address: SocketAddr) -> Result<(), Box<dyn Error>> {
    let (klang_uri, shop_uri) = (format!("http://{address}/klang"), format!("http://{address}/github/shop-1"));
    let klang = Sender::new(&provider::KLANG, Secret::new(KLANG_SECRET)?)?;
    let github = Sender::new(&provider::GITHUB, Secret::new(SHOP_SECRET)?)?;
    let mallory = Sender::new(&provider::KLANG, Secret::new("a guess of twenty-some bytes")?)?;
    let nine_hours_ago = OffsetDateTime::now_utc() - Duration::hours(9);

    let ready = klang.event(&*klang_uri, "conversation.ready", json!({"title": "Hello"}))?;
    let added = klang.event(&*klang_uri, "conversation.rated", json!({"stars": 5}))?;
    let forged = mallory.event(&*klang_uri, "conversation.ready", json!({"title": "Hello"}))?;
    let stale =
        klang.clone().with_time(nine_hours_ago).event(&*klang_uri, "conversation.ready", json!({"title": "Hello"}))?;
    let broken = klang.body(&*klang_uri, "this is no JSON")?;
    let large = klang.body(&*klang_uri, vec![b' '; 2 << 20])?;
    let pushed = json!({"ref": "refs/heads/main", "after": "6113728f27ae82c7b1a177c8d03f9e96e0adf246"});
    let push = github.event(&*shop_uri, "push", &pushed)?;
    let respelt = github.event(format!("http://{address}/github/Shop-1"), "push", &pushed)?;
    let elsewhere = github.event(format!("http://{address}/github/shop-2"), "push", &pushed)?;
    let confused = github.event(&*klang_uri, "push", &pushed)?;

    let deliveries = [
        ("an event", ready.clone(), 200),
        ("the same event again", ready, 200),
        ("an event of a type that the handler does not know", added, 200),
        ("a forged event", forged, 401),
        ("an event from nine hours ago", stale, 401),
        ("signed, but no JSON", broken, 400),
        ("too large", large, 413),
        ("a tenant's event", push.clone(), 202),
        ("the same again", push, 200),
        ("the same to another spelling of the tenant", respelt, 200),
        ("the same to a tenant that does not exist", elsewhere, 401),
        ("the same to another provider's endpoint", confused, 400),
    ];
    let client = reqwest::Client::new();
    for (what, request, expected) in deliveries {
        let response = client.execute(Request::try_into(request.map(Bytes::from))?).await?;
        let (status, text) = (response.status().as_u16(), response.text().await?);
        println!("{status} {text:<50} {what}");
        if status != expected {
            return Err(format!("{what}: answered {status}, expected {expected}").into());
        }
    }
    Ok(())
}
