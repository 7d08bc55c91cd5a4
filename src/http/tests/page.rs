//! The page as text: bounded, escaped, honest about what it does not know.

use rows::{
    Micros,
    figures::{Unread, Windows},
    money::RawSpend,
};

use super::{
    api::{campaign, status},
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
        .map(|number| status(&format!("c{number:05}"), &format!("t{number}"), State::Idle))
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
    world.more.lock().push(status("m", "<script>alert(1)</script>", State::Idle));
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
async fn it_says_why_a_window_is_missing_and_what_was_set_aside() {
    let (server, world) = started();
    let mut young = campaign("1", "label-a");
    let missing = |first, last, days| {
        let (first, last) = (jiff::civil::date(2026, 11, first), jiff::civil::date(2026, 11, last));
        Some(Unread { first, last, days })
    };
    young.snapshot.unread =
        Windows { last_7_days: missing(21, 22, 2), last_28_days: missing(1, 22, 22), ..Windows::default() };
    *world.campaigns.lock() = vec![young];
    world.set_aside.lock().push(set_aside("insights", 3, "2026-11-24T08:00:00Z"));
    let html = page(server.address, "").await;
    // Its start date is the 20th.
    assert!(html.contains(
        "28 days are not whole: 22 days from 2026-11-01 to 2026-11-22 have not been read: the connection's start_date is 2026-11-20."
    ), "{html}");
    assert!(html.contains("title=\"2 days from 2026-11-21 to 2026-11-22 have not been read yet\""), "{html}");
    assert_eq!(html.matches("3 rows set aside").count(), 2, "at the connection, and at the stream");
    assert!(html.contains("24 Nov 08:00 UTC, money: spend is no &lt;decimal&gt;"), "{html}");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn an_overspent_budget_stands_out_and_a_long_name_does_not() {
    let (server, world) = started();
    let mut over = campaign("1", "label-a");
    over.snapshot.name = Some(format!("<{}", "x".repeat(500)));
    over.snapshot.daily_budget = None;
    over.snapshot.lifetime_budget = Some(Micros(100_000_000));
    over.snapshot.lifetime_spend = Some(RawSpend(Micros(107_500_000)));
    let mut today = campaign("2", "label-a");
    today.snapshot.daily_budget = Some(Micros(4_000_000));
    *world.campaigns.lock() = vec![over, today];
    let html = page(server.address, "").await;
    assert!(html.contains("<span class=\"badge bad\">over budget by 7.50 EUR</span>"), "{html}");
    assert!(html.contains("<span class=\"badge wait\">over today's budget by 1.00 EUR</span>"), "{html}");
    let whole = format!("&lt;{}", "x".repeat(500));
    assert_eq!(html.matches(&whole).count(), 1, "once, where the pointer rests");
    assert!(html.contains(&format!("<span title=\"{whole}\">&lt;")));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn campaigns_are_found_by_name() {
    let (server, world) = started();
    *world.campaigns.lock() = vec![campaign("1", "label-a"), campaign("2", "label-a")];
    let html = page(server.address, "?name=CAMPAIGN+%3C2").await;
    assert!(html.contains("Campaign &lt;2&gt;") && !html.contains("Campaign &lt;1&gt;"), "{html}");
    assert!(html.contains("value=\"CAMPAIGN &lt;2\"") && html.contains("label-a-meta"));
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
    assert!(!answer.text().contains("label-a-meta/resume"), "it is not paused");
    server.stop().await.unwrap();
    let (server, world) = started_with_authentication();
    let mut held = ConnectionStatus::clone(&status("held", "label-a", State::NeedsReauth));
    held.paused = true;
    world.more.lock().push(Arc::new(held));
    let answer = ask(server.address, "GET", "/", "Authorization: Bearer token\r\n").await;
    let html = answer.text();
    assert!(
        html.contains("/connections/held/resume?") && !html.contains("/connections/held/pause?"),
        "{html}"
    );
    server.stop().await.unwrap();
}
