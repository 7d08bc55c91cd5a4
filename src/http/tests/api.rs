//! Lists in parts, filters, and answers that are what the OpenAPI document says.

use rows::{
    Currency, Micros,
    figures::{CampaignFigures, CampaignWindow, Windows},
    money::RawSpend,
};
use serde_json::{Value, json};

use super::*;

pub(super) fn status(name: &str, tenant: &str, state: State) -> Arc<ConnectionStatus> {
    Arc::new(ConnectionStatus {
        connection: name.to_owned(),
        integration: "stripe",
        tenant: tenant.to_owned(),
        start_date: jiff::civil::date(2026, 1, 1),
        paused: state == State::Paused,
        state,
        last_success_at: None,
        next_poll_at: None,
        error: None,
        streams: Vec::new(),
    })
}

pub(super) fn campaign(id: &str, tenant: &str) -> ShownCampaign {
    let day = CampaignWindow {
        impressions: Some(1_000),
        clicks: Some(20),
        conversions: Some(Micros(2_500_000)),
        spend: Some(RawSpend(Micros(5_000_000))),
        ..CampaignWindow::default()
    };
    let snapshot = CampaignFigures {
        connection: "label-a-meta".to_owned(),
        provider: "meta_ads".to_owned(),
        tenant: tenant.to_owned(),
        account_id: "1".to_owned(),
        campaign_id: id.to_owned(),
        name: Some(format!("Campaign <{id}>")),
        objective: None,
        status: Some("ACTIVE".to_owned()),
        effective_status: Some("ACTIVE".to_owned()),
        currency: Currency::parse("EUR").ok(),
        time_zone: "Europe/Berlin".to_owned(),
        daily_budget: Some(Micros(10_000_000)),
        lifetime_budget: None,
        lifetime_spend: None,
        display_spend: Windows::default(),
        learning: None,
        start_at: None,
        end_at: None,
        read_at: Some(Timestamp::UNIX_EPOCH),
        windows: Windows { today: Some(day), ..Windows::default() },
        unread: Windows::default(),
    };
    let today = jiff::civil::date(2026, 11, 24);
    ShownCampaign {
        snapshot,
        today: Some(today),
        pacing: Some(0.5),
        marketing_campaigns: vec!["night-drive".to_owned()],
    }
}

