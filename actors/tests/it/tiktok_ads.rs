//! What is particular to TikTok: pages that are no snapshot, an id that fails a whole question, zones with an inverted sign,
//! pauses that it does not name.

use std::time::Duration;

use rows::{Clock, Row, Table, state::State};
use sandbox::tiktok_ads::{BERLIN, FORBIDDEN, KUWAIT, TOKYO, TikTokAds as World, TikTokError, WEST};
use serde_json::json;

use crate::{
    compliance::{
        bench::Bench,
        cases::tiktok_ads::CASE,
        fact::{Facts, difference},
    },
    support::{drive::End, wire::Seen},
};

fn bench() -> Bench {
    Bench::new(&CASE)
}

/// What of the truth is numbers of these advertisers.
fn of(bench: &Bench, advertisers: &[&str]) -> Facts {
    let is_of = |key: &str| advertisers.iter().any(|id| key.starts_with(id));
    bench.truth().into_iter().filter(|((_, key), _)| is_of(key)).collect()
}

#[track_caller]
fn assert_stored(bench: &Bench, advertisers: &[&str], when: &str) {
    let is_of = |key: &str| advertisers.iter().any(|id| key.starts_with(id));
    let stored = bench.stored().into_iter().filter(|((_, key), _)| is_of(key)).collect();
    let difference = difference(&of(bench, advertisers), &stored);
    assert!(difference.is_empty(), "{when}:\n{difference}");
}

/// What a run says against single advertisers or streams.
fn complaint<'a>(end: &'a End, of: &str) -> &'a str {
    let found = end.failures.iter().find(|failure| failure.contains(of));
    found.unwrap_or_else(|| panic!("nothing is said of {of}: {:#?}", end.failures))
}

fn param<'a>(seen: &'a Seen, name: &str) -> &'a str {
    seen.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

#[tokio::test(start_paused = true)]
async fn rows_that_shift_between_pages_are_read_again() {
    let bench = bench();
    bench.wire.world(|world: &mut World| world.shift_pages(3));
    let end = bench.once().await;
    assert_eq!(end.finished, Some(true), "{:#?}", end.failures);
    assert!(complaint(&end, "rows moved").contains("came twice"), "{:#?}", end.failures);
    bench.assert_true("after rows shifted");
    assert_eq!(bench.quarantined(), 0);
}

#[tokio::test(start_paused = true)]
async fn rows_that_always_shift_are_shown_and_delete_nothing() {
    let bench = bench();
    bench.read().await;
    let before = bench.stored();
    bench.wire.world(|world: &mut World| world.shift_pages(u32::MAX));
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false), "a list that cannot be read whole is no success");
    let difference = difference(&before, &bench.stored());
    assert!(difference.is_empty(), "rows were lost:\n{difference}");
}

#[tokio::test(start_paused = true)]
async fn an_advertiser_that_is_not_for_us_is_named_and_the_others_are_read() {
    let mut bench = bench();
    bench.spec.accounts_exclude.clear();
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false), "one advertiser could not be read");
    bench.assert_true("beside an advertiser that is refused");
    assert!(complaint(&end, FORBIDDEN).contains("40001"), "{:#?}", end.failures);
    let asked = bench.wire.take_seen();
    let alone = asked.iter().filter(|seen| seen.path.ends_with("/advertiser/info/"));
    let forbidden = json!([FORBIDDEN]).to_string();
    assert!(alone.clone().any(|seen| param(seen, "advertiser_ids") == forbidden));
}

#[tokio::test(start_paused = true)]
async fn one_that_is_refused_later_stops_no_other() {
    let bench = bench();
    bench.read().await;
    let refused = TikTokError::permission(BERLIN);
    bench.wire.world(|world: &mut World| world.refuse_advertiser(BERLIN, Some(refused)));
    let before = bench.stored();
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    assert!(end.failures.iter().all(|failure| failure.contains(BERLIN)), "{:#?}", end.failures);
    assert_stored(&bench, &[WEST, TOKYO, KUWAIT], "beside one that is refused");
    assert!(difference(&before, &bench.stored()).is_empty(), "what was read stays");
}

#[tokio::test(start_paused = true)]
async fn advertisers_that_are_named_need_no_app() {
    let mut bench = bench();
    bench.spec.accounts = vec![TOKYO.to_owned(), KUWAIT.to_owned(), "7".to_owned()];
    bench.spec.credentials.retain(|name, _| name == "access_token");
    let end = bench.once().await;
    assert!(complaint(&end, "advertiser 7").contains("correct `accounts`"), "{:#?}", end.failures);
    assert_stored(&bench, &[TOKYO, KUWAIT], "those that are named");
    assert!(!bench.stored().into_keys().any(|(_, key)| key.starts_with(WEST)), "and no others");
    assert!(!bench.wire.take_seen().iter().any(|seen| seen.path.contains("oauth2")));
}

#[tokio::test(start_paused = true)]
async fn days_of_a_zone_with_an_inverted_sign_end_eight_hours_after_utcs() {
    // Two in the morning of the 21st at Greenwich: at Etc/GMT+8 it is still the 20th.
    let mut bench = Bench::at(&CASE, "2026-11-21T02:00:00Z", 1);
    bench.spec.accounts = vec![WEST.to_owned()];
    bench.read().await;
    let seen = bench.wire.take_seen();
    let newest = seen.iter().map(|seen| param(seen, "end_date")).max().unwrap();
    assert_eq!(newest, "2026-11-20");
    assert_stored(&bench, &[WEST], "west of Greenwich");
}

