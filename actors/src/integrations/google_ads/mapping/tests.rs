use ::rows::Currency;
use proptest::prelude::*;

use super::*;
use crate::{integrations::google_ads::search::Found, page::Next};

fn owner(conversions: Conversions) -> Owner {
    let account = Account {
        id: "1234567890".to_owned(),
        name: "Label A".to_owned(),
        currency: Some(Currency::parse("EUR").unwrap()),
        time_zone: "Europe/Berlin".to_owned(),
    };
    super::owner(&account, conversions).unwrap()
}

fn read<T>(json: &str, read: impl Fn(wire::Row) -> Result<T, Unreadable>) -> Result<T, Unreadable> {
    read(serde_json::from_str(json)?)
}

/// The row of the documentation.
const DAY: &str = r#"{"customer":{"resourceName":"customers/1234567890","id":"1234567890","currencyCode":"EUR"},
"campaign":{"resourceName":"customers/1234567890/campaigns/21987654321","id":"21987654321","name":"Night Drive",
"status":"ENABLED"},"segments":{"date":"2026-11-21"},
"metrics":{"impressions":"20455","clicks":"310","interactions":"4120","engagements":"3880","costMicros":"31240000",
"conversions":14.5,"conversionsValue":14.5,"allConversions":22.166667,"allConversionsValue":30.0,
"viewThroughConversions":"3","videoTrueviewViews":"3810","videoQuartileP100Rate":0.18,"ctr":0.015155}}"#;

#[test]
fn a_day_of_a_campaign_is_read_exactly() {
    let owner = owner(Conversions::Conversions);
    let row = read(DAY, |row| performance(&row, AdLevel::Campaign, &owner)).unwrap();
    let Row::AdPerformance(row) = row else { panic!("{row:?}") };
    assert_eq!((row.account_id.as_str(), row.campaign_id.as_str()), ("1234567890", "21987654321"));
    assert_eq!((row.level, row.ad_set_id.as_str(), row.ad_id.as_str()), (AdLevel::Campaign, "", ""));
    assert_eq!((row.date.to_string(), row.currency.as_str()), ("2026-11-21".to_owned(), "EUR"));
    let expected = AdMetrics {
        impressions: Some(20_455),
        clicks: Some(310),
        clicks_all: Some(4_120),
        spend: Some(RawSpend(Micros(31_240_000))),
        conversions: Some(Micros(14_500_000)),
        conversion_value: Some(Micros(14_500_000)),
        video_views: Some(3_810),
        video_completions: None,
        engagements: Some(3_880),
        reach: None,
    };
    assert_eq!(row.metrics, expected);
    assert_eq!(row.conversion_definition.as_deref(), Some("conversions"));
    assert_eq!(row.view_definition.as_deref(), Some("trueview"));

    let all = self::owner(Conversions::AllConversions);
    let row = read(DAY, |row| performance(&row, AdLevel::Campaign, &all)).unwrap();
    let Row::AdPerformance(row) = row else { panic!("{row:?}") };
    assert_eq!(row.metrics.conversions, Some(Micros(22_166_667)));
    assert_eq!(row.metrics.conversion_value, Some(Micros(30_000_000)));
    assert_eq!(row.conversion_definition.as_deref(), Some("all_conversions"));
}

