//! Rows: what they hold, how they add up, and what tests can do to them.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};

use super::*;
use crate::meta_ads::{CUSTOM_CONVERSION, Level, NewCampaign};

const FIELDS: &str = "account_id,account_currency,campaign_id,campaign_name,adset_id,ad_id,impressions,reach,frequency,\
    spend,clicks,inline_link_clicks,cpm,ctr,actions,action_values,video_play_actions,video_p100_watched_actions";
const WEEK: &str = r#"{"since":"2026-11-10","until":"2026-11-16"}"#;

fn week(world: &mut MetaAds, account: &str, level: &str, more: &[(&str, &str)]) -> Vec<Value> {
    let mut query = vec![("level", level), ("time_range", WEEK), ("time_increment", "1"), ("fields", FIELDS)];
    query.extend(more);
    query.push(("limit", "100"));
    all_rows(world, &format!("/v25.0/{account}/insights"), &query)
}

/// Sums of a number by campaign and day.
fn by_campaign(rows: &[Value], value: impl Fn(&Value) -> u64) -> BTreeMap<(String, String), u64> {
    let mut sums = BTreeMap::new();
    for row in rows {
        let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
        *sums.entry((text("campaign_id"), text("date_start"))).or_default() += value(row);
    }
    sums
}

fn cents(row: &Value) -> u64 {
    row["spend"].as_str().expect("spend").replace('.', "").parse().expect("cents")
}

#[test]
fn rows_are_texts_with_zero_left_out_and_dates_always_there() {
    let rows = week(&mut world(), USD, "campaign", &[]);
    assert_eq!(rows.len(), 14, "two running campaigns for seven days: {rows:?}");
    for row in &rows {
        assert_eq!(row["date_start"], row["date_stop"]);
        assert!(row.get("country").is_none() && row.get("adset_id").is_none());
        assert!(number(row, "impressions") >= number(row, "reach"));
        assert!(
            row["spend"].as_str().expect("spend").split_once('.').is_some_and(|(_, cents)| cents.len() == 2)
        );
        assert!(action(row, "link_click") > 0);
        assert_eq!(action(row, "link_click"), number(row, "inline_link_clicks"));
        let sells = row["campaign_name"].as_str().expect("a name").contains("Pre-save");
        assert!(sells || row.get("action_values").is_none(), "absent means zero");
        assert_eq!(action(row, "purchase"), action(row, "omni_purchase"), "the same purchase twice");
    }
    assert!(rows.iter().any(|row| row.get("action_values").is_some()), "somebody buys");
    let unasked = rows.iter().filter(|row| row.get("delivery_estimate_v2").is_some()).count();
    let yen = week(&mut world(), JPY, "campaign", &[]);
    assert!(yen.iter().all(|row| !row["spend"].as_str().expect("spend").contains('.')), "{yen:?}");
    let strange = yen.iter().filter(|row| row.get("delivery_estimate_v2").is_some()).count();
    assert!(unasked + strange > 0, "a field nobody asked for turns up now and then");
}

#[test]
fn ads_add_up_to_their_campaign_except_reach_and_now_and_then_a_conversion() {
    let mut world = world();
    let (campaigns, ads) = (week(&mut world, USD, "campaign", &[]), week(&mut world, USD, "ad", &[]));
    assert_eq!(by_campaign(&campaigns, cents), by_campaign(&ads, cents));
    for field in ["impressions", "clicks", "inline_link_clicks"] {
        let sum = |rows: &[Value]| by_campaign(rows, |row| number(row, field));
        assert_eq!(sum(&campaigns), sum(&ads), "{field}");
    }
    let reach = |rows: &[Value]| by_campaign(rows, |row| number(row, "reach")).into_values().sum::<u64>();
    assert!(reach(&campaigns) < reach(&ads));
    let days = |level| {
        let truth = world.truth_daily(level);
        let mut sums = BTreeMap::<(String, Date), u64>::new();
        for day in truth {
            *sums.entry((day.campaign_id, day.day)).or_default() += day.counts.conversions;
        }
        sums
    };
    let (campaigns, ads) = (days(Level::Campaign), days(Level::Ad));
    let differing = campaigns.iter().filter(|(key, count)| ads.get(key) != Some(count)).count();
    assert!(differing > 0 && differing * 5 < campaigns.len(), "{differing} of {}", campaigns.len());
    assert!(campaigns.iter().all(|(key, count)| count - ads.get(key).copied().unwrap_or_default() <= 1));
}

