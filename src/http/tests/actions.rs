//! Who may ask, and who may act.

use super::*;

const BEARER: &str = "Authorization: Bearer token\r\n";
/// `ops:password`.
const BASIC: &str = "Authorization: Basic b3BzOnBhc3N3b3Jk\r\n";
const PAUSE: &str = "/api/v1/connections/label-a-meta/pause";

#[tokio::test]
async fn nothing_but_health_is_told_to_strangers() {
    let (server, _) = started_with_authentication();
    for path in
        ["/", "/metrics", "/readyz", "/style.css", "/api/v1/connections", "/api/v1/openapi.json", "/nowhere"]
    {
        let stranger = ask(server.address, "GET", path, "").await;
        assert_eq!(stranger.status(), "401", "{path}");
        assert!(stranger.head.contains("www-authenticate: Basic realm=\"dynamoi\""), "{}", stranger.head);
        assert!(stranger.head.contains("www-authenticate: Bearer realm=\"dynamoi\""), "{}", stranger.head);
        assert!(stranger.header("content-security-policy").is_some(), "{path}");
        for known in [BEARER, BASIC] {
            let status = ask(server.address, "GET", path, known).await.status().to_owned();
            assert!(["200", "404"].contains(&&*status), "{path}: {status}");
        }
        let wrong = "Authorization: Basic b3BzOndyb25n\r\n";
        assert_eq!(ask(server.address, "GET", path, wrong).await.status(), "401", "{path}");
    }
    assert_eq!(ask(server.address, "GET", "/healthz", "").await.status(), "200");
    assert_eq!(ask(server.address, "POST", PAUSE, "").await.status(), "401");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn guessing_ends() {
    let (server, _) = started_with_authentication();
    let mut statuses = Vec::new();
    for _ in 0..25 {
        let answer = ask(server.address, "GET", "/", "Authorization: Bearer guess\r\n").await;
        statuses.push(answer.status().to_owned());
    }
    assert_eq!(statuses[0], "401");
    assert_eq!(statuses[24], "429");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn actions_need_authentication_and_our_own_page() {
    let (server, world) = started();
    let refused = ask(server.address, "POST", PAUSE, "").await;
    assert_eq!(refused.status(), "403");
    assert!(refused.text().contains("http.authentication"), "{}", refused.text());
    assert!(world.asked.lock().is_empty());
    server.stop().await.unwrap();

    let (server, world) = started_with_authentication();
    let done = ask(server.address, "POST", PAUSE, BEARER).await;
    assert_eq!((done.status(), done.text()), ("200", r#"{"connection":"label-a-meta","action":"pause"}"#));
    assert_eq!(*world.asked.lock(), [("label-a-meta".to_owned(), Action::Pause)]);
    for (path, more, status) in [
        (PAUSE, "Origin: https://evil.example\r\n", "403"),
        (PAUSE, "Sec-Fetch-Site: cross-site\r\n", "403"),
        ("/api/v1/connections/nobody/pause", "", "404"),
        ("/api/v1/connections/label-a-meta/delete", "", "404"),
    ] {
        let answer = ask(server.address, "POST", path, &format!("{BASIC}{more}")).await;
        assert_eq!(answer.status(), status, "{path} {more}");
    }
    let wrong_method = ask(server.address, "GET", PAUSE, BASIC).await;
    assert_eq!((wrong_method.status(), wrong_method.header("allow")), ("405", Some("POST")));
    assert!(wrong_method.text().starts_with(r#"{"error":"this method is not known here: POST"#));
    assert_eq!(world.asked.lock().len(), 1);
    server.stop().await.unwrap();
}

async fn press(address: SocketAddr, action: &str, token: &str, more: &str) -> Answer {
    let body = format!("token={token}");
    let request = format!(
        "POST /connections/label-a-meta/{action}?tenant=label-a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n{BASIC}{more}\r\n{body}",
        body.len()
    );
    exchange(address, &request).await
}

#[tokio::test]
async fn a_button_works_with_its_own_token_only() {
    let (server, world) = started_with_authentication();
    let page = ask(server.address, "GET", "/", BASIC).await;
    let form = page.text().split("/label-a-meta/poll?").nth(1).unwrap();
    let token = form.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let done = press(server.address, "poll", token, "Sec-Fetch-Site: same-origin\r\n").await;
    assert_eq!(done.status(), "303");
    assert_eq!(done.header("location"), Some("/?tenant=label-a#connection-label-a-meta"));
    assert_eq!(*world.asked.lock(), [("label-a-meta".to_owned(), Action::Poll)]);
    assert_eq!(press(server.address, "pause", token, "").await.status(), "403");
    assert_eq!(press(server.address, "poll", "00", "").await.status(), "403");
    assert_eq!(press(server.address, "poll", token, "Sec-Fetch-Site: cross-site\r\n").await.status(), "403");
    assert_eq!(press(server.address, "poll", &"0".repeat(2_000), "").await.status(), "413");
    assert_eq!(world.asked.lock().len(), 1);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_name_that_others_can_own_is_not_answered_to() {
    let (server, _) = started();
    let rebound = "GET / HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n";
    assert_eq!(exchange(server.address, rebound).await.status(), "421");
    server.stop().await.unwrap();
    let (server, _) = started_with_authentication();
    let request = format!("GET / HTTP/1.1\r\nHost: worker.example\r\nConnection: close\r\n{BASIC}\r\n");
    assert_eq!(exchange(server.address, &request).await.status(), "200", "a proxy may keep its name");
    server.stop().await.unwrap();
}
