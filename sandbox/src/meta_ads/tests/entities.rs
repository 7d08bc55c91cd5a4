//! Accounts and lists.

use std::collections::HashSet;

use serde_json::Value;

use super::*;

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn accounts_have_their_own_currencies_and_zones() {
    let fields =
        "id,account_id,name,currency,timezone_name,timezone_offset_hours_utc,account_status,amount_spent";
    let accounts = all_rows(&mut world(), "/v25.0/me/adaccounts", &[("fields", fields), ("limit", "2")]);
    let described = accounts.iter().map(|account| {
        let text = |field: &str| account[field].as_str().expect("a text").to_owned();
        (text("id"), text("currency"), text("timezone_name"), account["timezone_offset_hours_utc"].clone())
    });
    let described = described.collect::<Vec<_>>();
    let expected = [
        (USD, "USD", "America/Los_Angeles", -8.0),
        (EUR, "EUR", "Europe/Berlin", 1.0),
        (JPY, "JPY", "Asia/Tokyo", 9.0),
    ];
    for ((id, currency, zone, offset), actual) in expected.into_iter().zip(&described) {
        assert_eq!(actual, &(id.to_owned(), currency.to_owned(), zone.to_owned(), offset.into()));
    }
    assert_eq!(described.len(), 3);
    assert!(number(&accounts[0], "amount_spent") > 100_000, "in minor units: {}", accounts[0]);
    assert_eq!(get(&mut world(), &format!("/v26.0/{JPY}"), &[("fields", "name")])["name"], "琥珀ドリフト");
}

#[test]
fn a_list_is_paged_by_opaque_cursors_and_ends_without_next() {
    let mut world = world();
    let path = format!("/v25.0/{USD}/ads");
    let first = get(&mut world, &path, &[("fields", "name,creative{id,name}"), ("limit", "5")]);
    assert_eq!(rows(&first).len(), 5);
    assert!(
        first["paging"]["next"]
            .as_str()
            .expect("a next page")
            .starts_with("http://sandbox/meta_ads/v25.0/act_")
    );
    let all = all_rows(&mut world, &path, &[("fields", "name,creative{id,name}"), ("limit", "5")]);
    let unique = ids(&all).into_iter().collect::<HashSet<_>>();
    assert_eq!((all.len(), unique.len()), (12, 12), "three listed campaigns with four ads each");
    let whole = get(&mut world, &path, &[("limit", "12")]);
    assert_eq!(whole["paging"].get("next"), None);
    assert!(whole["paging"]["cursors"]["after"].is_string(), "there is a cursor on the last page, too");
    assert_eq!(
        whole["data"][0].as_object().map(serde_json::Map::len),
        Some(1),
        "only the id without fields: {whole}"
    );
}

#[test]
fn the_token_rides_in_next_only_when_it_came_as_a_parameter() {
    let mut world = world();
    let path = format!("/v25.0/{USD}/campaigns");
    let next = get(&mut world, &path, &[("limit", "1")])["paging"]["next"].to_string();
    assert!(!next.contains("access_token"), "{next}");
    let mut by_parameter = request("GET", &path, &[("limit", "1"), ("access_token", TOKEN)]);
    by_parameter.headers.clear();
    let answer = world.answer(&by_parameter);
    assert_eq!(answer.status, 200);
    assert!(body(&answer)["paging"]["next"].to_string().contains(TOKEN));
}

#[test]
fn archived_campaigns_are_listed_only_when_asked_for() {
    let mut world = world();
    let path = format!("/v25.0/{USD}/campaigns");
    let statuses =
        |rows: Vec<Value>| rows.iter().map(|row| row["effective_status"].to_string()).collect::<Vec<_>>();
    let listed = all_rows(&mut world, &path, &[("fields", "effective_status")]);
    assert_eq!(statuses(listed), ["\"ACTIVE\"", "\"ACTIVE\"", "\"PAUSED\""]);
    let wanted = r#"["ARCHIVED","DELETED"]"#;
    let archived =
        all_rows(&mut world, &path, &[("fields", "effective_status"), ("effective_status", wanted)]);
    assert_eq!(statuses(archived), ["\"ARCHIVED\""]);
    let filtering = [("fields", "effective_status"), ("filtering", ALL_STATUSES)];
    assert_eq!(all_rows(&mut world, &path, &filtering).len(), 4);
    let wrong = [("effective_status", r#"["CAMPAIGN_PAUSED"]"#)];
    assert_eq!(refused(&mut world, &path, &wrong), (400, 100, None), "no status of a campaign");
    let paused = [("effective_status", r#"["CAMPAIGN_PAUSED"]"#)];
    assert_eq!(all_rows(&mut world, &format!("/v25.0/{USD}/ads"), &paused).len(), 4);
}

#[test]
fn budgets_are_texts_in_minor_units_and_times_have_no_colon() {
    let fields = "daily_budget,lifetime_budget,start_time,objective";
    let usd = all_rows(&mut world(), &format!("/v25.0/{USD}/campaigns"), &[("fields", fields)]);
    assert_eq!(usd[0]["daily_budget"], "2500");
    assert_eq!(usd[0]["start_time"], "2026-09-19T00:00:00-0700");
    assert_eq!(usd[2].get("daily_budget"), None);
    assert_eq!(usd[2]["lifetime_budget"], "90000");
    let jpy = all_rows(&mut world(), &format!("/v25.0/{JPY}/campaigns"), &[("fields", fields)]);
    assert_eq!(jpy[0]["daily_budget"], "4000");
    let eur = all_rows(&mut world(), &format!("/v25.0/{EUR}/campaigns"), &[("fields", fields)]);
    assert_eq!(eur[1]["objective"], "OUTCOME_LISTENS", "an objective that nobody knows");
}

#[test]
fn objects_are_reached_by_id_and_updates_by_time() {
    let mut world = world();
    let ad_set =
        get(&mut world, "/v25.0/120208325579380399", &[("fields", "campaign_id,learning_stage_info")]);
    assert_eq!(ad_set["campaign_id"], "120208325579370399");
    let since = at("2026-10-01T00:00:00Z").as_second().to_string();
    let filter =
        format!(r#"[{{"field":"campaign.updated_time","operator":"GREATER_THAN","value":{since}}}]"#);
    let changed = all_rows(&mut world, &format!("/v25.0/{USD}/campaigns"), &[("filtering", &filter)]);
    assert_eq!(changed.len(), 1, "the paused one: {changed:?}");
}

#[test]
fn large_worlds_cost_nothing_until_they_are_read() {
    let scale = crate::Scale { accounts: 500, campaigns_per_account: 20 };
    let mut world = MetaAds::with_scale(1, 365, at(NOW), scale);
    let accounts = all_rows(&mut world, "/v25.0/me/adaccounts", &[("limit", "100")]);
    let unique = ids(&accounts).into_iter().collect::<HashSet<_>>();
    assert_eq!((accounts.len(), unique.len()), (500, 500));
    let campaigns = world.truth_campaigns();
    let unique = campaigns.iter().map(|campaign| campaign.campaign_id.as_str()).collect::<HashSet<_>>();
    assert_eq!((campaigns.len(), unique.len()), (10_000, 10_000));
    let last = campaigns.last().expect("a campaign");
    assert_eq!(last.first_day.to_string(), "2025-11-21", "the whole history");
}
