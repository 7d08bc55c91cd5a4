//! What time does to the numbers.

use jiff::ToSpan;
use jiff::civil::date;

use super::*;
use crate::meta_ads::{Counts, Level};

/// One account's sums on a day, as known at a time.
fn known(world: &mut MetaAds, account: &str, day: jiff::civil::Date, now: Timestamp) -> Counts {
    world.advance(now);
    let id = account.trim_start_matches("act_");
    let days = world.truth_daily(Level::Account);
    days.iter().find(|row| row.account_id == id && row.day == day).map(|row| row.counts).unwrap_or_default()
}

#[test]
fn today_is_each_accounts_own_and_grows_with_its_clock() {
    let mut world = world();
    let today = |world: &mut MetaAds, account: &str, now: &str| {
        let query = [("date_preset", "today"), ("fields", "impressions")];
        let body = get_at(world, at(now), &format!("/v25.0/{account}/insights"), &query);
        rows(&body).first().map(|row| (row["date_start"].to_string(), number(row, "impressions")))
    };
    let (berlin_day, at_four) = today(&mut world, EUR, NOW).expect("a row");
    assert_eq!(berlin_day, "\"2026-11-21\"");
    let (_, at_ten) = today(&mut world, EUR, "2026-11-21T21:00:00Z").expect("a row");
    assert!(at_ten > at_four && at_four > 0, "{at_four} then {at_ten}");
    let (tokyo_day, _) = today(&mut world, JPY, NOW).expect("a row");
    assert_eq!(tokyo_day, "\"2026-11-22\"");
    assert_eq!(today(&mut world, JPY, "2026-11-21T15:00:10Z"), None, "nothing ten seconds past midnight");
}

#[test]
fn conversions_come_late_for_28_days_and_spend_is_corrected_after_two() {
    let mut world = world();
    let day = date(2026, 11, 20);
    let end = at("2026-11-21T08:00:00Z");
    let after = |days: i64| end.checked_add((days * 24).hours()).expect("a time");
    let states = [0, 1, 3, 7, 14, 27, 28, 29, 60].map(|days| known(&mut world, USD, day, after(days)));
    let conversions = states.map(|counts| counts.conversions);
    assert!(conversions.is_sorted(), "{conversions:?}");
    assert!(
        conversions[0] > 0 && conversions[0] < conversions[3] && conversions[3] < conversions[6],
        "{conversions:?}"
    );
    assert_eq!(conversions[6..], [conversions[6]; 3], "settled after 28 days");
    assert!(states[1].spend_minor > states[2].spend_minor, "invalid traffic is taken out");
    assert_eq!(states[2].spend_minor, states[8].spend_minor);
    assert_eq!(known(&mut world, USD, day, after(0)), states[0], "the same time knows the same");
}

#[test]
fn a_frozen_world_reads_the_same_whatever_the_clock_says() {
    let mut world = world();
    world.freeze();
    let query = [("level", "ad"), ("time_increment", "1"), ("fields", "spend,actions"), ("limit", "500")];
    let path = format!("/v25.0/{USD}/insights");
    let now = get(&mut world, &path, &query);
    assert_eq!(get_at(&mut world, at("2026-11-25T00:00:00Z"), &path, &query), now);
    world.thaw();
    assert_ne!(get_at(&mut world, at("2026-11-25T00:00:00Z"), &path, &query), now);
}

#[test]
fn the_same_seed_makes_the_same_world_and_another_seed_another() {
    let numbers = |seed| MetaAds::new(seed, 90, at(NOW)).truth_daily(Level::Campaign);
    assert_eq!(numbers(1), numbers(1));
    assert_ne!(numbers(1), numbers(2));
}

#[test]
fn an_account_can_change_its_currency_and_zone() {
    let mut world = world();
    assert!(world.change_currency_and_zone(EUR, "CHF", 2, "Pacific/Kiritimati"));
    assert!(!world.change_currency_and_zone(EUR, "CHF", 2, "Atlantis/Capital"));
    let account =
        get(&mut world, &format!("/v25.0/{EUR}"), &[("fields", "currency,timezone_offset_hours_utc")]);
    assert_eq!(account["currency"], "CHF");
    assert_eq!(account["timezone_offset_hours_utc"], 14.0);
    assert_eq!(world.truth_accounts()[1].today, date(2026, 11, 22));
}

#[test]
fn a_day_of_a_clock_change_is_as_long_as_it_is() {
    let mut world = MetaAds::new(1, 90, at("2026-10-25T12:00:00Z"));
    let day = date(2026, 10, 25);
    let noon = known(&mut world, EUR, day, at("2026-10-25T11:00:00Z")).impressions;
    let end = known(&mut world, EUR, day, at("2026-10-25T22:59:59Z")).impressions;
    assert!(noon * 2 < end * 105 / 100 && noon * 2 > end * 95 / 100, "{noon} of {end} after 13 of 25 hours");
}
