//! The sandbox over real sockets, read by hand so that nothing between hides what is on the wire.
#![expect(clippy::unwrap_used, reason = "a panic in a test is its report")]

use std::any::Any;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use sandbox::exchange::{Answer, Imitation, Request};
use sandbox::meta_ads::{MetaAds, TOKEN};
use sandbox::{Fault, Limit, Options, Sandbox};

const ACCOUNTS: &str =
    "/meta_ads/v25.0/me/adaccounts?fields=name,currency,timezone_name,account_status,created_time";

fn sandbox() -> Sandbox {
    Sandbox::start(Options::default().at("2026-11-21T16:00:00Z".parse().unwrap())).unwrap()
}

/// Head and body as they came until the server closed the connection.
fn get(sandbox: &Sandbox, path: &str, headers: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost:1\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    // A connection that is cut may end in a reset; what came before it counts.
    let _ = stream.read_to_end(&mut bytes);
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return (String::new(), bytes);
    };
    (String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase(), bytes[end + 4..].to_vec())
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

fn announced_length(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    line.parse().unwrap()
}

#[test]
fn imitations_are_served_below_their_ids() {
    let sandbox = sandbox();
    let (head, listing) = get(&sandbox, "/", "");
    assert_eq!(status(&head), 200);
    assert!(String::from_utf8(listing).unwrap().contains("/meta_ads"));
    assert_eq!(status(&get(&sandbox, "/elsewhere/v1", "").0), 404);
    let (head, body) = get(&sandbox, &format!("{ACCOUNTS}&limit=1"), "");
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert!(head.contains("content-type: application/json") && head.contains("x-app-usage: {"), "{head}");
    let next = body["paging"]["next"].as_str().unwrap();
    assert!(
        next.starts_with("http://localhost:1/meta_ads/v25.0/me/adaccounts?fields=name"),
        "by the name asked: {next}"
    );
    let seen = sandbox.requests("meta_ads");
    assert_eq!((seen.len(), seen[0].path.as_str(), seen[0].status), (1, "/v25.0/me/adaccounts", 200));
    assert_eq!(seen[0].param("limit"), Some("1"));
    assert_eq!(sandbox.request_paths("meta_ads").get("/v25.0/me/adaccounts"), Some(&1));
}

#[test]
fn bodies_are_compressed_for_clients_that_take_it() {
    let sandbox = sandbox();
    let (_, plain) = get(&sandbox, ACCOUNTS, "");
    let (head, packed) = get(&sandbox, ACCOUNTS, "accept-encoding: gzip\r\n");
    assert!(head.contains("content-encoding: gzip"), "{head}");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain);
}

#[test]
fn faults_reach_the_wire() {
    let sandbox = sandbox();
    let (_, whole) = get(&sandbox, ACCOUNTS, "");
    let drip = Fault::Drip(Duration::from_millis(5));
    let faults = vec![Fault::Truncate, Fault::Drop, drip, Fault::Status(503), Fault::Garbage, Fault::Expired];
    sandbox.script("meta_ads", "/v25.0/me", faults);
    let (head, body) = get(&sandbox, ACCOUNTS, "");
    assert_eq!((announced_length(&head), body.len()), (whole.len(), whole.len() / 2));
    assert_eq!(get(&sandbox, ACCOUNTS, ""), (String::new(), Vec::new()), "no answer at all");
    let (head, body) = get(&sandbox, ACCOUNTS, "");
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert!(body.len() > whole.len() && body.ends_with(b"0\r\n\r\n"));
    let (head, body) = get(&sandbox, ACCOUNTS, "");
    let error: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status(&head), &error["error"]["code"]), (503, &2.into()));
    let (head, body) = get(&sandbox, ACCOUNTS, "");
    assert_eq!(status(&head), 200);
    assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err());
    assert_eq!(status(&get(&sandbox, ACCOUNTS, "").0), 401);
    assert_eq!((sandbox.script_left("meta_ads"), status(&get(&sandbox, ACCOUNTS, "").0)), (0, 200));
    let statuses = sandbox.requests("meta_ads").iter().map(|seen| seen.status).collect::<Vec<_>>();
    assert_eq!(statuses, [200, 200, 0, 200, 503, 200, 401, 200]);
}

