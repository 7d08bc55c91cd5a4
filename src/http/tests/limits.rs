//! What a client can keep the server from: nothing, for long.

use std::time::{Duration, Instant};

use super::*;
use crate::http::{
    limits::{BODIES_MAX, CONNECTIONS_MAX},
    seat::Patience,
    server::serve_with,
};

/// A server whose patience is short.
fn impatient(more: impl FnOnce(&mut Http)) -> (Server, Arc<World>) {
    let world = Arc::new(World::default());
    let mut settings = settings(ANYWHERE);
    more(&mut settings);
    let short = Duration::from_millis(300);
    let patience = Patience { head: short, body: short, answer: short, idle: Duration::from_mins(1) };
    (serve_with(&settings, sources(&world), patience).unwrap(), world)
}

/// Sends this, and gives what comes until the server closes the connection.
async fn until_closed(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset is an end, too.
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

#[tokio::test]
async fn a_request_that_does_not_come_to_its_end_is_given_up() {
    let (server, world) = impatient(|_| {});
    let head = until_closed(server.address, "GET /metrics HTTP/1.1\r\nHost: local").await;
    assert!(["408", ""].contains(&status(&head)), "{head}");
    // The second one of a connection, too: actix-http has no time limit for that.
    let first = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let second = until_closed(server.address, &format!("{first}GET /hea")).await;
    assert_eq!(second.matches("HTTP/1.1").count(), 1, "{second}");
    let message = |time: i64, length: usize| {
        format!(
            "POST /webhooks/stripe/label-a-stripe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nStripe-Signature: t={time},v1=00\r\n\
             Content-Length: {length}\r\n\r\n{{}}"
        )
    };
    let now = rows::Clock::now(&SystemClock::new()).as_second();
    let slow = until_closed(server.address, &message(now, 100)).await;
    assert!(["408", ""].contains(&status(&slow)), "{slow}");
    assert_eq!(
        status(&until_closed(server.address, &message(now, 2)).await),
        "400",
        "its signature is looked at"
    );
    assert!(world.news.lock().is_empty());
    server.stop().await.unwrap();
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a real server's answers are timed")]
async fn nobodys_body_is_waited_for() {
    let (server, world) = started();
    let (guarded, _) = started_with_authentication();
    for (address, request, expected) in [
        (server.address, "POST /webhooks/stripe/none", "404"),
        (server.address, "POST /webhooks/paypal/none", "404"),
        (server.address, "POST /connections/label-a-meta/pause", "403"),
        (guarded.address, "POST /connections/label-a-meta/pause", "401"),
        (guarded.address, "POST /connections/label-a-meta/pause/more", "401"),
    ] {
        let began = Instant::now();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("{request} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 1_024];
        let count = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..count]).into_owned();
        assert_eq!(status(&answer), expected, "{request}: {answer}");
        assert!(began.elapsed() < Duration::from_secs(2), "{request}: {:?}", began.elapsed());
    }
    assert!(world.asked.lock().is_empty());
    server.stop().await.unwrap();
    guarded.stop().await.unwrap();
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up_and_no_further_request_is_read() {
    let (server, _) = impatient(|_| {});
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1_000);
    // Without reading: the server takes a few, and then no more, and hangs up.
    let sending = async {
        let mut sent = 0;
        while sent < 10_000_000 && stream.write_all(request.as_bytes()).await.is_ok() {
            sent += request.len();
        }
        sent
    };
    let sent = tokio::time::timeout(Duration::from_secs(20), sending).await.expect("it hangs up");
    assert!(sent < 10_000_000, "{sent} bytes of requests were taken");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let (server, _) = started();
    let mut requests = String::new();
    for path in ["/healthz", "/nowhere", "/metrics", "/readyz", "/"] {
        requests = format!("{requests}GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    requests.push_str("GET /icon.svg HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answers = until_closed(server.address, &requests).await;
    let statuses: Vec<_> =
        answers.match_indices("HTTP/1.1 ").map(|(at, _)| &answers[at + 9..at + 12]).collect();
    assert_eq!(statuses, ["200", "404", "200", "200", "200", "200"]);
    assert!(answers.ends_with("</svg>\n") || answers.trim_end().ends_with("</svg>"));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn when_there_is_no_room_the_one_that_was_waited_for_longest_goes() {
    let (server, _) = started();
    let mut idle = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        idle.push(TcpStream::connect(server.address).await.unwrap());
    }
    assert_eq!(ask(server.address, "GET", "/healthz", "").await.status(), "200");
    let mut byte = [0];
    assert!(idle[0].read(&mut byte).await.is_ok_and(|count| count == 0), "the oldest was closed");
    let last = idle.last_mut().unwrap();
    last.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    assert_eq!(last.read(&mut byte).await.unwrap(), 1, "the newest is answered");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn only_so_many_bodies_are_read_at_a_time() {
    let (server, world) = started();
    let now = rows::Clock::now(&SystemClock::new()).as_second();
    let head = format!(
        "POST /webhooks/stripe/label-a-stripe HTTP/1.1\r\nHost: localhost\r\nStripe-Signature: t={now},v1=00\r\n\
         Content-Length: 500000\r\n\r\nx"
    );
    let mut slow = Vec::new();
    for _ in 0..=BODIES_MAX {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // Until it is read: somebody else is answered after it.
        assert_eq!(ask(server.address, "GET", "/healthz", "").await.status(), "200");
        slow.push(stream);
    }
    let mut byte = [0];
    let first = tokio::time::timeout(Duration::from_secs(5), slow[0].read(&mut byte)).await;
    assert!(!matches!(first.unwrap(), Ok(1..)), "the first was given up without an answer");
    let last = tokio::time::timeout(Duration::from_millis(100), slow[BODIES_MAX].read(&mut byte)).await;
    assert!(last.is_err(), "the last one goes on");
    assert!(world.news.lock().is_empty());
    drop(slow);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn only_names_that_were_listed_are_answered_to() {
    let (server, _) = impatient(|settings| {
        settings.allow_public = true;
        settings.allowed_hosts = vec!["dynamoi".to_owned(), "stats.example".to_owned()];
    });
    for (host, path, expected) in [
        ("dynamoi:9464", "/metrics", "200"),
        ("STATS.example", "/", "200"),
        ("127.0.0.1:9464", "/", "200"),
        ("localhost:9464", "/", "200"),
        ("rebound.example", "/", "421"),
        ("worker", "/api/v1/connections", "421"),
        ("rebound.example", "/healthz", "200"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = exchange(server.address, &request).await;
        assert_eq!(answer.status(), expected, "{host}{path}");
    }
    server.stop().await.unwrap();
}
