//! `PostHog` and Deezer over real sockets, among the others.
#![expect(clippy::unwrap_used, reason = "a panic in a test is its report")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use sandbox::deezer::{self, Change, Deezer};
use sandbox::posthog::{EU_KEY, EU_PROJECT, NewSession, PostHog};
use sandbox::{Chaos, Fault, Limit, Options, Sandbox};
use serde_json::{Value, json};

const DAYS: &str = "select toDate($start_timestamp) as day, count() as sessions from sessions where $start_timestamp >= toDateTime({from}) group by day order by day limit 10";

fn sandbox() -> Sandbox {
    Sandbox::start(Options::default().at("2026-11-21T16:00:00Z".parse().unwrap())).unwrap()
}

/// Status, headers in lower case, body.
fn send(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost:1\r\nauthorization: Bearer {EU_KEY}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    // A connection that is cut may end in a reset; what came before it counts.
    let _ = stream.read_to_end(&mut bytes);
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return (0, String::new(), bytes);
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, bytes[end + 4..].to_vec())
}

fn ask(sandbox: &Sandbox, query: &str, values: &Value) -> (u16, String, Value) {
    let body = json!({ "query": { "kind": "HogQLQuery", "query": query, "values": values }, "refresh": "force_blocking" });
    let path = format!("/posthog/api/projects/{EU_PROJECT}/query/");
    let (status, head, body) = send(sandbox, "POST", &path, &body.to_string());
    (status, head, serde_json::from_slice(&body).unwrap_or_default())
}

fn get(sandbox: &Sandbox, path: &str) -> Value {
    let (status, _, body) = send(sandbox, "GET", path, "");
    assert_eq!(status, 200);
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn both_are_served_beside_the_others() {
    let sandbox = sandbox();
    assert_eq!(
        sandbox.ids(),
        [
            "apple_music",
            "deezer",
            "feature_fm",
            "google_ads",
            "google_analytics",
            "meta_ads",
            "posthog",
            "report_files",
            "soundcharts",
            "spotify",
            "spotify_ads",
            "stripe",
            "tiktok_ads",
            "youtube"
        ]
    );
    let (status, _, body) = ask(&sandbox, DAYS, &json!({ "from": "2026-11-20" }));
    assert_eq!((status, body["columns"].clone()), (200, json!(["day", "sessions"])));
    let truth = sandbox.with_world(|world: &mut PostHog| world.truth_web(EU_PROJECT, None)).unwrap();
    let truth =
        truth.iter().filter(|row| row.scope == "total" && row.day.to_string().as_str() >= "2026-11-20");
    let truth: Value = truth.map(|row| json!([row.day.to_string(), row.sessions])).collect();
    assert_eq!(body["results"], truth);
    let tracks = sandbox.with_world(|world: &mut Deezer| world.truth_tracks()).unwrap();
    assert_eq!(get(&sandbox, &format!("/deezer/track/{}", tracks[0].id))["title"], tracks[0].title);
    let (status, head, _) =
        send(&sandbox, "POST", &format!("/posthog/api/projects/{EU_PROJECT}/query"), "{}");
    assert_eq!(status, 301);
    assert!(
        head.contains(&format!("location: http://localhost:1/posthog/api/projects/{EU_PROJECT}/query/")),
        "{head}"
    );
}

#[test]
fn worlds_move_with_the_clock_and_by_hand() {
    let sandbox = sandbox();
    let count =
        || ask(&sandbox, "select count() from sessions", &json!({})).2["results"][0][0].as_i64().unwrap();
    let before = count();
    let start = "2026-11-18T10:00:00Z".parse().unwrap();
    sandbox.with_world(|world: &mut PostHog| {
        world.add_session(EU_PROJECT, NewSession { start, ..NewSession::default() });
    });
    assert_eq!(count(), before + 1);
    sandbox.advance_days(1);
    assert!(count() > before + 40);
    let page = || get(&sandbox, "/deezer/playlist/1313621735/tracks?limit=2")["total"].clone();
    sandbox.with_world(|world: &mut Deezer| world.change_while_read(1_313_621_735, 1, Change::RemoveFirst));
    assert_eq!([page(), page()], [json!(1230), json!(1229)]);
}

#[test]
fn limits_and_faults_speak_each_provider_s_words() {
    let sandbox = sandbox();
    sandbox.set_limit("deezer", Some(Limit { requests: 1, ..deezer::quota().by_sandbox_clock() }));
    assert!(get(&sandbox, "/deezer/artist/4050205").get("error").is_none());
    let refused = json!({ "type": "Exception", "message": "Quota limit exceeded", "code": 4 });
    assert_eq!(get(&sandbox, "/deezer/artist/4050205")["error"], refused, "under status 200");
    sandbox.set_limit("posthog", Some(Limit::per(1, Duration::from_mins(1)).by_sandbox_clock()));
    assert_eq!(ask(&sandbox, "select 1", &json!({})).0, 200);
    let (status, head, body) = ask(&sandbox, "select 1", &json!({}));
    assert_eq!((status, body["code"].clone()), (429, json!("throttled")));
    assert!(head.contains("retry-after: 60"), "{head}");
    sandbox.set_limit("posthog", None);
    sandbox.script(
        "posthog",
        "/api",
        vec![Fault::Status(500), Fault::Status(504), Fault::Expired, Fault::Mistyped, Fault::Drop],
    );
    let values = json!({ "from": "2026-11-20" });
    let seen = [(); 5].map(|()| ask(&sandbox, DAYS, &values));
    assert_eq!(seen.each_ref().map(|(status, ..)| *status), [500, 504, 401, 200, 0]);
    assert_eq!(seen[0].2["detail"], "ClickHouse error while executing query.");
    assert!(seen[3].2["results"][0][0].is_array(), "{}", seen[3].2);
    sandbox.set_chaos("deezer", Chaos::profile("errors").unwrap());
    sandbox.set_limit("deezer", None);
    let answers = (0..200).map(|_| send(&sandbox, "GET", "/deezer/artist/4050205", "").0);
    assert!(answers.filter(|status| *status != 200).count() > 5);
    assert_eq!(sandbox.request_paths("deezer").get("/artist/4050205"), Some(&202));
}