#[test]
fn limits_follow_the_sandbox_clock_when_told_to() {
    let sandbox = sandbox();
    sandbox.set_limit("meta_ads", Some(Limit::per(2, Duration::from_mins(5)).by_sandbox_clock()));
    let statuses = [(); 4].map(|()| status(&get(&sandbox, ACCOUNTS, "").0));
    assert_eq!(statuses, [200, 200, 400, 400]);
    let counts = sandbox.limit_counts("meta_ads");
    assert_eq!((counts.admitted, counts.refused, counts.violations), (2, 2, 1));
    sandbox.advance_by(Duration::from_mins(5));
    assert_eq!(status(&get(&sandbox, ACCOUNTS, "").0), 200);
}

#[test]
fn tests_move_the_clock_and_reach_into_the_world() {
    let sandbox = sandbox();
    let today =
        || sandbox.with_world(|meta: &mut MetaAds| meta.truth_accounts()[0].today.to_string()).unwrap();
    assert_eq!(today(), "2026-11-21");
    sandbox.advance_days(2);
    assert_eq!(today(), "2026-11-23");
    sandbox.set_now("2026-12-24T12:00:00Z".parse().unwrap());
    assert_eq!(today(), "2026-12-24");
    sandbox.with("meta_ads", |imitation| {
        imitation.as_any_mut().downcast_mut::<MetaAds>().unwrap().expire_token();
    });
    assert_eq!(status(&get(&sandbox, ACCOUNTS, "").0), 401);
}

#[test]
fn a_large_body_is_refused_and_a_stopped_sandbox_is_gone() {
    let mut sandbox = sandbox();
    let headers = format!("content-length: {}\r\n", 2 << 20);
    assert_eq!(status(&get(&sandbox, ACCOUNTS, &headers).0), 413);
    sandbox.stop();
    assert!(TcpStream::connect(sandbox.address()).is_err());
}

#[test]
fn a_sandbox_starts_within_a_runtime_and_beside_another() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (first, second) = (sandbox(), sandbox());
        assert_ne!(first.address(), second.address());
        assert_eq!(status(&get(&second, ACCOUNTS, "").0), 200);
        assert_eq!((first.request_count("meta_ads"), second.request_count("meta_ads")), (0, 1));
    });
}

/// Counts how often it is advanced, and echoes a form.
struct Echo(Arc<AtomicU64>);

impl Imitation for Echo {
    fn id(&self) -> &'static str {
        "echo"
    }
    fn answer(&mut self, request: &Request) -> Answer {
        Answer::json(200, &serde_json::json!({ "path": request.path, "form": request.form() }))
    }
    fn advance(&mut self, _now: Timestamp) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn limited(&self, _request: &Request, _usage_percent: f64, _wait: Duration) -> Answer {
        Answer::json(429, &serde_json::Value::Null)
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

#[test]
fn worlds_advance_by_themselves_when_told_to_and_bodies_arrive() {
    let advanced = Arc::new(AtomicU64::new(0));
    let options = Options::default().tick(Duration::from_millis(2));
    let sandbox = Sandbox::start_with(options, vec![Box::new(Echo(Arc::clone(&advanced)))]).unwrap();
    assert_eq!(sandbox.ids(), ["echo"]);
    let (_, body) = get(&sandbox, "/echo/a/b?c=d", "content-length: 12\r\n\r\nx=1&y=%C3%A4");
    assert_eq!(String::from_utf8(body).unwrap(), r#"{"form":[["x","1"],["y","ä"]],"path":"/a/b"}"#);
    let rounds = (0..2_000).take_while(|_| {
        get(&sandbox, "/echo/", "");
        advanced.load(Ordering::Relaxed) < 2
    });
    assert!(rounds.count() < 2_000, "nothing advanced");
}