#[tokio::test(start_paused = true)]
async fn a_zone_that_nobody_knows_is_refused_and_the_others_are_read() {
    let bench = bench();
    bench.wire.world(|world: &mut World| assert!(world.set_time_zone(BERLIN, "Etc/GMT+99")));
    let end = bench.once().await;
    assert!(complaint(&end, BERLIN).contains("Etc/GMT+99"), "{:#?}", end.failures);
    assert_stored(&bench, &[WEST, TOKYO, KUWAIT], "beside a zone that nobody knows");
}

#[tokio::test(start_paused = true)]
async fn what_counts_as_a_conversion_is_the_settings_to_say() {
    for conversion in ["result", "purchases"] {
        let mut bench = bench();
        bench.spec.settings = json!({ "conversion": conversion, "countries": true });
        bench.read().await;
        bench.assert_true(conversion);
        let stored = bench.sink.0.lock();
        let mut definitions = stored.rows.values().filter_map(|row| match row {
            Row::AdPerformance(row) => row.conversion_definition.as_deref(),
            Row::AdCountry(row) => row.conversion_definition.as_deref(),
            _ => None,
        });
        assert!(definitions.all(|definition| definition == conversion));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_is_kept_as_removed_with_what_it_spent() {
    let bench = bench();
    bench.read().await;
    let stored = bench.sink.0.lock();
    let removed: Vec<&str> = stored
        .rows
        .values()
        .filter_map(|row| match row {
            Row::AdCampaign(row) if row.status.as_deref() == Some("removed") => {
                assert_eq!(row.effective_status.as_deref(), Some("removed"));
                Some(row.campaign_id.as_str())
            }
            _ => None,
        })
        .collect();
    assert_eq!(removed.len(), 1);
    let spent = |row: &Row| matches!(row, Row::AdPerformance(row) if row.campaign_id == removed[0] && !row.ad_id.is_empty());
    assert!(stored.rows.values().any(spent), "what its ads spent is not forgotten");
}

#[tokio::test(start_paused = true)]
async fn countries_without_a_name_are_added_whatever_page_they_stand_on() {
    for page_rows in [1, 3, 1_000] {
        let mut bench = bench();
        bench.spec.accounts = vec![KUWAIT.to_owned()];
        bench.wire.world(|world: &mut World| world.set_page_rows(Some(page_rows)));
        bench.read().await;
        assert_stored(&bench, &[KUWAIT], &format!("with {page_rows} rows a page"));
        let stored = bench.stored();
        let unknown =
            stored.keys().filter(|(table, key)| *table == Table::AdCountryDaily && key.contains("/ZZ/"));
        assert!(unknown.count() > 0, "the world has no country without a name: the test is of no use");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_refused_takes_nothing_from_the_first() {
    let bench = bench();
    bench.read().await;
    let before = bench.stored();
    bench.wire.world(|world: &mut World| world.refuse_top_view(true));
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    assert!(complaint(&end, "RESERVATION_TOP_VIEW").contains("40002"), "{:#?}", end.failures);
    assert!(difference(&before, &bench.stored()).is_empty(), "campaigns are gone");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_app_holds_every_path() {
    let bench = bench();
    bench.wire.world(|world: &mut World| world.fail_next("/campaign/get/", vec![TikTokError::app_limit()]));
    bench.read().await;
    bench.assert_true("after a refusal");
    let seen = bench.wire.take_seen();
    let refused = seen.iter().find(|seen| seen.path.contains("/campaign/get/")).unwrap().at;
    let (under_way, over) = (refused + Duration::from_millis(90), refused + Duration::from_secs(2));
    let early: Vec<&Seen> = seen.iter().filter(|seen| seen.at > under_way && seen.at < over).collect();
    assert!(early.is_empty(), "sent while the app was to be silent: {early:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_third_refusal_within_a_minute_pauses_the_app_for_five() {
    let bench = bench();
    // The first question of a run, which is asked by itself.
    bench.wire.world(|world: &mut World| world.fail_next("/oauth2/", vec![TikTokError::app_limit(); 3]));
    bench.read().await;
    bench.assert_true("after the app was paused");
    let seen = bench.wire.take_seen();
    let pause = seen[3].at.saturating_sub(seen[2].at);
    assert!(pause >= Duration::from_mins(5), "asked again after {pause:?}");
}

#[tokio::test(start_paused = true)]
async fn maintenance_is_waited_for() {
    let bench = bench();
    bench.wire.world(|world: &mut World| {
        world.fail_next("/report/", vec![TikTokError::new(60_001, "maintenance")]);
    });
    let began = bench.clock.elapsed();
    let end = bench.daemon(Duration::from_mins(14)).await;
    assert_eq!(end.status.state, State::WaitingQuota, "{:?}", end.status.error);
    let seen = bench.wire.take_seen();
    let late = seen.iter().filter(|seen| seen.at > began + Duration::from_mins(1));
    assert_eq!(late.count(), 0, "nothing is sent while TikTok is being maintained");
    bench.daemon(Duration::from_mins(10)).await;
    bench.assert_true("after the maintenance");
}
