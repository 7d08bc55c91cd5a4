//! What is particular to Google Ads: managers and who is below them, access tokens, pages that expire, customers that
//! cannot be read beside others that can.

use std::time::Duration;

use actors::session::Method;
use rows::{Clock, Row, Table, state::State};
use sandbox::{
    google::DEMO_KEY,
    google_ads::{
        AdsError, CANCELLED, CLOSED_DOOR, DIRECT, FORBIDDEN, GoogleAds as World, ROOT, UNDER_ROOT,
        UNDER_SUB_MANAGER,
    },
};
use serde_json::{Value, json};

use crate::{
    compliance::{
        bench::Bench,
        cases::google_ads::CASE,
        fact::{Facts, difference},
    },
    support::{drive::End, wire::Seen},
};

/// A customer that nobody knows.
const STRANGER: &str = "1010101010";

fn bench() -> Bench {
    Bench::new(&CASE)
}

/// What of the truth is of these customers. Objects below accounts are told by their number only.
fn of(bench: &Bench, customers: &[&str]) -> Facts {
    let campaigns: Vec<String> = bench.wire.world(|world: &mut World| {
        let all = world.truth_campaigns().into_iter();
        all.filter(|it| customers.contains(&it.customer_id)).map(|it| it.campaign_id).collect()
    });
    let is_of =
        |(table, key): &(Table, String), values: &std::collections::BTreeMap<&str, String>| match table {
            Table::AdSets | Table::Ads => campaigns.contains(&values["campaign"]),
            Table::AdCampaigns => customers.contains(&values["account"].as_str()),
            _ => customers.iter().any(|id| key.starts_with(id)),
        };
    bench.truth().into_iter().filter(|(place, values)| is_of(place, values)).collect()
}

#[track_caller]
fn assert_stored(bench: &Bench, customers: &[&str], when: &str) {
    let difference = difference(&of(bench, customers), &bench.stored());
    assert!(difference.is_empty(), "{when}:\n{difference}");
}

/// What a run says against single customers or streams.
fn complaint<'a>(end: &'a End, of: &str) -> &'a str {
    let found = end.failures.iter().find(|failure| failure.contains(of));
    found.unwrap_or_else(|| panic!("nothing is said of {of}: {:#?}", end.failures))
}

fn queries(seen: &[Seen], fragment: &str) -> Vec<(String, Value)> {
    let body = |seen: &Seen| serde_json::from_str::<Value>(&seen.body).unwrap_or_default();
    let all = seen.iter().filter(|seen| seen.method == Method::Post && seen.body.contains(fragment));
    all.map(|seen| (seen.path.clone(), body(seen))).collect()
}

