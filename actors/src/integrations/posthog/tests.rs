//! Whole readings against a scripted PostHog.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::date};
use rows::{
    Clock, Currency, DayRange, Micros, Row,
    clock::SimulatedClock,
    web::{WebAnalytics, WebConversions, WebScope},
};
use serde_json::{Value, json};

use super::*;
use crate::{
    integration::{AnyIntegration as _, Connected, Services},
    page::{DaysReply, DaysRequest, Next, Page, Pending},
    reader::{BoundStream, Reader},
    session::{Call, Method, quota::Urgency},
    testing::{self, Answer, Scripted},
};

const NOW: &str = "2026-11-21T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn spec(settings: Value) -> ConnectionSpec {
    testing::spec(&PostHog, ("api_key", "phx_key"), settings)
}

fn plain() -> Value {
    json!({ "project": "12345", "goals": ["signed_up", "pre_saved"], "page_size": 2 })
}

fn with_revenue() -> Value {
    json!({ "project": "12345", "goals": ["signed_up"], "currency": "EUR", "page_size": 2 })
}

fn services() -> Services {
    testing::services(now())
}

struct Stage {
    source: Arc<dyn Source>,
    streams: Vec<BoundStream>,
    script: Arc<Scripted>,
    session: Session,
    clock: SimulatedClock,
}

impl Stage {
    fn new(settings: Value, answers: Vec<(u16, Value)>) -> Self {
        let spec = spec(settings);
        let Connected { source, streams } = PostHog.connected(&spec, &services()).unwrap();
        // [`too_large`] is an answer that cannot be read.
        let script = Scripted::new(answers.into_iter().map(|(status, body)| match body {
            Value::Null => Answer::TooLarge,
            body => Answer::Body(status, body.to_string()),
        }));
        let clock = SimulatedClock::new(now());
        let link = testing::link(spec, &PostHog, source.clone(), Vec::new(), script.clone(), &clock);
        Self { source, streams, script, session: link.session(Urgency::Fresh), clock }
    }

    async fn ask(
        &self,
        stream: &str,
        cursor: Option<&str>,
        resume: Option<&str>,
    ) -> Result<DaysReply, Failure> {
        let stream = self.streams.iter().find(|it| it.name == stream).unwrap();
        let Reader::Days(reader) = stream.reader() else { panic!("{stream:?}") };
        let account = Account {
            id: "12345".to_owned(),
            name: "project 12345".to_owned(),
            currency: None,
            time_zone: "UTC".to_owned(),
        };
        let days = DayRange::day(date(2026, 11, 20));
        let request = DaysRequest { account: &account, days, part: None, cursor, resume, now: now() };
        reader.read(&self.session, request).await
    }

    async fn page(&self, stream: &str, cursor: Option<&str>) -> Page {
        match self.ask(stream, cursor, None).await.unwrap() {
            DaysReply::Page(page) => page,
            other => panic!("{other:?}"),
        }
    }

    /// Every page of the day.
    async fn day(&self, stream: &str) -> Vec<Page> {
        let mut pages = vec![self.page(stream, None).await];
        while let Next::More(cursor) = pages.last().unwrap().next.clone() {
            pages.push(self.page(stream, Some(&cursor)).await);
        }
        pages
    }

    /// What was asked. Panics when the script was not played to its end.
    fn asked(&self) -> Vec<Call> {
        self.script.calls()
    }
}

fn table(columns: &[&str], rows: &Value) -> (u16, Value) {
    (200, json!({ "columns": columns, "results": rows, "hasMore": false, "types": [], "is_cached": false }))
}

const VISITS: [&str; 7] =
    ["campaign", "source", "medium", "sessions", "page_views", "session_seconds", "users"];
const TOTAL: [&str; 4] = ["users", "session_seconds", "page_views", "sessions"];
const CONVERSIONS: [&str; 6] = ["goal", "campaign", "source", "medium", "conversions", "converting_sessions"];

