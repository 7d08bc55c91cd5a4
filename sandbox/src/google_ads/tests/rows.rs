//! What rows say, against the truth.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};

use super::super::*;
use super::*;

const READABLE: [&str; 3] = [UNDER_ROOT, UNDER_SUB_MANAGER, DIRECT];

/// All that the three tables take of a row, but for the conversions.
const SELECTED: &str = "segments.date, metrics.impressions, metrics.clicks, metrics.interactions, metrics.cost_micros, \
    metrics.video_trueview_views";

/// Campaign, ad group, ad, country, day.
type Key = (String, String, String, String, Date);

/// What a client would keep of the rows of a query.
fn read(bench: &mut Bench, selected: &str, from: &str) -> BTreeMap<Key, Metrics> {
    let query = format!(
        "SELECT campaign.id, {selected} FROM {from} segments.date BETWEEN '2026-08-01' AND '2026-12-31'"
    );
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut read: BTreeMap<Key, Metrics> = BTreeMap::new();
    for row in READABLE.iter().flat_map(|customer| bench.rows(customer, &query)) {
        let country = match int(&row["geographicView"]["countryCriterionId"]) {
            0 => "",
            2276 => "DE",
            2040 => "AT",
            2756 => "CH",
            2840 => "US",
            2124 => "CA",
            2826 => "GB",
            2392 => "JP",
            2158 => "TW",
            _ => "ZZ",
        };
        let (group, ad) = (text(&row["adGroup"]["id"]), text(&row["adGroupAd"]["ad"]["id"]));
        let day = text(&row["segments"]["date"]).parse().unwrap();
        let key = (text(&row["campaign"]["id"]), group, ad, country.to_owned(), day);
        let row = &row["metrics"];
        read.entry(key).or_default().add(&Metrics {
            impressions: int(&row["impressions"]),
            clicks: int(&row["clicks"]),
            interactions: int(&row["interactions"]),
            engagements: int(&row["engagements"]),
            cost_micros: int(&row["costMicros"]),
            conversions_millionths: millionths(&row["conversions"]),
            conversions_value_millionths: millionths(&row["conversionsValue"]),
            all_conversions_millionths: millionths(&row["allConversions"]),
            all_conversions_value_millionths: millionths(&row["allConversionsValue"]),
            video_trueview_views: int(&row["videoTrueviewViews"]),
            view_through_conversions: int(&row["viewThroughConversions"]),
        });
    }
    read
}

/// The truth, without the conversions that are not asked for.
fn truth(rows: Vec<TruthDay>, conversions: Conversions) -> BTreeMap<Key, Metrics> {
    let seen = |row: TruthDay| {
        let mut metrics = Metrics { view_through_conversions: 0, ..row.metrics };
        let unseen = match conversions {
            Conversions::All => {
                [&mut metrics.conversions_millionths, &mut metrics.conversions_value_millionths]
            }
            Conversions::Primary => {
                [&mut metrics.all_conversions_millionths, &mut metrics.all_conversions_value_millionths]
            }
        };
        for number in unseen {
            *number = 0;
        }
        ((row.campaign_id, row.ad_group_id, row.ad_id, row.country.to_owned(), row.day), metrics)
    };
    rows.into_iter().map(seen).collect()
}