#[tokio::test(start_paused = true)]
async fn customers_are_found_below_managers_and_asked_through_them() {
    let bench = bench();
    bench.read().await;
    // The imitation refuses whoever does not name the manager above a customer.
    bench.assert_true("through each customer's own root");
    let seen = bench.wire.take_seen();
    for manager in [ROOT, CANCELLED, CLOSED_DOOR] {
        let asked = queries(&seen, "metrics.").into_iter().any(|(path, _)| path.contains(manager));
        assert!(!asked, "numbers were asked of {manager}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_manager_that_is_named_is_the_only_way() {
    let mut bench = bench();
    bench.spec.settings = json!({ "login_customer_id": "111-222-3333", "countries": true });
    bench.read().await;
    assert_stored(&bench, &[UNDER_ROOT, UNDER_SUB_MANAGER], "below the manager");
    let direct = bench.stored().into_keys().any(|(_, key)| key.starts_with(DIRECT));
    assert!(!direct, "a customer that is not below the manager");
    let listed = bench.wire.take_seen().iter().any(|seen| seen.path.ends_with(":listAccessibleCustomers"));
    assert!(!listed, "an operation for what the settings say");
}

#[tokio::test(start_paused = true)]
async fn accounts_are_named_with_dashes_or_without() {
    let mut bench = bench();
    bench.spec.accounts = vec!["333-444-5555".to_owned(), DIRECT.to_owned()];
    bench.read().await;
    assert_stored(&bench, &[UNDER_ROOT, DIRECT], "those that are named");
    assert!(!bench.stored().into_keys().any(|(_, key)| key.starts_with(UNDER_SUB_MANAGER)), "and no others");
}

#[tokio::test(start_paused = true)]
async fn a_service_account_signs_for_its_tokens() {
    let mut bench = bench();
    bench.spec.credentials = [("service_account".to_owned(), DEMO_KEY.into())].into();
    // The key's address is whom the assertion is for, and not where it goes.
    bench.read().await;
    bench.assert_true("with a service account's key");
    assert_eq!(bench.wire.world(|world: &mut World| world.tokens().issued()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_in_the_middle_costs_one_refresh() {
    let bench = bench();
    bench.wire.world(|world: &mut World| {
        // What Google says of the time and what it does are not the same.
        world.fail_next("FROM ad_group_ad", vec![AdsError::token("OAUTH_TOKEN_EXPIRED")]);
    });
    bench.read().await;
    bench.assert_true("after a refresh");
    assert_eq!(bench.wire.world(|world: &mut World| world.tokens().issued()), 2);
}

#[tokio::test(start_paused = true)]
async fn a_page_token_that_expires_begins_the_window_again() {
    let bench = bench();
    bench.wire.world(|world: &mut World| world.set_page_rows(Some(2)));
    let driver = bench.driver();
    let expiring = async {
        bench.clock.sleep(Duration::from_secs(8)).await;
        bench.wire.world(World::expire_page_tokens);
    };
    let (end, ()) = tokio::join!(driver.once(), expiring);
    assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
    let expired = end.failures.iter().filter(|failure| failure.contains("read from the beginning")).count();
    assert!(expired > 0, "no page token expired: the test is of no use: {:#?}", end.failures);
    bench.assert_true("after pages expired");
}

#[tokio::test(start_paused = true)]
async fn a_customer_that_is_not_for_us_is_named_and_the_others_are_read() {
    let mut bench = bench();
    bench.spec.accounts_exclude.clear();
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false), "one customer could not be read");
    bench.assert_true("beside a customer that answers 403");
    assert!(complaint(&end, "USER_PERMISSION_DENIED").contains("login_customer_id"));
    let shown = end.status.streams.iter().filter(|stream| stream.state == State::NeedsReauth);
    assert!(shown.clone().count() > 0, "{:?}", end.status);
    assert!(shown.clone().all(|stream| stream.account_id == FORBIDDEN), "{:?}", end.status);
}

#[tokio::test(start_paused = true)]
async fn managers_cancelled_and_unknown_customers_that_are_named_stop_nobody() {
    let mut bench = bench();
    bench.spec.accounts = [UNDER_ROOT, CANCELLED, CLOSED_DOOR, ROOT, STRANGER].map(str::to_owned).into();
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    assert_stored(&bench, &[UNDER_ROOT], "beside four that cannot be read");
    for closed in [CANCELLED, CLOSED_DOOR] {
        assert!(complaint(&end, closed).contains("cancelled"), "{:#?}", end.failures);
    }
    assert!(complaint(&end, ROOT).contains("manager"), "{:#?}", end.failures);
    assert!(complaint(&end, STRANGER).contains("do not see customer"), "{:#?}", end.failures);
}

#[tokio::test(start_paused = true)]
async fn a_manager_that_does_not_answer_hides_only_what_is_below_it() {
    let bench = bench();
    let refuse =
        |error| bench.wire.world(|world: &mut World| world.refuse(&format!("customers/{DIRECT}/"), error));
    refuse(Some(AdsError::internal(500)));
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    assert_stored(&bench, &[UNDER_ROOT, UNDER_SUB_MANAGER], "beside an account that does not answer");
    assert!(complaint(&end, DIRECT).contains("internalError"), "{:#?}", end.failures);
    refuse(None);
    bench.read().await;
    bench.assert_true("once it answers");
}

#[tokio::test(start_paused = true)]
async fn a_customer_whose_description_cannot_be_read_is_named_and_goes_on() {
    let bench = bench();
    bench.read().await;
    bench.wire.set_tamper(|_, body| {
        let rows = body.get_mut("results").and_then(Value::as_array_mut).into_iter().flatten();
        for client in rows.filter_map(|row| row.get_mut("customerClient")) {
            if client["id"] == UNDER_ROOT {
                client["manager"] = json!("ada@example.com");
            }
        }
    });
    bench.wire.world(|world: &mut World| {
        let campaign = world.truth_campaigns().remove(0).campaign_id;
        assert!(world.change_campaign(&campaign, "Renamed", sandbox::google_ads::Status::Paused));
    });
    let end = bench.once().await;
    bench.assert_true("as it was known before");
    let said = complaint(&end, UNDER_ROOT);
    assert!(said.contains("cannot be read") && !said.contains("ada@"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_customer_that_is_cancelled_later_keeps_its_numbers_and_is_named() {
    let bench = bench();
    bench.read().await;
    let before = bench.stored();
    bench.wire.take_seen();
    bench.wire.world(|world: &mut World| world.refuse_customer(DIRECT, Some(AdsError::not_enabled())));
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    let is_told = |failure: &String| failure.contains(DIRECT) && failure.contains("cancelled");
    assert!(end.failures.iter().all(is_told), "{:#?}", end.failures);
    let asked = queries(&bench.wire.take_seen(), "query").into_iter().filter(|(path, body)| {
        path.contains(DIRECT) && !body["query"].as_str().unwrap().contains("FROM customer_client")
    });
    assert_eq!(asked.count(), 0, "operations for what is known to be cancelled");
    let difference = difference(&before, &bench.stored());
    assert!(difference.is_empty(), "what was read stays:\n{difference}");
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_is_kept_as_removed() {
    let bench = bench();
    bench.read().await;
    let stored = bench.sink.0.lock();
    let removed = |row: &&Row| match row {
        Row::AdCampaign(row) => {
            row.status.as_deref() == Some("removed") && row.effective_status.as_deref() == Some("removed")
        }
        _ => false,
    };
    let campaign = stored.rows.values().find(removed).expect("a removed campaign is stored");
    let Row::AdCampaign(campaign) = campaign else { unreachable!() };
    assert_eq!(campaign.name.as_deref(), Some("Early Works"));
    let has_numbers = |row: &Row| match row {
        Row::AdPerformance(row) => row.campaign_id == campaign.campaign_id,
        _ => false,
    };
    assert!(stored.rows.values().any(has_numbers), "what it spent is not forgotten");
    assert!(
        stored.rows.values().any(|row| matches!(row, Row::Ad(ad) if ad.status.as_deref() == Some("removed")))
    );
}

#[tokio::test(start_paused = true)]
async fn all_conversions_are_counted_where_the_settings_say_so() {
    let mut bench = bench();
    bench.spec.settings = json!({ "conversions": "all_conversions", "countries": true });
    bench.read().await;
    // Other rows, too: of what only all conversions see, the primary ones leave no row.
    bench.assert_true("with all conversions");
    let stored = bench.sink.0.lock();
    let definitions = stored.rows.values().filter_map(|row| match row {
        Row::AdPerformance(row) => row.conversion_definition.as_deref(),
        Row::AdCountry(row) => row.conversion_definition.as_deref(),
        _ => None,
    });
    assert!(definitions.clone().count() > 0);
    assert!(definitions.into_iter().all(|definition| definition == "all_conversions"));
}

#[tokio::test(start_paused = true)]
async fn countries_without_a_name_are_added_whatever_page_they_stand_on() {
    for page_rows in [1, 2, 3] {
        let mut bench = bench();
        bench.spec.accounts = vec![UNDER_SUB_MANAGER.to_owned()];
        bench.wire.world(|world: &mut World| world.set_page_rows(Some(page_rows)));
        bench.read().await;
        assert_stored(&bench, &[UNDER_SUB_MANAGER], &format!("with {page_rows} rows a page"));
        let unknown = bench
            .stored()
            .into_keys()
            .filter(|(table, key)| *table == Table::AdCountryDaily && key.contains("/ZZ/"));
        assert!(unknown.count() > 0, "the world has no country without a name: the test is of no use");
    }
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_is_gone_is_waited_for() {
    let bench = bench();
    let exhausted = AdsError::quota("RESOURCE_EXHAUSTED", "DEVELOPER", Some(Duration::from_mins(50)));
    bench.wire.world(|world: &mut World| world.fail_next("FROM campaign WHERE", vec![exhausted]));
    let end = bench.once().await;
    assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
    bench.assert_true("after the budget came back");
    let seen = bench.wire.take_seen();
    let refused = seen.iter().find(|seen| seen.status == Some(429)).unwrap().at;
    let under_way = refused + Duration::from_millis(90);
    let early = seen.iter().filter(|seen| seen.at > under_way && seen.at < refused + Duration::from_mins(50));
    assert_eq!(early.count(), 0, "the budget is the whole deployment's");
}