fn total() -> (u16, Value) {
    // In another order than asked for: columns go by name.
    table(&TOTAL, &json!([[3, 90, 7, 4]]))
}

fn too_large() -> (u16, Value) {
    (200, Value::Null)
}

fn working(id: &str) -> (u16, Value) {
    (202, json!({ "query_status": { "id": id, "complete": false, "error": false, "results": null } }))
}

fn worked_out((_, answer): (u16, Value)) -> (u16, Value) {
    (200, json!({ "query_status": { "id": "q", "complete": true, "error": false, "results": answer } }))
}

fn visits(row: &Row) -> &WebAnalytics {
    match row {
        Row::WebAnalytics(visits) => visits,
        other => panic!("{other:?}"),
    }
}

fn conversions(row: &Row) -> &WebConversions {
    match row {
        Row::WebConversions(conversions) => conversions,
        other => panic!("{other:?}"),
    }
}

/// The rows that a query asks for at most.
fn limit(call: &Call) -> &str {
    let query = call.body.as_ref().unwrap()["query"]["query"].as_str().unwrap();
    query.rsplit(' ').next().unwrap()
}

fn values(call: &Call) -> &Value {
    &call.body.as_ref().unwrap()["query"]["values"]
}

#[tokio::test(start_paused = true)]
async fn a_day_is_its_total_and_then_its_origins_behind_the_last_row() {
    let stage = Stage::new(
        plain(),
        vec![
            total(),
            table(&VISITS, &json!([["", "(direct)", "", 1, 2, 30, 1], ["a", "google", "cpc", 2, 3, 40, 2]])),
            table(&VISITS, &json!([["b", "meta", "paid", 1, 2, 20, 1]])),
        ],
    );
    let pages = stage.day("sessions").await;
    assert_eq!(pages.iter().map(|page| page.rows.len()).collect::<Vec<_>>(), [1, 2, 1]);
    let whole = visits(&pages[0].rows[0]);
    assert_eq!(whole.origin.scope, WebScope::Total);
    assert_eq!(
        (whole.sessions, whole.page_views, whole.session_seconds, whole.users),
        (Some(4), Some(7), Some(90), Some(3))
    );
    assert_eq!((whole.revenue, whole.currency), (None, None));
    assert_eq!(visits(&pages[2].rows[0]).origin.campaign, "b");
    let asked = stage.asked();
    assert_eq!(values(&asked[1]).get("after_0"), None);
    assert_eq!(values(&asked[2])["after_0"], "a");
    assert_eq!(values(&asked[2])["after_1"], "google");
    assert_eq!(values(&asked[2])["after_2"], "cpc");
}

#[tokio::test(start_paused = true)]
async fn revenue_is_read_first_and_given_to_its_visits() {
    let columns = ["campaign", "source", "medium", "revenue"];
    let stage = Stage::new(
        with_revenue(),
        vec![
            table(&columns, &json!([["a", "google", "cpc", "0.1"], ["b", "meta", "paid", null]])),
            table(&columns, &json!([["gone", "x", "y", "0.2"]])),
            total(),
            table(&VISITS, &json!([["a", "google", "cpc", 2, 3, 40, 2], ["b", "meta", "paid", 1, 1, 0, 1]])),
            table(&VISITS, &json!([])),
        ],
    );
    let pages = stage.day("sessions").await;
    let whole = visits(&pages[2].rows[0]);
    assert_eq!(whole.revenue, Some(Micros(300_000)));
    assert_eq!(whole.currency, Some(Currency::parse("EUR").unwrap()));
    let [with_amount, of_nothing] = pages[3].rows.as_slice() else { panic!("{pages:?}") };
    assert_eq!(visits(with_amount).revenue, Some(Micros(100_000)));
    assert_eq!(visits(of_nothing).revenue, Some(Micros::ZERO));
    // It is another reading's, and until then nothing of the day is deleted.
    assert_eq!(pages[4].quarantined.len(), 1);
    assert_eq!(pages[4].quarantined[0].day, Some(date(2026, 11, 20)));
    assert!(
        stage.asked()[0].body.as_ref().unwrap()["query"]["query"].as_str().unwrap().contains("toDecimal")
    );
}