#[test]
fn every_row_is_the_truth_at_every_level() {
    let mut bench = bench();
    let mut counts = Vec::new();
    for (conversions, fields) in [
        (Conversions::Primary, "metrics.conversions, metrics.conversions_value"),
        (Conversions::All, "metrics.all_conversions, metrics.all_conversions_value"),
    ] {
        let selected = format!("{SELECTED}, {fields}, metrics.engagements");
        let campaigns = read(&mut bench, &selected, "campaign WHERE");
        let expected = bench.world.truth_daily(Level::Campaign, conversions);
        assert_eq!(campaigns, truth(expected, conversions));
        let ads = format!("ad_group.id, ad_group_ad.ad.id, {selected}");
        let ads = read(&mut bench, &ads, "ad_group_ad WHERE");
        assert_eq!(ads, truth(bench.world.truth_daily(Level::Ad, conversions), conversions));
        let countries = format!("geographic_view.country_criterion_id, {SELECTED}, {fields}");
        let presence = "geographic_view WHERE geographic_view.location_type = 'LOCATION_OF_PRESENCE' AND";
        let present = read(&mut bench, &countries, presence);
        assert!(present.keys().any(|key| key.3 == "ZZ"));
        assert_eq!(present, truth(bench.world.truth_countries(conversions), conversions));
        counts.push((campaigns.len(), ads.len()));

        let cost = |rows: &BTreeMap<Key, Metrics>| rows.values().map(|row| row.cost_micros).sum::<u64>();
        assert_eq!(cost(&present), cost(&campaigns));
        let both_ways = read(&mut bench, &countries, "geographic_view WHERE");
        assert!(cost(&both_ways) > cost(&campaigns) && cost(&campaigns) > cost(&ads));
        let silent = bench.world.truth_campaigns();
        let silent = silent.iter().find(|campaign| campaign.channel == "PERFORMANCE_MAX").unwrap();
        let mut loud = campaigns;
        loud.retain(|key, _| key.0 != silent.campaign_id);
        assert_eq!(cost(&loud), cost(&ads), "ads add up, except where no ad group tells");
    }
    assert!(counts[0].0 > 300 && counts[0].1 > 1_000, "{counts:?}");
    assert!(counts[1].1 > counts[0].1, "rows of nothing but other conversions: {counts:?}");
}

#[test]
fn objects_are_told_as_the_provider_writes_them() {
    let mut bench = bench();
    let query = "SELECT customer.id, campaign.id, campaign.name, campaign.status, campaign.primary_status, \
                 campaign.start_date_time, campaign.end_date_time, campaign_budget.amount_micros, \
                 campaign_budget.total_amount_micros, campaign_budget.period FROM campaign";
    let truth = bench.world.truth_campaigns();
    let rows: Vec<Value> = READABLE.iter().flat_map(|customer| bench.rows(customer, query)).collect();
    assert_eq!(rows.len(), truth.len());
    for (row, truth) in rows.iter().zip(&truth) {
        let name = format!("customers/{}/campaigns/{}", truth.customer_id, truth.campaign_id);
        let end = truth.last_day.unwrap_or(date(2037, 12, 30));
        assert_eq!(
            row["campaign"],
            json!({
                "resourceName": name, "id": truth.campaign_id, "name": truth.name, "status": truth.status.word(),
                "primaryStatus": truth.primary_status, "startDateTime": format!("{} 00:00:00", truth.first_day),
                "endDateTime": format!("{end} 23:59:59"),
            })
        );
        let mut budget = row["campaignBudget"].clone();
        budget.as_object_mut().unwrap().remove("resourceName");
        assert_eq!(
            budget,
            match truth.budget {
                Budget::Daily(micros) => json!({ "amountMicros": micros.to_string(), "period": "DAILY" }),
                Budget::Total(micros) => {
                    json!({ "totalAmountMicros": micros.to_string(), "period": "CUSTOM_PERIOD" })
                }
            }
        );
        assert!(truth.campaign_id.parse::<u64>().unwrap() > 1 << 53);
    }
    let query = "SELECT ad_group.id, ad_group_ad.ad.id, ad_group_ad.ad.name, ad_group_ad.status, \
                 ad_group_ad.primary_status FROM ad_group_ad PARAMETERS omit_unselected_resource_names = true";
    let rows: Vec<Value> = READABLE.iter().flat_map(|customer| bench.rows(customer, query)).collect();
    let truth = bench.world.truth_ads();
    assert_eq!(rows.len(), truth.len());
    for (row, truth) in rows.iter().zip(&truth) {
        let mut ad = json!({ "id": truth.ad_id, "name": truth.ad_name });
        if truth.ad_name.is_empty() {
            ad = json!({ "id": truth.ad_id });
        }
        assert_eq!(
            *row,
            json!({
                "adGroup": { "id": truth.ad_group_id },
                "adGroupAd": { "ad": ad, "status": truth.ad_status.word(), "primaryStatus": truth.ad_primary_status },
            })
        );
    }
    let places = |ad: &TruthAd| truth.iter().filter(|other| other.ad_id == ad.ad_id).count();
    assert!(truth.iter().any(|ad| places(ad) == 2), "one ad in two groups");
    assert!(truth.iter().any(|ad| ad.ad_status == Status::Removed && ad.ad_name.is_empty()));
}

