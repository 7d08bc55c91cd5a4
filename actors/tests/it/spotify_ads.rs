//! What is particular to Spotify Ads: businesses and their accounts, ad sets that tell campaigns, continuation tokens, refresh tokens
//! that are replaced.

use std::time::Duration;

use rows::{Row, Table, ads::AdSet};
use sandbox::{
    oauth::Rotation,
    spotify_ads::{
        AdsError, Budget, EURO_ACCOUNT, FORBIDDEN_ACCOUNT, HARBOUR, SpotifyAds as World, US_ACCOUNT,
        YEN_ACCOUNT,
    },
};

use crate::{
    compliance::{bench::Bench, cases::spotify_ads::CASE, fact::Facts},
    support::drive::End,
};

/// An account that nobody knows.
const STRANGER: &str = "00000000-0000-4000-8000-00000000dead";

fn bench() -> Bench {
    Bench::new(&CASE)
}

/// Accounts of which there are daily numbers.
fn counted(facts: &Facts) -> Vec<&str> {
    let places = facts.keys().filter(|(table, _)| *table == Table::AdPerformanceDaily);
    let mut accounts: Vec<&str> = places.filter_map(|(_, key)| key.split('/').next()).collect();
    accounts.dedup();
    accounts
}

/// What a run says against single accounts or streams.
fn complaint<'a>(end: &'a End, of: &str) -> &'a str {
    let found = end.failures.iter().find(|failure| failure.contains(of));
    found.unwrap_or_else(|| panic!("nothing is said of {of}: {:#?}", end.failures))
}

#[tokio::test(start_paused = true)]
async fn a_forbidden_account_stops_no_other() {
    let mut bench = bench();
    bench.spec.accounts_exclude.clear();
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    assert!(complaint(&end, FORBIDDEN_ACCOUNT).contains("AD_ACCOUNT_VIEWER"), "{:#?}", end.failures);
    bench.assert_true("beside a forbidden account");
}

#[tokio::test(start_paused = true)]
async fn accounts_are_named_in_any_letters_and_one_that_nobody_knows_is_told() {
    let mut bench = bench();
    bench.spec.accounts = vec![EURO_ACCOUNT.to_ascii_uppercase(), STRANGER.to_owned()];
    let end = bench.once().await;
    assert_eq!(end.finished, Some(false));
    assert!(complaint(&end, STRANGER).contains("correct `accounts`"), "{:#?}", end.failures);
    assert_eq!(counted(&bench.stored()), [EURO_ACCOUNT]);
    let seen = bench.wire.take_seen();
    assert!(
        !seen.iter().any(|seen| seen.path.contains("/businesses")),
        "nothing is listed where all are named"
    );
}

#[tokio::test(start_paused = true)]
async fn a_business_that_does_not_answer_hides_only_its_own_accounts() {
    let bench = bench();
    bench.wire.world(|world: &mut World| world.refuse_id(HARBOUR, Some(AdsError::forbidden())));
    let end = bench.once().await;
    assert!(complaint(&end, HARBOUR).contains("AD_ACCOUNT_VIEWER"));
    assert_eq!(counted(&bench.stored()), [US_ACCOUNT, EURO_ACCOUNT]);
    bench.wire.world(|world: &mut World| world.refuse_id(HARBOUR, None));
    bench.read().await;
    assert_eq!(counted(&bench.stored()), [US_ACCOUNT, EURO_ACCOUNT, YEN_ACCOUNT]);
}

#[tokio::test(start_paused = true)]
async fn what_was_found_in_a_business_goes_on_while_it_does_not_answer() {
    let bench = bench();
    let driver = bench.driver();
    let silent = async {
        rows::Clock::sleep(&bench.clock, Duration::from_hours(1)).await;
        bench.wire.world(|world: &mut World| {
            let down = AdsError::server_error(500);
            world.refuse(&format!("/businesses/{HARBOUR}/"), Some(down));
        });
        // The accounts are asked for again every six hours.
        rows::Clock::sleep(&bench.clock, Duration::from_hours(7)).await;
        bench.wire.take_seen();
        rows::Clock::sleep(&bench.clock, Duration::from_hours(2)).await;
        let seen = bench.wire.take_seen();
        assert!(seen.iter().any(|seen| seen.path.contains(YEN_ACCOUNT)), "its account is not read any more");
    };
    tokio::join!(driver.daemon(Duration::from_hours(11)), silent);
}

