//! Stripe's webhooks: what happened is in the tables long before it would be polled.

use hmac::{Hmac, KeyInit, Mac};
use rows::{Clock, clock::SystemClock};
use sandbox::stripe::Stripe;
use sha2::Sha256;

use crate::support::{Bench, PATIENCE, program::until_state, sql::Eyes, until};

const SECRET: &str = "whsec_only_for_this_test";

fn signed(secret: &str, body: &str) -> String {
    let time = SystemClock::new().now().as_second();
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let code = hex::encode(mac.chain_update(format!("{time}.{body}")).finalize().into_bytes());
    format!("t={time},v1={code}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_brings_what_happened_at_once() {
    let mut bench = Bench::new(83);
    // Polled so seldom that only the webhook can be the reason.
    bench.layer = format!(
        "connections.label-a-stripe.credentials.webhook_secret = \"{SECRET}\"\n\
         integrations.stripe.streams.charges.every = \"6h\"\n"
    );
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    until_state(address, "label-a-stripe", "idle").await;
    let url = format!("http://{address}/webhooks/stripe/label-a-stripe");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = r#"{"id":"evt_made_up","object":"event","type":"charge.succeeded","data":{"object":{"id":"ch_made_up"}}}"#;
    let send = async |secret: &str| {
        let message = client.post(&url).header("stripe-signature", signed(secret, body)).body(body);
        message.send().await.unwrap().status().as_u16()
    };

    let charge =
        bench.sandbox.with_world(|stripe: &mut Stripe| stripe.new_charge(1_999, "usd", None)).unwrap();
    assert_eq!(send("whsec_of_another").await, 400);
    assert_eq!(send(SECRET).await, 200);
    let eyes = Eyes::open(&bench.database_url).await;
    let stored = format!("SELECT count(*) FROM payments WHERE id = '{charge}'");
    until("the charge is there", async || (eyes.number(&stored).await == 1).then_some(())).await;
    // What the message itself says is not believed.
    assert_eq!(eyes.number("SELECT count(*) FROM payments WHERE id = 'ch_made_up'").await, 0);
    daemon.signal("TERM").await;
    let ended = daemon.ended(PATIENCE).await.expect(0);
    assert!(!ended.err.contains(SECRET) && !ended.out.contains(SECRET), "{ended:?}");
}