#[test]
fn days_are_restated_as_time_goes_by() {
    let mut bench = bench();
    let now = bench.now;
    let mut after = |days: u64| {
        bench.world.advance(now + std::time::Duration::from_hours(24 * days));
        truth(bench.world.truth_daily(Level::Ad, Conversions::Primary), Conversions::Primary)
    };
    let [now, one, five, sixty] = [0, 1, 5, 60].map(&mut after);
    let [today, next, settled, late] = [&now, &one, &five, &sixty].map(|rows| {
        let mut sum = Metrics::default();
        let today = rows.iter().filter(|(key, _)| key.4 == date(2026, 11, 21));
        today.for_each(|(_, metrics)| sum.add(metrics));
        sum
    });
    assert!(today.impressions > 0 && today.impressions < next.impressions, "today is partial");
    assert!(settled.cost_micros < next.cost_micros, "invalid clicks are credited");
    assert!(next.conversions_millionths < settled.conversions_millionths);
    assert!(settled.conversions_millionths < late.conversions_millionths);
    assert_eq!(settled.cost_micros, late.cost_micros);
    assert!(one.keys().any(|key| !five.contains_key(key)), "rows vanish");
}

#[test]
fn fractions_are_numbers_and_whole_ones_have_no_point() {
    let mut bench = bench();
    let rows = bench.rows(UNDER_ROOT, DAILY);
    let conversions: Vec<&Value> = rows.iter().map(|row| &row["metrics"]["conversions"]).collect();
    let whole = conversions.iter().filter(|value| value.is_u64()).count();
    let fractions = conversions.iter().filter(|value| value.as_f64().is_some_and(|value| value % 1.0 > 0.0));
    assert!(whole > 10 && fractions.count() > 100, "{conversions:?}");
}

#[test]
fn rows_change_vanish_and_stand_still_as_a_test_likes() {
    let mut bench = bench();
    let campaign = bench.world.truth_campaigns()[0].campaign_id.clone();
    let day = date(2026, 11, 10);
    let cost = |bench: &mut Bench| {
        let rows = read(bench, SELECTED, "campaign WHERE");
        let found = rows.into_iter().find(|(key, _)| key.0 == campaign && key.4 == day);
        found.map(|(_, metrics)| metrics.cost_micros)
    };
    let before = cost(&mut bench).unwrap();
    let changed = ["7", &campaign].map(|id| bench.world.restate(id, day, |row| row.cost_micros += 250));
    assert_eq!((changed, cost(&mut bench)), ([0, 4], Some(before + 1_000)));
    assert!(bench.world.vanish_day(&campaign, day) && !bench.world.vanish_day(&campaign, day));
    assert_eq!(cost(&mut bench), None);
    assert!(bench.world.change_campaign(&campaign, "Renamed", Status::Removed));
    let shown = bench.world.truth_campaigns().remove(0);
    assert_eq!((shown.name.as_str(), shown.primary_status), ("Renamed", "REMOVED"));
    bench.world.freeze();
    let still = bench.world.truth_daily(Level::Campaign, Conversions::All);
    bench.world.advance("2026-11-29T00:00:00Z".parse().unwrap());
    assert_eq!(bench.world.truth_daily(Level::Campaign, Conversions::All), still);
    bench.world.thaw();
    assert_ne!(bench.world.truth_daily(Level::Campaign, Conversions::All), still);
    assert!(bench.world.forget_campaign(&campaign) && !bench.world.forget_campaign(&campaign));
    assert!(bench.rows(UNDER_ROOT, DAILY).iter().all(|row| row["campaign"]["id"] != campaign));
}
