//! Modes, caches, pages.

use super::*;

const COUNT: &str = "select count() as sessions from sessions where $start_timestamp >= toDateTime({from})";

#[test]
fn answers_have_columns_types_and_positions() {
    let mut world = world();
    let query = "select toDate($start_timestamp) as day, $entry_utm_campaign as campaign, count() as n, avg($session_duration) as long from sessions group by day, campaign order by day desc, n desc limit 3";
    let (status, body) = ask(&mut world, query, &json!({}), "blocking");
    assert_eq!((status, body["columns"].clone()), (200, json!(["day", "campaign", "n", "long"])));
    assert_eq!(body["types"][0], json!(["day", "Date"]));
    assert_eq!(body["types"][2], json!(["n", "UInt64"]));
    assert_eq!((body["hasMore"].clone(), body["limit"].clone()), (json!(true), json!(3)));
    assert_eq!(body["results"].as_array().unwrap().len(), 3);
    assert_eq!(body["results"][0][0], "2026-11-21");
}

#[test]
fn blocking_gives_kept_results_again_and_force_blocking_does_not() {
    let mut world = world();
    let values = json!({ "from": "2026-11-20" });
    let (_, first) = ask(&mut world, COUNT, &values, "blocking");
    let start = at("2026-11-20T12:00:00Z");
    world.add_session(EU_PROJECT, NewSession { start, ..NewSession::default() }).unwrap();
    let (_, kept) = ask(&mut world, COUNT, &values, "blocking");
    assert_eq!((first["is_cached"].clone(), kept["is_cached"].clone()), (json!(false), json!(true)));
    assert_eq!(
        (kept["results"].clone(), kept["last_refresh"].clone()),
        (first["results"].clone(), json!(NOW))
    );
    let (_, other) = ask(&mut world, COUNT, &json!({ "from": "2026-11-19" }), "blocking");
    assert_eq!(other["is_cached"], false, "other values are another query");
    let (_, new) = ask(&mut world, COUNT, &values, "force_blocking");
    let count = |body: &Value| body["results"][0][0].as_i64().unwrap();
    assert_eq!((new["is_cached"].clone(), count(&new)), (json!(false), count(&first) + 1));
    world.set_cache_time(SignedDuration::from_secs(-1));
    assert_eq!(ask(&mut world, COUNT, &values, "blocking").1["is_cached"], false);
    assert_eq!(world.queries().len(), 5);
}

#[test]
fn asynchronous_queries_are_polled() {
    let mut world = world();
    let values = json!({ "from": "2026-11-20" });
    let (status, body) = ask(&mut world, COUNT, &values, "async");
    let id = body["query_status"]["id"].as_str().unwrap().to_owned();
    assert_eq!((status, body["query_status"]["complete"].clone()), (202, json!(false)));
    let path = format!("/api/projects/{EU_PROJECT}/query/{id}/");
    let mut poll = |method: &str, key: &str| world.answer(&request(method, &path, key, &Value::Null));
    assert_eq!([poll("GET", EU_KEY).status, poll("GET", EU_KEY).status], [202, 202]);
    let done = read(&poll("GET", EU_KEY));
    assert_eq!(done["query_status"]["complete"], true);
    assert_eq!(done["query_status"]["results"]["columns"], json!(["sessions"]));
    assert_eq!((poll("DELETE", EU_KEY).status, poll("GET", EU_KEY).status), (204, 404));
    let (status, body) = ask(&mut world, "select broken from sessions", &Value::Null, "force_async");
    assert_eq!(status, 202);
    let path = format!("/api/projects/{EU_PROJECT}/query/{}/", body["query_status"]["id"].as_str().unwrap());
    let answers = [(); 3].map(|()| world.answer(&request("GET", &path, EU_KEY, &Value::Null)));
    assert_eq!(answers[2].status, 400);
    assert_eq!(read(&answers[2])["query_status"]["error_message"], "Unable to resolve field: broken");
    let statuses = [(); 4].map(|()| ask(&mut world, "select 1 as x", &Value::Null, "force_async").0);
    assert_eq!(statuses, [202, 202, 202, 429], "three at once");
    assert_eq!(ask(&mut world, COUNT, &values, "async").0, 200, "kept already");
}

#[test]
fn a_crowded_day_is_read_page_by_page_with_keys() {
    let mut world = world();
    let day = json!({ "from": "2026-11-11", "to": "2026-11-12" });
    let groups = "select coalesce($entry_utm_campaign, '') as campaign, count() as n from sessions where $start_timestamp >= toDateTime({from}) and $start_timestamp < toDateTime({to}) group by campaign";
    let all = results(&mut world, &format!("{groups} order by campaign limit 50000"), &day);
    assert!(all.len() > 300, "{}", all.len());
    let (_, cut) = ask(&mut world, &format!("{groups} order by campaign"), &day, "blocking");
    assert_eq!((cut["results"].as_array().unwrap().len(), cut["hasMore"].clone()), (100, json!(true)));
    let mut paged = Vec::new();
    loop {
        let mut values = day.clone();
        values["after"] = paged.last().map_or(json!(""), |row: &Vec<Value>| row[0].clone());
        let having = if paged.is_empty() { "" } else { "having tuple(campaign) > tuple({after})" };
        let page = results(&mut world, &format!("{groups} {having} order by campaign limit 50"), &values);
        let full = page.len() == 50;
        paged.extend(page);
        if !full {
            break;
        }
    }
    assert_eq!(paged, all);
    world.set_has_more_hidden(true);
    let (_, body) = ask(&mut world, &format!("{groups} order by campaign limit 7"), &day, "force_blocking");
    assert_eq!(body["hasMore"], Value::Null);
}

#[test]
fn personal_fields_are_there_and_whoever_asks_is_noted() {
    let mut world = world();
    let found = results(
        &mut world,
        "select $session_id, uniq(person_id) from events group by $session_id limit 2",
        &json!({}),
    );
    assert_eq!((found.len(), world.personal_fields_asked().len()), (2, 0));
    let found =
        results(&mut world, "select distinct_id, $entry_current_url from sessions limit 1", &json!({}));
    assert!(found[0][0].as_str().unwrap().contains("@mail.example"));
    results(&mut world, "select person.properties.email from events limit 1", &json!({}));
    assert_eq!(
        world.personal_fields_asked(),
        ["$entry_current_url", "distinct_id", "person.properties.email"]
    );
}
