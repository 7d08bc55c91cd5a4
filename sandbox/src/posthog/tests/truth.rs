//! What HogQL says and what the truth says, by two ways.

use std::collections::HashMap;

use super::*;

const SOURCE: &str = "if(coalesce({S}$entry_utm_source, {S}$entry_referring_domain, '') = '$direct', '(direct)', coalesce({S}$entry_utm_source, {S}$entry_referring_domain, ''))";

fn keys(prefix: &str, zone: &str) -> String {
    let source = SOURCE.replace("{S}", prefix);
    format!(
        "toDate(toTimeZone({prefix}$start_timestamp, '{zone}')) as day, coalesce({prefix}$entry_utm_campaign, '') as campaign, {source} as source, ifNull({prefix}$entry_utm_medium, '') as medium"
    )
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn sessions_agree_in_every_zone() {
    let mut world = world();
    for zone in ["Europe/Berlin", "UTC", "Asia/Tokyo"] {
        let query = format!(
            "select {}, count() as n, sum($pageview_count) + sum($screen_count) as views, sum($session_duration) as seconds, uniq(person_id) as users from sessions group by day, campaign, source, medium order by day, campaign, source, medium limit 50000",
            keys("", zone)
        );
        let rows = results(&mut world, &query, &json!({}));
        let truth: Vec<_> = world
            .truth_web(EU_PROJECT, Some(zone))
            .into_iter()
            .filter(|row| row.scope == "campaign")
            .collect();
        assert!(truth.len() > 1_000 && truth.len() == rows.len(), "{} {}", truth.len(), rows.len());
        for (row, truth) in rows.iter().zip(&truth) {
            assert_eq!(
                [text(&row[0]), text(&row[1]), text(&row[2]), text(&row[3])],
                [truth.day.to_string(), truth.campaign.clone(), truth.source.clone(), truth.medium.clone()]
            );
            assert_eq!(
                (row[4].clone(), row[5].clone(), row[6].clone(), row[7].clone()),
                (
                    json!(truth.sessions),
                    json!(truth.page_views),
                    json!(truth.session_seconds),
                    json!(truth.users)
                )
            );
        }
        let total = results(
            &mut world,
            &format!(
                "select toDate(toTimeZone($start_timestamp, '{zone}')) d, count(), uniq(person_id) from sessions group by d order by d limit 200"
            ),
            &json!({}),
        );
        let truth: Vec<_> =
            world.truth_web(EU_PROJECT, Some(zone)).into_iter().filter(|row| row.scope == "total").collect();
        assert!(total.len() >= 120);
        let of_truth =
            truth.iter().map(|row| vec![json!(row.day.to_string()), json!(row.sessions), json!(row.users)]);
        assert_eq!(total, of_truth.collect::<Vec<_>>());
    }
}

#[test]
fn conversions_belong_to_the_day_of_their_session() {
    let mut world = world();
    let query = format!(
        "select {}, count() as conversions, uniq($session_id) as converting, toString(sum(toDecimal(toString(properties.revenue), 6))) as revenue from events where event = {{goal}} and session.$start_timestamp >= toDateTime('2026-11-01') and session.$start_timestamp < toDateTime('2026-11-08') and timestamp >= toDateTime('2026-11-01') and timestamp < toDateTime('2026-11-09') group by day, campaign, source, medium order by day, campaign, source, medium limit 5000",
        keys("session.", "Europe/Berlin")
    );
    let rows = results(&mut world, &query, &json!({ "goal": PURCHASE }));
    let truth = world.truth_conversions(EU_PROJECT, PURCHASE, None);
    let week = day("2026-11-01")..day("2026-11-08");
    let truth: Vec<_> =
        truth.into_iter().filter(|row| row.scope == "campaign" && week.contains(&row.day)).collect();
    assert!(truth.len() > 10 && truth.len() == rows.len(), "{} {}", truth.len(), rows.len());
    for (row, truth) in rows.iter().zip(&truth) {
        assert_eq!((text(&row[0]), text(&row[1])), (truth.day.to_string(), truth.campaign.clone()));
        assert_eq!(
            (row[4].clone(), row[5].clone()),
            (json!(truth.conversions), json!(truth.converting_sessions))
        );
        let micros = row[6].as_str().map(|text| (text.parse::<f64>().unwrap() * 1e6).round().to_string());
        assert_eq!(micros, truth.revenue_micros.map(|micros| micros.to_string()));
    }
    let by_event_day = results(
        &mut world,
        "select toDate(timestamp) d, count() from events where event = {goal} group by d order by d limit 200",
        &json!({ "goal": PURCHASE }),
    );
    let events: HashMap<String, i64> =
        by_event_day.iter().map(|row| (text(&row[0]), row[1].as_i64().unwrap())).collect();
    let server_side = world.truth_server_side(EU_PROJECT, PURCHASE, None);
    assert!(server_side.iter().all(|row| row.conversions <= 8) && server_side.len() > 100);
    let truth = world.truth_conversions(EU_PROJECT, PURCHASE, None);
    let in_sessions: u64 = truth.iter().filter(|row| row.scope == "total").map(|row| row.conversions).sum();
    let outside: u64 = server_side.iter().map(|row| row.conversions).sum();
    assert_eq!(u64::try_from(events.values().sum::<i64>()).unwrap(), in_sessions + outside);
    let over = "select count() from events where event = {goal} and toDate(timestamp) != toDate(session.$start_timestamp) and session.$start_timestamp is not null";
    assert!(results(&mut world, over, &json!({ "goal": PURCHASE }))[0][0].as_i64().unwrap() > 100);
}

#[test]
fn controls_change_what_is_true() {
    let mut world = world();
    let date = day("2026-11-15");
    let total = |world: &mut PostHog| {
        let rows = world.truth_web(EU_PROJECT, None).into_iter();
        rows.filter(|row| row.scope == "total" && row.day == date).map(|row| (row.sessions, row.users)).next()
    };
    let before = total(&mut world).unwrap();
    let new = NewSession {
        start: at("2026-11-15T22:50:00Z"),
        seconds: 1_200,
        campaign: Some("late".to_owned()),
        goals: vec![(PURCHASE.to_owned(), Some("5".to_owned()))],
        ..NewSession::default()
    };
    let id = world.add_session(EU_PROJECT, new).unwrap();
    assert_eq!(total(&mut world).unwrap().0, before.0 + 1);
    assert!(
        world.add_goal(EU_PROJECT, &id, PURCHASE, None)
            && !world.add_goal(EU_PROJECT, "none", PURCHASE, None)
    );
    let late = world
        .truth_conversions(EU_PROJECT, PURCHASE, None)
        .into_iter()
        .find(|row| row.campaign == "late")
        .unwrap();
    assert_eq!((late.day, late.conversions, late.converting_sessions), (date, 2, 1));
    assert_eq!(late.revenue_micros, Some(5_000_000));
    let merged = world.merge_persons(EU_PROJECT, date);
    assert!(merged > 10);
    assert!(total(&mut world).unwrap().1 < before.1, "uniq falls");
    let filter = SessionFilter { day: Some(date), campaign: Some("late".to_owned()) };
    assert_eq!(world.session_ids(EU_PROJECT, &filter), [id.as_str()]);
    assert!(world.delete_session(EU_PROJECT, &id) && !world.delete_session(EU_PROJECT, &id));
    assert!(world.delete_campaign(EU_PROJECT, "tour-2026") > 0);
    assert!(world.delete_day(EU_PROJECT, date) > 0);
    assert_eq!(total(&mut world), None);
    assert_eq!(
        results(
            &mut world,
            "select count() from sessions where toDate($start_timestamp) = '2026-11-15'",
            &json!({})
        ),
        [[0]]
    );
    assert!(world.set_time_zone(US_PROJECT, "UTC") && !world.set_time_zone(US_PROJECT, "Nowhere/None"));
}

#[test]
fn the_world_goes_on_with_the_clock() {
    let mut world = world();
    let count = |world: &mut PostHog| world.session_ids(US_PROJECT, &SessionFilter::default()).len();
    let before = count(&mut world);
    world.advance(at("2026-11-22T16:00:00Z"));
    let after = count(&mut world);
    assert!(after > before + 50, "{before} {after}");
    world.freeze();
    world.advance(at("2026-11-25T16:00:00Z"));
    assert_eq!(count(&mut world), after);
    world.thaw();
    assert!(count(&mut world) > after);
}
