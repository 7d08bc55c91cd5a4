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