#[test]
fn countries_come_as_a_key_of_their_own_and_add_up() {
    let mut world = world();
    let (plain, split) = (
        week(&mut world, USD, "campaign", &[]),
        week(&mut world, USD, "campaign", &[("breakdowns", r#"["country"]"#)]),
    );
    assert!(split.iter().any(|row| row["country"] == "GB"));
    assert!(split.iter().any(|row| row["country"] == "unknown"));
    assert_eq!(by_campaign(&plain, cents), by_campaign(&split, cents));
    let conversions = |row: &Value| action(row, CUSTOM_CONVERSION);
    assert_eq!(by_campaign(&plain, conversions), by_campaign(&split, conversions));
    let accounts = week(&mut world, USD, "account", &[("breakdowns", "country")]);
    assert_eq!(accounts.iter().map(cents).sum::<u64>(), plain.iter().map(cents).sum::<u64>());
}

#[test]
fn attribution_windows_split_a_conversion_and_dead_ones_return_nothing() {
    let windows = r#"["1d_click","7d_click","1d_view","7d_view"]"#;
    let rows = week(&mut world(), USD, "campaign", &[("action_attribution_windows", windows)]);
    let actions = rows[0]["actions"].as_array().expect("actions");
    let of = |kind: &str| actions.iter().find(|action| action["action_type"] == kind).expect(kind);
    let conversion = of(CUSTOM_CONVERSION);
    assert_eq!(number(conversion, "7d_click") + number(conversion, "1d_view"), number(conversion, "value"));
    assert!(number(conversion, "1d_click") < number(conversion, "7d_click"));
    assert_eq!(conversion.get("7d_view"), None);
    assert_eq!(of("link_click").get("1d_view"), None);
}

#[test]
fn archived_campaigns_have_rows_only_when_statuses_are_named() {
    let mut world = world();
    let october = r#"{"since":"2026-09-01","until":"2026-09-30"}"#;
    let names = |world: &mut MetaAds, filtering: Option<&str>| {
        let mut query =
            vec![("level", "campaign"), ("time_range", october), ("fields", "campaign_name,spend")];
        query.extend(filtering.map(|filtering| ("filtering", filtering)));
        all_rows(world, &format!("/v25.0/{USD}/insights"), &query).len()
    };
    assert_eq!((names(&mut world, None), names(&mut world, Some(ALL_STATUSES))), (3, 4));
    world.set_archived_insights_hidden(false);
    assert_eq!(names(&mut world, None), 4);
}

#[test]
fn what_is_answered_is_the_truth() {
    let mut world = world();
    let truth = world.truth_daily(Level::AdSet);
    let truth = truth.iter().filter(|day| day.account_id == "1234567890123456").map(|day| {
        let counts = &day.counts;
        (
            day.ad_set_id.clone(),
            day.day.to_string(),
            day.spend.clone(),
            counts.impressions,
            counts.conversions,
        )
    });
    let mut truth = truth.collect::<Vec<_>>();
    let range = r#"{"since":"2026-08-01","until":"2026-11-30"}"#;
    let statuses =
        ALL_STATUSES.replace("campaign.", "adset.").replace("\"DELETED\"", "\"DELETED\",\"CAMPAIGN_PAUSED\"");
    let query = [
        ("level", "adset"),
        ("time_range", range),
        ("time_increment", "1"),
        ("fields", FIELDS),
        ("filtering", &statuses),
        ("limit", "77"),
    ];
    let answered = all_rows(&mut world, &format!("/v25.0/{USD}/insights"), &query);
    let mut answered = answered
        .iter()
        .map(|row| {
            let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
            let counts = (number(row, "impressions"), action(row, CUSTOM_CONVERSION));
            (text("adset_id"), text("date_start"), text("spend"), counts.0, counts.1)
        })
        .collect::<Vec<_>>();
    truth.sort();
    answered.sort();
    assert!(truth.len() > 400, "{}", truth.len());
    assert_eq!(answered, truth);
}

#[test]
fn periods_can_be_longer_than_a_day() {
    let mut world = world();
    let path = format!("/v25.0/{EUR}/insights");
    let query = |increment| [("time_range", WEEK), ("time_increment", increment), ("fields", FIELDS)];
    let days = all_rows(&mut world, &path, &query("1"));
    let whole = all_rows(&mut world, &path, &query("all_days"));
    let parts = all_rows(&mut world, &path, &query("5"));
    assert_eq!((days.len(), whole.len(), parts.len()), (7, 1, 2));
    assert_eq!(whole[0]["date_stop"], "2026-11-16");
    assert_eq!(parts[1]["date_start"], "2026-11-15");
    let sum = |rows: &[Value]| rows.iter().map(cents).sum::<u64>();
    assert_eq!((sum(&whole), sum(&parts)), (sum(&days), sum(&days)));
    let months = r#"{"since":"2026-09-10","until":"2026-11-10"}"#;
    let monthly = [("time_range", months), ("time_increment", "monthly"), ("fields", "spend")];
    assert_eq!(all_rows(&mut world, &path, &monthly).len(), 3);
}

#[test]
fn too_many_rows_are_refused_until_the_question_is_narrowed() {
    let mut world = world();
    world.set_sync_row_limit(Some(10));
    let path = format!("/v25.0/{USD}/insights");
    let query = [("level", "campaign"), ("time_range", WEEK), ("time_increment", "1"), ("limit", "5")];
    assert_eq!(refused(&mut world, &path, &query), (400, 100, Some(1_487_534)));
    let one = r#"[{"field":"campaign.id","operator":"IN","value":["120208325579370399"]}]"#;
    assert_eq!(week(&mut world, USD, "campaign", &[("filtering", one)]).len(), 7);
    let one_ad = r#"[{"field":"ad.id","operator":"IN","value":[120208325579380499]}]"#;
    assert!(week(&mut world, USD, "ad", &[("filtering", one_ad)]).len() >= 6);
    let unknown = r#"[{"field":"ad.colour","operator":"IN","value":["red"]}]"#;
    assert_eq!(refused(&mut world, &path, &[("filtering", unknown)]), (400, 100, None));
    assert_eq!(
        rows(&get(&mut world, "/v25.0/120208325579370399/insights", &query)).len(),
        5,
        "below one campaign"
    );
}

#[test]
fn tests_can_restate_vanish_remove_and_add() {
    let mut world = world();
    let before = week(&mut world, USD, "campaign", &[]);
    let id = "120208325579370399";
    let day = date(2026, 11, 12);
    assert_eq!(world.restate(USD, id, day, |counts| counts.spend_minor = 1_111), 4);
    let restated = week(&mut world, USD, "campaign", &[]);
    let row = restated.iter().find(|row| row["campaign_id"] == id && row["date_start"] == "2026-11-12");
    assert_eq!(row.expect("the row")["spend"], "44.44");
    assert_eq!(restated.iter().zip(&before).filter(|(new, old)| new != old).count(), 1, "nothing else moved");
    assert!(world.vanish_day(USD, id, day));
    assert_eq!(week(&mut world, USD, "campaign", &[]).len(), before.len() - 1);
    assert!(world.bring_back_day(USD, id, day));
    assert!(world.remove_campaign(USD, id));
    assert_eq!(week(&mut world, USD, "campaign", &[]).len(), before.len() - 7);
    assert_eq!(refused(&mut world, &format!("/v25.0/{id}"), &[]), (400, 100, Some(33)));
    let new = NewCampaign {
        name: "Night Drive - Remix".to_owned(),
        objective: "OUTCOME_TRAFFIC".to_owned(),
        daily_budget_minor: 5_000,
        first_day: date(2026, 11, 14),
        country: "SE".to_owned(),
    };
    let added = world.add_campaign(USD, new).expect("added");
    assert_ne!(added, id);
    let rows = week(&mut world, USD, "campaign", &[("breakdowns", "country")]);
    assert_eq!(
        rows.iter().filter(|row| row["campaign_id"] == added.as_str() && row["country"] == "SE").count(),
        3
    );
    world.shrink(true);
    assert!(week(&mut world, USD, "campaign", &[]).is_empty());
}