#[test]
fn what_a_row_leaves_out_is_zero_and_numbers_are_exact() {
    let owner = owner(Conversions::Conversions);
    let row = |metrics: &str| {
        let json = format!(r#"{{"campaign":{{"id":"7"}},"segments":{{"date":"2026-11-21"}}{metrics}}}"#);
        read(&json, |row| performance(&row, AdLevel::Campaign, &owner)).map(|row| match row {
            Row::AdPerformance(row) => row.metrics,
            other => panic!("{other:?}"),
        })
    };
    for empty in ["", r#","metrics":{}"#, r#","metrics":{"clicks":null,"conversions":null}"#] {
        let metrics = row(empty).unwrap();
        assert_eq!((metrics.impressions, metrics.conversions), (Some(0), Some(Micros::ZERO)), "{empty}");
        assert_eq!((metrics.video_completions, metrics.reach), (None, None));
    }
    let large = row(
        r#","metrics":{"impressions":"9007199254740993","costMicros":"9007199254740993","conversions":9007199254.740993,
        "conversionsValue":4.7e-05}"#,
    )
    .unwrap();
    assert_eq!(large.impressions, Some(9_007_199_254_740_993));
    assert_eq!(large.spend, Some(RawSpend(Micros(9_007_199_254_740_993))));
    assert_eq!(large.conversions, Some(Micros(9_007_199_254_740_993)));
    assert_eq!(large.conversion_value, Some(Micros(47)));
    assert_eq!(
        row(r#","metrics":{"clicks":12}"#).unwrap().clicks,
        Some(12),
        "a number is no worse than its text"
    );
    for (wrong, reason) in [
        (r#"{"clicks":"seven"}"#, "malformed"),
        (r#"{"clicks":"-1"}"#, "malformed"),
        (r#"{"clicks":"1.5"}"#, "malformed"),
        (r#"{"costMicros":"99999999999999999999"}"#, "malformed"),
        (r#"{"conversions":"NaN"}"#, "malformed"),
        (r#"{"conversions":1e300}"#, "money"),
        (r#"{"clicks":[{"value":"planted"}]}"#, "malformed"),
        ("7", "malformed"),
    ] {
        let why = row(&format!(r#","metrics":{wrong}"#)).unwrap_err();
        assert_eq!(why.reason(), reason, "{wrong}");
        assert!(!why.to_string().contains("planted") && !why.to_string().contains("seven"), "{why}");
    }
}

#[test]
fn one_ad_in_two_groups_is_two_ads() {
    let owner = owner(Conversions::Conversions);
    let of_group = |group: &str| {
        let json = format!(
            r#"{{"campaign":{{"id":"7"}},"adGroup":{{"id":"{group}"}},"segments":{{"date":"2026-11-21"}},
            "adGroupAd":{{"ad":{{"id":"500","name":"Hook A"}},"status":"PAUSED","primaryStatus":"NOT_ELIGIBLE"}}}}"#
        );
        (
            read(&json, |row| performance(&row, AdLevel::Ad, &owner)).unwrap(),
            read(&json, |row| ad(row, &owner)).unwrap(),
        )
    };
    let (Row::AdPerformance(day), Row::Ad(ad)) = of_group("11") else { panic!("an ad and its day") };
    assert_eq!((day.ad_set_id.as_str(), day.ad_id.as_str()), ("11", "11~500"));
    assert_eq!((ad.campaign_id.as_str(), ad.ad_set_id.as_str(), ad.ad_id.as_str()), ("7", "11", "11~500"));
    assert_eq!((ad.name.as_deref(), ad.status.as_deref()), (Some("Hook A"), Some("PAUSED")));
    assert_eq!(ad.effective_status.as_deref(), Some("NOT_ELIGIBLE"));
    let (Row::AdPerformance(other), _) = of_group("12") else { panic!("an ad's day") };
    assert_eq!(other.ad_id, "12~500");
}

#[test]
fn a_campaign_has_a_daily_budget_or_one_for_its_life() {
    let owner = owner(Conversions::Conversions);
    let campaign =
        |rest: &str| match read(&format!(r#"{{"campaign":{{"id":"7"{rest}}}"#), |row| campaign(row, &owner))
            .unwrap()
        {
            Row::AdCampaign(row) => row,
            other => panic!("{other:?}"),
        };
    let daily = campaign(
        r#","name":"Night Drive","status":"ENABLED","primaryStatus":"LEARNING","advertisingChannelType":"DEMAND_GEN",
        "startDateTime":"2026-10-01 00:00:00","endDateTime":"2037-12-30 23:59:59"},
        "campaignBudget":{"amountMicros":"25000000","period":"DAILY"}"#,
    );
    assert_eq!((daily.daily_budget, daily.lifetime_budget), (Some(Micros(25_000_000)), None));
    assert_eq!(daily.start_at, Some("2026-09-30T22:00:00Z".parse().unwrap()), "midnight in Berlin");
    assert_eq!((daily.end_at, daily.learning), (None, Some(true)));
    assert_eq!(
        (daily.status.as_deref(), daily.effective_status.as_deref()),
        (Some("ENABLED"), Some("LEARNING"))
    );
    assert_eq!(daily.objective.as_deref(), Some("DEMAND_GEN"));
    assert_eq!(daily.currency, Some(owner.currency));
    let whole = campaign(
        r#","status":"REMOVED","primaryStatus":"REMOVED","endDateTime":"2026-10-31 23:59:59"},
        "campaignBudget":{"totalAmountMicros":"900000000","amountMicros":"0","period":"CUSTOM_PERIOD"}"#,
    );
    assert_eq!((whole.daily_budget, whole.lifetime_budget), (None, Some(Micros(900_000_000))));
    assert_eq!(
        (whole.status.as_deref(), whole.effective_status.as_deref()),
        (Some("removed"), Some("removed"))
    );
    assert!(whole.end_at.is_some() && whole.name.is_none() && whole.learning == Some(false));
    let bare = campaign("}");
    assert_eq!((bare.daily_budget, bare.lifetime_budget, bare.learning), (None, None, None));
}

#[test]
fn a_bad_row_does_not_take_its_page_with_it() {
    let owner = owner(Conversions::Conversions);
    let page = r#"{"results":[
        {"campaign":{"id":"7"},"segments":{"date":"2026-11-21"},"geographicView":{"countryCriterionId":"2840"}},
        {"campaign":{"id":"8"},"segments":{"date":"2026-11-21"},"geographicView":{"countryCriterionId":"2999"},
         "metrics":{"clicks":"planted"},"adGroup":{"id":"11"},"adGroupAd":{"ad":{"id":"500"}}},
        {"campaign":{"id":"planted"},"segments":{"date":"planted"}},
        7],"nextPageToken":"CAE6Dk","totalResultsCount":"12044","fieldMask":"campaign.id"}"#;
    let (read, page) = Found::of(page).read(|row| in_country(&row, &owner)).unwrap();
    assert_eq!((read.len(), page.quarantined.len()), (1, 3));
    assert_eq!((page.total, page.next), (Some(12_044), Next::More("CAE6Dk".to_owned())));
    assert_eq!(read[0].country, Some("US"));
    let ids = ["campaign_id 8", "ad_group_id 11", "ad_id 500", "country_criterion_id 2999"];
    let named: Vec<_> = page.quarantined[0].fields.iter().map(|(name, id)| format!("{name} {id}")).collect();
    assert_eq!(named, ids);
    assert_eq!(page.quarantined[0].day, Some("2026-11-21".parse().unwrap()));
    assert!(!format!("{:?}", page.quarantined).contains("planted"), "{:?}", page.quarantined);
    assert_eq!(page.quarantined[0].place, "customer 1, test, element 1");
}

#[test]
fn a_page_without_rows_is_one_and_what_is_no_page_is_none() {
    let ids = |body: &'static str| Found::of(body).read(|row| Ok(row.campaign.is_some()));
    for empty in [r#"{"fieldMask":"campaign.id"}"#, r#"{"results":null,"nextPageToken":""}"#] {
        let (read, page) = ids(empty).unwrap();
        assert!(read.is_empty() && page.next == Next::End(None), "{empty}");
    }
    for nonsense in ["[]", "<html>", "", r#"{"results":{}}"#] {
        assert_eq!(ids(nonsense).unwrap_err().outcome(), "transient", "{nonsense}");
    }
}

proptest! {
    #[test]
    fn money_and_conversions_are_exact(micros in 0..=i64::MAX, parts in 0_i64..1_000_000_000_000) {
        let exact = format!("{}.{:06}", parts / 1_000_000, parts % 1_000_000);
        let row = DAY.replace("\"31240000\"", &format!("\"{micros}\"")).replace(":14.5", &format!(":{exact}"));
        let row = read(&row, |row| performance(&row, AdLevel::Campaign, &owner(Conversions::Conversions))).unwrap();
        let Row::AdPerformance(row) = row else { panic!("{row:?}") };
        prop_assert_eq!(row.metrics.spend, Some(RawSpend(Micros(micros))));
        prop_assert_eq!(row.metrics.conversions, Some(Micros(parts)));
        prop_assert_eq!(row.metrics.conversion_value, Some(Micros(parts)));
    }

    #[test]
    fn ids_and_counts_beyond_what_a_float_holds_are_exact(id in (1_i64 << 53).., count in 0..=i64::MAX, is_text: bool) {
        let said = if is_text { format!("\"{id}\"") } else { id.to_string() };
        let row = DAY.replace("\"21987654321\"", &said).replace("\"20455\"", &format!("\"{count}\""));
        let row = read(&row, |row| performance(&row, AdLevel::Campaign, &owner(Conversions::Conversions))).unwrap();
        let Row::AdPerformance(row) = row else { panic!("{row:?}") };
        prop_assert_eq!((row.campaign_id, row.metrics.impressions), (id.to_string(), Some(count)));
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let owner = owner(Conversions::Conversions);
        let _ = Found::of(body).read(|row| in_country(&row, &owner));
    }

    #[test]
    fn any_row_is_read_or_set_aside(value in "[\\[\\]{}\",:a-z0-9.~-]{0,40}", text in "\\PC{0,20}") {
        let owner = owner(Conversions::Conversions);
        let text = serde_json::Value::from(text);
        for value in [value, text.to_string()] {
            let body = format!(
                r#"{{"results":[{{"campaign":{{"id":{value},"startDateTime":{value}}},"segments":{{"date":{value}}},
                "metrics":{{"clicks":{value},"conversions":{value}}},"geographicView":{{"countryCriterionId":{value}}}}}]}}"#
            );
            let found = Found::of(body);
            let _ = found.read(|row| in_country(&row, &owner));
            let _ = found.read(|row| performance(&row, AdLevel::Ad, &owner));
            let _ = found.read(|row| campaign(row, &owner));
        }
    }
}