async fn json(address: SocketAddr, path: &str) -> Value {
    let answer = ask(address, "GET", path, "").await;
    assert_eq!(answer.status(), "200", "{path}: {}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

fn names(answer: &Value) -> Vec<&str> {
    let connections = answer["connections"].as_array().unwrap();
    connections.iter().map(|connection| connection["connection"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn lists_come_in_parts_that_fit_together() {
    let (server, world) = started();
    *world.more.lock() =
        ["m", "n", "o"].map(|name| status(name, "label-b", State::Idle)).into_iter().collect();
    let first = json(server.address, "/api/v1/connections?limit=3").await;
    assert_eq!(
        (names(&first), &first["total"], &first["next"]),
        (vec!["label-a-meta", "m", "n"], &json!(4), &json!("n"))
    );
    let rest = json(server.address, "/api/v1/connections?limit=3&after=n").await;
    assert_eq!((names(&rest), &rest["next"]), (vec!["o"], &Value::Null));

    *world.campaigns.lock() = ["1", "2", "3"].map(|id| campaign(id, "label-a")).into_iter().collect();
    let first = json(server.address, "/api/v1/campaigns?limit=2").await;
    assert_eq!(
        (first["total"].clone(), first["campaigns"][1]["campaign_id"].clone()),
        (json!(3), json!("2"))
    );
    let after: String =
        url::form_urlencoded::byte_serialize(first["next"].as_str().unwrap().as_bytes()).collect();
    let rest = json(server.address, &format!("/api/v1/campaigns?limit=2&after={after}")).await;
    assert_eq!((rest["campaigns"][0]["campaign_id"].clone(), &rest["next"]), (json!("3"), &Value::Null));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_missing_is_told() {
    let (server, world) = started();
    let mut young = campaign("1", "label-a");
    let day = |day| jiff::civil::date(2026, 11, day);
    young.snapshot.unread.last_7_days =
        Some(rows::figures::Unread { first: day(18), last: day(22), days: 5 });
    *world.campaigns.lock() = vec![young];
    let answer = json(server.address, "/api/v1/campaigns").await;
    let unread = json!({
        "from": "2026-11-18", "to": "2026-11-22", "days": 5,
        "reason": "5 days from 2026-11-18 to 2026-11-22 have not been read: the connection's start_date is 2026-11-20",
    });
    assert_eq!(answer["campaigns"][0]["unread"]["last_7_days"], unread);
    assert_eq!(answer["campaigns"][0]["unread"]["today"], Value::Null);
    let rows = [("insights", 3, "2026-11-24T08:00:00Z"), ("ads", 2, "2026-11-24T09:00:00Z")];
    world.set_aside.lock().extend(rows.map(|(stream, rows, at)| set_aside(stream, rows, at)));
    let answer = json(server.address, "/api/v1/connections").await;
    let told = &answer["connections"][0];
    assert_eq!((&told["quarantine"]["rows"], &told["paused"]), (&json!(5), &json!(false)));
    assert_eq!(told["quarantine"]["last_seen_at"], "2026-11-24T09:00:00Z");
    assert_eq!(told["streams"][0]["quarantine"]["rows"], 3);
    assert_eq!(told["streams"][0]["quarantine"]["reason"], "money");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn filters_leave_out_what_was_not_asked_for() {
    let (server, world) = started();
    world.more.lock().push(status("m", "label-b", State::Idle));
    *world.campaigns.lock() = vec![campaign("1", "label-a"), campaign("2", "label-b")];
    for (query, expected) in [
        ("tenant=label-b", vec!["m"]),
        ("provider=meta_ads", vec!["label-a-meta"]),
        ("state=idle&tenant=", vec!["m"]),
        ("state=paused", vec![]),
    ] {
        let answer = json(server.address, &format!("/api/v1/connections?{query}")).await;
        assert_eq!(names(&answer), expected, "{query}");
    }
    for (query, expected) in [
        ("tenant=label-b", 1),
        ("provider=stripe", 0),
        ("state=needs_reauth", 2),
        ("state=idle", 0),
        ("name=N+%3C2", 1),
    ] {
        let answer = json(server.address, &format!("/api/v1/campaigns?{query}")).await;
        assert_eq!(answer["total"], expected, "{query}");
    }
    for question in
        ["connections?state=tired", "campaigns?limit=0", "campaigns?limit=1001", "campaigns?after=x"]
    {
        let answer = ask(server.address, "GET", &format!("/api/v1/{question}"), "").await;
        assert_eq!(answer.status(), "400", "{question}");
        assert!(answer.text().contains("expected"), "{question}: {}", answer.text());
    }
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_question_that_cannot_be_read_is_answered_like_any_other() {
    let (server, _) = started();
    for question in ["limit=100000000000000000000", "limit=-1", "limit=ten"] {
        let answer = ask(server.address, "GET", &format!("/api/v1/connections?{question}"), "").await;
        assert_eq!((answer.status(), answer.header("content-type")), ("400", Some("application/json")));
        let refusal: Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(refusal["error"].is_string(), "{question}: {refusal}");
    }
    let page = ask(server.address, "GET", "/?connections_page=none", "").await;
    assert_eq!((page.status(), page.header("content-type")), ("400", Some("text/html; charset=utf-8")));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_unknown_is_null_and_money_is_whole() {
    let (server, world) = started();
    *world.campaigns.lock() = vec![campaign("1", "label-a")];
    let answer = json(server.address, "/api/v1/campaigns").await;
    let campaign = &answer["campaigns"][0];
    let today = &campaign["windows"]["today"];
    assert_eq!(today["spend_micros"], 5_000_000);
    assert_eq!(today["cpc_micros"], 250_000);
    assert_eq!(today["cost_per_conversion_micros"], 2_000_000);
    assert_eq!(today["provisional"], true);
    assert_eq!((&today["video_views"], &campaign["windows"]["yesterday"]), (&Value::Null, &Value::Null));
    assert_eq!((&campaign["currency"], &campaign["lifetime_budget_micros"]), (&json!("EUR"), &Value::Null));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn answers_are_what_the_document_says() {
    let (server, world) = started();
    world.more.lock().push(status("m", "label-b", State::Idle));
    *world.campaigns.lock() = vec![campaign("1", "label-a")];
    let document = json(server.address, "/api/v1/openapi.json").await;
    assert_eq!(document["openapi"], "3.1.0");
    for path in ["/api/v1/connections", "/api/v1/campaigns"] {
        let answer = json(server.address, path).await;
        let content = &document["paths"][path]["get"]["responses"]["200"]["content"];
        let mut schema = content["application/json"]["schema"].clone();
        assert!(schema["$ref"].is_string(), "{path}: {content}");
        // The references of the answer's schema lead into the document's components.
        schema["components"] = closed(&document["components"]);
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&answer)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{path}: {errors:#?}");
        assert!(
            !validator.is_valid(&json!({ "at": "yesterday" })),
            "{path}: the schema tells right from wrong"
        );
    }
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    for path in paths {
        let path = path.replace("{connection}", "label-a-meta").replace("{action}", "poll");
        assert_ne!(ask(server.address, "GET", &path, "").await.status(), "404", "{path}");
    }
    server.stop().await.unwrap();
}

/// With every object closed: a field that the document does not name is a mistake here.
fn closed(schema: &Value) -> Value {
    match schema {
        Value::Object(table) => {
            let mut table: serde_json::Map<_, _> =
                table.iter().map(|(key, value)| (key.clone(), closed(value))).collect();
            if table.get("type") == Some(&json!("object")) && table.contains_key("properties") {
                table.insert("additionalProperties".to_owned(), json!(false));
            }
            Value::Object(table)
        }
        Value::Array(items) => items.iter().map(closed).collect(),
        other => other.clone(),
    }
}
