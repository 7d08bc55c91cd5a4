//! The first tests of a new integration: everything once, nothing twice, and what is particular to it.

use std::{collections::BTreeMap, sync::Arc};

use actors::{integration::ConnectionSpec, observer::Silent};
use jiff::Timestamp;
use rows::{Clock, Micros, Row, Table, clock::SimulatedClock, day::plus_days, money::RawSpend};

use super::{
    Busboards,
    imitation::{ADVERTISER, TOKEN, World},
};
use crate::support::{drive::Driver, memory::MemorySink, wire::ImitationWire};

const NOON: &str = "2026-11-21T12:00:00Z";

fn spec() -> ConnectionSpec {
    ConnectionSpec {
        name: "label-a-busboards".to_owned(),
        integration: "busboards".to_owned(),
        tenant: "label-a".to_owned(),
        accounts: vec![ADVERTISER.to_string()],
        accounts_exclude: Vec::new(),
        start_date: "2026-10-01".parse().unwrap(),
        base_url: "http://imitation.invalid".parse().unwrap(),
        endpoints: BTreeMap::new(),
        api_version: String::new(),
        credentials: [("token".to_owned(), TOKEN.into())].into(),
        settings: serde_json::json!({ "page_size": 7 }),
        quotas: None,
        streams: BTreeMap::new(),
    }
}

/// A connection to a world of 30 days.
fn bench() -> (Driver, ImitationWire, MemorySink) {
    let now: Timestamp = NOON.parse().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(now));
    let wire = ImitationWire::new(Box::new(World::new(30, now)), clock.clone(), 1);
    let sink = MemorySink::default();
    let transport = Arc::new(wire.clone());
    let driver =
        Driver::new(spec(), Arc::new(Busboards), transport, clock, Arc::new(Silent), Arc::new(sink.clone()));
    (driver, wire, sink)
}

#[tokio::test(start_paused = true)]
async fn what_the_network_serves_is_stored_once() {
    let (driver, wire, sink) = bench();
    assert_eq!(driver.once().await.finished, Some(true));
    let truth = wire.world(|world: &mut World| world.lines());
    assert_eq!(truth.len(), 3 * 31);
    let stored = sink.table("label-a-busboards", Table::AdPerformanceDaily);
    assert_eq!(stored.len(), truth.len());
    for row in stored {
        let Row::AdPerformance(row) = row else { panic!("{row:?}") };
        let line = truth[&(row.date, row.campaign_id.parse().unwrap())];
        assert_eq!(row.metrics.impressions, Some(line.views));
        assert_eq!(row.metrics.clicks, Some(line.scans), "left out = zero");
        assert_eq!(row.metrics.spend, Micros::from_minor(line.cost_cents, 2).map(RawSpend));
        assert_eq!(row.metrics.conversions, None, "not known to this network");
    }
    assert_eq!(sink.table("label-a-busboards", Table::AdCampaigns).len(), 3);

    let before = sink.dump();
    assert_eq!(driver.once().await.finished, Some(true));
    assert!(sink.dump() == before, "a second run changes nothing");
}

#[tokio::test(start_paused = true)]
async fn too_many_lines_are_asked_for_in_halves() {
    let (driver, wire, sink) = bench();
    wire.world(|world: &mut World| world.lines_max = 4);
    assert_eq!(driver.once().await.finished, Some(true));
    assert_eq!(sink.table("label-a-busboards", Table::AdPerformanceDaily).len(), 3 * 31);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_taken_back_goes() {
    let (driver, wire, sink) = bench();
    assert_eq!(driver.once().await.finished, Some(true));
    wire.world(|world: &mut World| {
        let (campaign, yesterday) = (world.campaigns[0].id, plus_days(world.today(), -1));
        world.edit(campaign, yesterday, None);
    });
    assert_eq!(driver.once().await.finished, Some(true));
    assert_eq!(sink.table("label-a-busboards", Table::AdPerformanceDaily).len(), 3 * 31 - 1);
}
