//! Messages of providers: who may send them, and what they may not.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;

fn message(path: &str, secret: &str, body: &str) -> String {
    let time = rows::Clock::now(&SystemClock::new()).as_second();
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let code = hex::encode(mac.chain_update(format!("{time}.{body}")).finalize().into_bytes());
    format!(
        "POST {path} HTTP/1.1\r\nHost: hooks.example\r\nConnection: close\r\nStripe-Signature: t={time},v1={code}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

const PATH: &str = "/webhooks/stripe/label-a-stripe";
const EVENT: &str = r#"{"id":"evt_1","type":"charge.succeeded"}"#;

#[tokio::test]
async fn a_signature_is_all_that_a_webhook_needs() {
    let (server, world) = started_with_authentication();
    let send = async |request: String| exchange(server.address, &request).await.status().to_owned();
    assert_eq!(send(message(PATH, "whsec_ours", EVENT)).await, "200");
    assert_eq!(*world.news.lock(), ["label-a-stripe"]);
    let large = "x".repeat(300_000);
    assert_eq!(send(message(PATH, "whsec_ours", &large)).await, "200", "as large as events are");

    world.news.lock().clear();
    assert_eq!(send(message(PATH, "whsec_theirs", EVENT)).await, "400");
    assert_eq!(send(message("/webhooks/stripe/label-a-meta", "whsec_ours", EVENT)).await, "404");
    assert_eq!(send(message("/webhooks/paypal/label-a-stripe", "whsec_ours", EVENT)).await, "404");
    assert_eq!(send(message(PATH, "whsec_ours", &"x".repeat(600_000))).await, "413");
    assert_eq!(send(message("/api/v1/connections/label-a-meta/pause", "whsec_ours", "")).await, "401");
    let unsigned = format!("POST {PATH} HTTP/1.1\r\nHost: hooks.example\r\nConnection: close\r\n\r\n");
    assert_eq!(send(unsigned).await, "400");
    assert_eq!(ask(server.address, "GET", PATH, "").await.status(), "401");
    assert!(world.news.lock().is_empty() && world.asked.lock().is_empty());
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_tenant_is_not_told_who_takes_webhooks_and_cannot_guess_its_way() {
    let (server, world) = started_with_authentication();
    let nobody = "/webhooks/stripe/nobody";
    let send = async |path: &str, token: &str| {
        let brings = format!("Authorization: Bearer {token}\r\nConnection: close");
        let request = message(path, "whsec_ours", EVENT).replacen("Connection: close", &brings, 1);
        exchange(server.address, &request).await.status().to_owned()
    };
    // Signed or not, there or not.
    for path in [PATH, "/webhooks/stripe/label-a-meta", nobody] {
        assert_eq!(send(path, "token-a").await, "403", "{path}");
    }
    assert!(world.news.lock().is_empty());
    // Whoever operates the worker, or brings nothing that is known here, is judged by the signature.
    assert_eq!((send(PATH, "token").await, send(nobody, "token").await), ("200".into(), "404".into()));
    for _ in 0..20 {
        assert_eq!(send(PATH, "guess").await, "200");
    }
    assert_eq!(send(nobody, "token-a").await, "404", "guesses are not looked at any more");
    server.stop().await.unwrap();
}