#[tokio::test(start_paused = true)]
async fn pages_that_are_too_large_are_asked_for_with_fewer_rows() {
    let row = |campaign: &str| json!([campaign, "google", "cpc", 2, 3, 40, 2]);
    let rows = |rows: Value| table(&VISITS, &rows);
    let stage = Stage::new(
        json!({ "project": "12345", "page_size": 4 }),
        vec![
            total(),
            too_large(),
            rows(json!([row("a"), row("b")])),
            too_large(),
            rows(json!([row("c")])),
            rows(json!([])),
        ],
    );
    let pages = stage.day("sessions").await;
    assert_eq!(pages.iter().map(|page| page.rows.len()).collect::<Vec<_>>(), [1, 2, 1, 0]);
    let asked = stage.asked();
    let limits: Vec<_> = asked[1..].iter().map(limit).collect();
    assert_eq!(limits, ["4", "2", "2", "1", "1"]);

    // A single row that is too large cannot be made smaller: the day fails, and is said to be too much.
    let stage = Stage::new(plain(), vec![total(), too_large(), too_large()]);
    let pages = stage.page("sessions", None).await;
    let Next::More(cursor) = pages.next else { panic!("{pages:?}") };
    let failure = stage.ask("sessions", Some(&cursor), None).await.unwrap_err();
    assert!(matches!(failure, Failure::TooMuch { .. }), "{failure:?}");
    assert_eq!(stage.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_day_on_which_nobody_came_has_no_rows() {
    let stage = Stage::new(plain(), vec![table(&TOTAL, &json!([[0, 0, 0, 0]])), table(&VISITS, &json!([]))]);
    assert!(stage.day("sessions").await.iter().all(|page| page.rows.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn goals_are_counted_in_total_and_by_origin() {
    let stage = Stage::new(
        plain(),
        vec![
            table(&["goal", "conversions", "converting_sessions"], &json!([["signed_up", 5, 4]])),
            table(&CONVERSIONS, &json!([["signed_up", "a", "google", "cpc", 5, 4]])),
        ],
    );
    let pages = stage.day("conversions").await;
    let rows: Vec<_> = pages.iter().flat_map(|page| &page.rows).map(conversions).collect();
    let numbers: Vec<_> = rows
        .iter()
        .map(|row| (row.goal.as_str(), row.origin.scope, row.conversions, row.converting_sessions))
        .collect();
    assert_eq!(
        numbers,
        [
            ("signed_up", WebScope::Total, Some(Micros(5_000_000)), Some(4)),
            ("signed_up", WebScope::Campaign, Some(Micros(5_000_000)), Some(4)),
        ]
    );
    assert_eq!(conversions(&pages[1].rows[0]).origin.medium, "cpc");
    let asked = stage.asked();
    assert_eq!(
        (&values(&asked[0])["goal_0"], &values(&asked[0])["goal_1"]),
        (&json!("pre_saved"), &json!("signed_up"))
    );
}

#[tokio::test(start_paused = true)]
async fn cut_answers_go_on_or_fail_and_never_end() {
    let row = |campaign: &str| json!([campaign, "google", "cpc", 2, 3, 40, 2]);
    // Fewer rows than asked for, but more follow; and a limit lower than asked for.
    let fewer = |rows: Value| (200, json!({ "columns": VISITS, "results": rows, "hasMore": true }));
    let lowered =
        |rows: Value| (200, json!({ "columns": VISITS, "results": rows, "hasMore": false, "limit": 1 }));
    let stage = Stage::new(
        plain(),
        vec![total(), fewer(json!([row("a")])), lowered(json!([row("b")])), table(&VISITS, &json!([]))],
    );
    assert_eq!(stage.day("sessions").await.len(), 4);
    assert_eq!(values(&stage.asked()[3])["after_0"], "b");

    for nonsense in [
        fewer(json!([])),
        fewer(json!(["x"])),
        table(&VISITS, &json!([row("a"), row("b"), row("c")])),
        table(&VISITS[1..], &json!([["google", "cpc", 2, 3, 40, 2]])),
        (200, json!({ "results": [] })),
        (200, json!({ "detail": "hello" })),
    ] {
        let stage = Stage::new(plain(), vec![total(), nonsense.clone()]);
        let Next::More(cursor) = stage.page("sessions", None).await.next else { panic!("ends") };
        let failure = stage.ask("sessions", Some(&cursor), None).await;
        assert!(matches!(failure, Err(Failure::Transient { .. })), "{nonsense:?} {failure:?}");
    }
    // The same page twice.
    let page = || table(&VISITS, &json!([row("a"), row("b")]));
    let stage = Stage::new(plain(), vec![total(), page(), page()]);
    let Next::More(cursor) = stage.page("sessions", None).await.next else { panic!("ends") };
    let Next::More(cursor) = stage.page("sessions", Some(&cursor)).await.next else { panic!("ends") };
    assert!(stage.ask("sessions", Some(&cursor), None).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_is_set_aside_with_its_day() {
    let stage = Stage::new(
        plain(),
        vec![
            table(&TOTAL, &json!([["ada@example.com", 90, 7, 4]])),
            table(&VISITS, &json!([["a", "google", "cpc", 2, 3, 40, 2.5]])),
        ],
    );
    let pages = stage.day("sessions").await;
    for page in &pages {
        assert!(page.rows.is_empty());
        assert_eq!(page.quarantined[0].day, Some(date(2026, 11, 20)));
    }
    assert!(!format!("{pages:?}").contains("ada"));
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_from_the_cache_is_no_reading() {
    let cached = |at: Value| {
        let mut answer = total();
        answer.1["is_cached"] = json!(true);
        answer.1["last_refresh"] = at;
        answer
    };
    for (at, is_taken) in [
        (json!("2026-11-21T11:59:59Z"), false),
        (Value::Null, false),
        (json!("2026-11-21T12:00:00.5Z"), true),
    ] {
        let stage = Stage::new(plain(), vec![cached(at.clone())]);
        let reply = stage.ask("sessions", None, None).await;
        assert_eq!(reply.is_ok(), is_taken, "{at}");
        if let Err(failure) = reply {
            assert!(failure.to_string().contains("cache"), "{failure}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_posthog_works_on_is_picked_up_by_a_later_reading() {
    let page = table(&VISITS, &json!([["a", "google", "cpc", 2, 3, 40, 2]]));
    let stage = Stage::new(
        plain(),
        vec![
            // The day as a whole is worked on, twice looked at …
            working("q-total"),
            working("q-total"),
            worked_out(total()),
            // … then its origins; that reading ends.
            working("q-origins"),
            // The next one begins again, and asks nothing anew.
            worked_out(total()),
            worked_out(page),
        ],
    );
    let pending = async |cursor: Option<&str>, resume: Option<&str>| match stage
        .ask("sessions", cursor, resume)
        .await
    {
        Ok(DaysReply::Pending(Pending { resume, not_before })) => (resume, not_before),
        other => panic!("{other:?}"),
    };
    let paged = async |cursor: Option<&str>, resume: Option<&str>| match stage
        .ask("sessions", cursor, resume)
        .await
    {
        Ok(DaysReply::Page(Page { rows, next: Next::More(cursor), .. })) => (rows.len(), cursor),
        Ok(DaysReply::Page(Page { rows, next: Next::End(_), .. })) => (rows.len(), String::new()),
        other => panic!("{other:?}"),
    };
    let (resume, not_before) = pending(None, None).await;
    assert_eq!(not_before.duration_since(now()), SignedDuration::from_secs(5));
    stage.clock.sleep(std::time::Duration::from_secs(40)).await;
    let (resume, not_before) = pending(None, Some(&resume)).await;
    assert_eq!(not_before.duration_since(now()), SignedDuration::from_secs(80));
    let (_, cursor) = paged(None, Some(&resume)).await;
    let (resume, _) = pending(Some(&cursor), None).await;
    let (rows, cursor) = paged(None, Some(&resume)).await;
    assert_eq!(rows, 1);
    assert_eq!(paged(Some(&cursor), None).await, (1, String::new()));
    let asked = stage.asked();
    let posts = asked.iter().filter(|call| call.method == Method::Post).count();
    assert_eq!((posts, asked.len()), (2, 6));
    assert_eq!(asked[1].path, "/api/projects/12345/query/q-total/");
}

#[tokio::test(start_paused = true)]
async fn what_posthog_forgot_or_took_too_long_for_is_asked_again() {
    let gone = (404, json!({ "type": "invalid_request", "code": "not_found", "detail": "Not found." }));
    let stage = Stage::new(plain(), vec![working("q"), gone, total()]);
    let Ok(DaysReply::Pending(Pending { resume, .. })) = stage.ask("sessions", None, None).await else {
        panic!()
    };
    assert!(matches!(stage.ask("sessions", None, Some(&resume)).await, Ok(DaysReply::Page(_))));
    stage.asked();

    let stage = Stage::new(plain(), vec![working("q"), total()]);
    let Ok(DaysReply::Pending(Pending { resume, .. })) = stage.ask("sessions", None, None).await else {
        panic!()
    };
    stage.clock.sleep(std::time::Duration::from_mins(20)).await;
    assert!(matches!(stage.ask("sessions", None, Some(&resume)).await, Ok(DaysReply::Page(_))));
    assert!(stage.asked().iter().all(|call| call.method == Method::Post));

    let failed = (400, json!({ "type": "validation_error", "code": "invalid", "detail": "no" }));
    let failed_silently = (200, json!({ "query_status": { "id": "q", "complete": true, "error": true } }));
    for failed in [failed, failed_silently] {
        let stage = Stage::new(plain(), vec![working("q"), failed]);
        let Ok(DaysReply::Pending(Pending { resume, .. })) = stage.ask("sessions", None, None).await else {
            panic!()
        };
        let failure = stage.ask("sessions", None, Some(&resume)).await;
        assert!(matches!(failure, Err(Failure::Transient { .. })), "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_would_leave_the_path_is_not_followed() {
    let stage = Stage::new(plain(), vec![working("../../users/@me")]);
    assert!(matches!(stage.ask("sessions", None, None).await, Err(Failure::Transient { .. })));
}

#[tokio::test(start_paused = true)]
async fn the_check_asks_one_cheap_question() {
    let stage = Stage::new(plain(), vec![table(&["one"], &json!([[1]]))]);
    let accounts = Source::check(stage.source.as_ref(), &stage.session).await.unwrap();
    assert_eq!((accounts.usable.len(), accounts.usable[0].id.as_str()), (1, "12345"));
    assert_eq!(stage.asked().len(), 1);
}

#[test]
fn a_connection_is_its_project() {
    assert_eq!(PostHog.known_subjects(&plain()), Some(vec!["project 12345".to_owned()]));
    assert_eq!(PostHog.known_subjects(&json!({})), None);
    let wrong = ConnectionSpec { accounts: vec!["7".to_owned()], ..spec(plain()) };
    assert!(PostHog.connected(&wrong, &services()).is_err());
    let capture = ConnectionSpec { base_url: "https://eu.i.posthog.com".parse().unwrap(), ..spec(plain()) };
    let error = PostHog.connected(&capture, &services()).map(drop).unwrap_err().to_string();
    assert!(error.contains("https://eu.posthog.com"), "{error}");
}

#[test]
fn conversions_without_goals_are_not_read() {
    let streams = PostHog.connected(&spec(json!({ "project": "12345" })), &services()).unwrap().streams;
    let enabled: Vec<_> = streams.iter().filter(|stream| stream.enabled).map(|stream| stream.name).collect();
    assert_eq!(enabled, ["sessions"]);
}