#[tokio::test(start_paused = true)]
async fn the_campaign_of_an_ad_set_is_asked_for_once_where_it_is_not_known() {
    let mut bench = bench();
    let off = actors::integration::StreamOverride { enabled: Some(false), ..Default::default() };
    bench.spec.streams.insert("ad_sets".to_owned(), off);
    bench.read().await;
    let missing = |facts: &Facts, table: Table| facts.keys().filter(|(of, _)| *of == table).count();
    let (truth, stored) = (bench.truth(), bench.stored());
    for table in [Table::Ads, Table::AdPerformanceDaily] {
        assert_eq!(missing(&truth, table), missing(&stored, table));
    }
    let mut asked: Vec<String> = bench.wire.take_seen().into_iter().map(|seen| seen.path).collect();
    asked.retain(|path| path.contains("/ad_sets/"));
    let all = asked.len();
    asked.sort_unstable();
    asked.dedup();
    assert_eq!((asked.len(), all), (missing(&truth, Table::AdSets), asked.len()), "each once");
    bench.wire.world(|world: &mut World| world.refuse("/ad_sets/", Some(AdsError::not_found())));
    let end = bench.once().await;
    assert!(end.failures.is_empty(), "{:#?}", end.failures);
    assert!(bench.quarantined() > 0, "ads whose ad set is told by nobody are set aside");
    assert_eq!(
        missing(&bench.stored(), Table::AdPerformanceDaily),
        missing(&truth, Table::AdPerformanceDaily)
    );
}

#[tokio::test(start_paused = true)]
async fn a_continuation_that_is_not_taken_begins_the_window_anew() {
    let bench = bench();
    bench.wire.world(|world: &mut World| {
        world.fail_next("continuation_token=", vec![AdsError::bad_request("expired"), AdsError::not_found()]);
    });
    bench.daemon(Duration::from_hours(2)).await;
    bench.assert_true("after tokens that were not taken");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_costs_one_refresh_and_a_replaced_one_is_used() {
    let bench = bench();
    bench.wire.world(|world: &mut World| {
        world.tokens().set_rotation(Rotation::AtOnce);
        world.fail_next("/campaigns?", vec![AdsError::token_expired()]);
    });
    // An access token holds for an hour: several are needed, each with another refresh token.
    let end = bench.daemon(Duration::from_hours(5)).await;
    assert!(end.failures.is_empty(), "{:#?}", end.failures);
    bench.assert_true("while refresh tokens rotate");
    let refreshes = bench.wire.take_seen().into_iter().filter(|seen| seen.path == "/api/token").count();
    assert!((5..=8).contains(&refreshes), "{refreshes} refreshes in five hours");
    let alive = bench.wire.world(|world: &mut World| world.tokens().live_refresh_tokens());
    assert_eq!(alive.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn budgets_of_ad_sets_are_exact() {
    let bench = bench();
    bench.read().await;
    let truth = bench.wire.world(|world: &mut World| world.truth_ads());
    let stored = bench.sink.0.lock();
    let ad_sets: Vec<&AdSet> = stored.rows.values().filter_map(Row::only::<AdSet>).collect();
    let micros = |ad: &sandbox::spotify_ads::TruthAd| match ad.ad_set_budget {
        Budget::Daily(micros) => (i64::try_from(micros).ok(), None),
        Budget::Lifetime(micros) => (None, i64::try_from(micros).ok()),
    };
    for ad in &truth {
        let stored = ad_sets.iter().find(|ad_set| ad_set.ad_set_id == ad.ad_set_id).unwrap();
        let budgets = (stored.daily_budget.map(|it| it.0), stored.lifetime_budget.map(|it| it.0));
        assert_eq!((budgets, stored.status.as_deref()), (micros(ad), Some(ad.ad_set_status)));
    }
    assert!(truth.iter().any(|ad| micros(ad).1 == Some(9_007_199_254_740_993)), "beyond what a float holds");
}
