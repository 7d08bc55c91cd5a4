//! The page as text: bounded, escaped, honest about what it does not know.

use super::{
    api::{campaign, condition},
    *,
};

async fn page(address: SocketAddr, query: &str) -> String {
    let answer = ask(address, "GET", &format!("/{query}"), "").await;
    assert_eq!(answer.status(), "200", "{query}");
    answer.text().to_owned()
}

#[tokio::test]
async fn ten_thousand_connections_are_told_in_pages() {
    let (server, world) = started();
    *world.more.lock() = (0..10_000)
        .map(|number| condition(&format!("c{number:05}"), &format!("t{number}"), State::Idle))
        .collect();
    *world.campaigns.lock() = (0..5_000).map(|number| campaign(&format!("{number:04}"), "label-a")).collect();
    let first = page(server.address, "").await;
    assert!(first.len() < 500_000, "{} bytes", first.len());
    assert!(first.contains("1–50 of 10001") && first.contains("1–24 of 5000"), "{first}");
    // What needs somebody comes first.
    assert!(first.find("label-a-meta").unwrap() < first.find("c00000").unwrap());
    let last = page(server.address, "?connections_page=201&campaigns_page=209&tenant=").await;
    assert!(last.contains("c09999") && last.contains("Campaign &lt;4999&gt;"));
    let beyond = page(server.address, "?connections_page=999").await;
    assert!(beyond.contains("c09999"), "a number beyond the last page shows the last");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn names_and_errors_cannot_become_markup() {
    let (server, world) = started();
    world.more.lock().push(condition("m", "<script>alert(1)</script>", State::Idle));
    *world.campaigns.lock() = vec![campaign("\"><script>", "a & b")];
    let html = page(server.address, "?tenant=%3Cscript%3E").await;
    assert!(!html.contains("<script"));
    let html = page(server.address, "").await;
    assert!(
        !html.contains("<script") && html.contains("&lt;script&gt;alert(1)") && html.contains("a &amp; b")
    );
    server.stop().await.unwrap();
}

#[tokio::test]
async fn it_says_what_it_does_not_know_and_what_is_wrong() {
    let (server, world) = started();
    *world.campaigns.lock() = vec![campaign("1", "label-a")];
    let html = page(server.address, "").await;
    assert!(html.contains("the disk is full"), "the charts' error");
    assert!(html.contains("5.00") && html.contains("not read") && html.contains("unknown"));
    assert!(html.contains("42 %") && html.contains("renew it"));
    assert!(html.contains("01:00 Europe/Berlin (00:00 UTC)"), "when it was read, there and here");
    let html = page(server.address, "?state=paused").await;
    assert!(html.contains("No connection fits this filter") && html.contains("No campaign fits this filter"));
    let wrong = ask(server.address, "GET", "/?state=tired", "").await;
    assert_eq!(wrong.status(), "400");
    assert!(wrong.text().contains("expected one of stopped"));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn buttons_are_there_for_whoever_may_press_them() {
    let (server, _) = started();
    assert!(!page(server.address, "").await.contains("<form method=\"post\""));
    server.stop().await.unwrap();
    let (server, _) = started_with_authentication();
    let answer = ask(server.address, "GET", "/", "Authorization: Bearer token\r\n").await;
    assert!(answer.text().contains("action=\"/connections/label-a-meta/pause?\""), "{}", answer.text());
    server.stop().await.unwrap();
}
