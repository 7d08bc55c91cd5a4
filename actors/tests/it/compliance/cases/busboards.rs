//! Busboards, the worked example of `docs/adding-an-integration.md`.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actors::{
    integration::{AnyIntegration, ConnectionSpec},
    session::{Call, quota::Scope},
};
use jiff::Timestamp;
use rows::{Micros, Table, day::plus_days};
use sandbox::exchange::Imitation;
use serde_json::{Value, json};

use super::super::{
    case::{Case, Planted, Refusal, WaitHeaders},
    fact::{Fact, NULL},
};
use crate::{
    busboards::{
        Busboards,
        imitation::{ADVERTISER, Line, TOKEN, World},
    },
    support::wire::{ImitationWire, Seen},
};

pub const CASE: BusboardsCase = BusboardsCase;

pub struct BusboardsCase;

/// 2^53 + 1: the first whole number that a float cannot hold.
const BIG: u64 = 9_007_199_254_740_993;

impl Case for BusboardsCase {
    fn integration(&self) -> Arc<dyn AnyIntegration> {
        Arc::new(Busboards)
    }

    fn imitation(&self, _: u64, days: u32, now: Timestamp) -> Box<dyn Imitation> {
        Box::new(World::new(days, now))
    }

    fn spec(&self, start: rows::Day) -> ConnectionSpec {
        ConnectionSpec {
            name: "label-a-busboards".to_owned(),
            integration: "busboards".to_owned(),
            tenant: "label-a".to_owned(),
            accounts: Vec::new(),
            accounts_exclude: Vec::new(),
            start_date: start,
            base_url: "http://imitation.invalid".parse().unwrap(),
            endpoints: BTreeMap::new(),
            api_version: String::new(),
            credentials: [("token".to_owned(), TOKEN.into())].into(),
            settings: json!({ "page_size": 7 }),
            quotas: None,
            streams: BTreeMap::new(),
        }
    }

    fn set_moving(&self, _: &ImitationWire, _: bool) {
        // Nothing moves by itself.
    }

    fn truth(&self, wire: &ImitationWire, _: &ConnectionSpec) -> Vec<Fact> {
        wire.world(|world: &mut World| {
            let campaigns = world.campaigns.iter().map(|campaign| {
                Fact::new(Table::AdCampaigns, campaign.id.to_string())
                    .value("account", ADVERTISER)
                    .value("name", &campaign.name)
                    .value("status", &campaign.state)
                    .value("objective", NULL)
                    .value("daily_budget", campaign.budget_cents * 10_000)
                    .value("lifetime_budget", NULL)
            });
            let lines = world.lines().into_iter().map(|((day, campaign), line)| {
                let unknown = ["clicks_all", "conversion_micros", "video_views", "video_completions"];
                let key = format!("{ADVERTISER}/campaign/{campaign}//{day}");
                let fact = Fact::new(Table::AdPerformanceDaily, key)
                    .value("currency", "EUR")
                    .value("impressions", line.views)
                    .value("clicks", line.scans)
                    .value("spend_micros", Micros::from_minor(line.cost_cents, 2).unwrap().0)
                    .value("engagements", NULL)
                    .value("reach", NULL);
                unknown.into_iter().fold(fact, |fact, name| fact.value(name, NULL))
            });
            campaigns.chain(lines).collect()
        })
    }

    fn is_cheap_after_kill(&self, seen: &Seen) -> bool {
        seen.path == "/v1/advertiser"
    }

    fn restate(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let campaign = world.campaigns[0].id;
            for age in [1, 6] {
                let day = plus_days(world.today(), -age);
                let line = world.lines()[&(day, campaign)];
                let corrected = Line { views: line.views / 2, ..line };
                world.edit(campaign, day, Some(corrected));
            }
            "Night Drive - renamed".clone_into(&mut world.campaigns[1].name);
        });
    }

    fn add(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            world.add_campaign("Second Sun");
            // It began five days ago.
            let (new, today) = (world.campaigns[3].id, world.today());
            for age in 6..=31 {
                world.edit(new, plus_days(today, -age), None);
            }
        });
    }

    fn remove(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| {
            let (campaign, day) = (world.campaigns[0].id, plus_days(world.today(), -4));
            world.edit(campaign, day, None);
            let gone = world.campaigns[2].id;
            let today = world.today();
            "ended".clone_into(&mut world.campaigns[2].state);
            for age in 0..=6 {
                world.edit(gone, plus_days(today, -age), None);
            }
        });
    }

    fn empty_windows(&self, wire: &ImitationWire, empty: bool) -> bool {
        wire.world(|world: &mut World| world.empty = empty);
        true
    }

    fn make_heavy(&self, wire: &ImitationWire) -> bool {
        // A day has three.
        wire.world(|world: &mut World| world.lines_max = 4);
        true
    }

    fn is_for_heavy(&self, seen: &Seen) -> bool {
        seen.status == Some(413)
    }

    fn set_zone(&self, wire: &ImitationWire, _: &mut ConnectionSpec, zone: &str) {
        wire.world(|world: &mut World| zone.clone_into(&mut world.time_zone));
    }

    fn credential(&self) -> &'static str {
        "token"
    }

    fn accept(&self, wire: &ImitationWire, secret: &str) {
        wire.world(|world: &mut World| world.token = Some(secret.to_owned()));
    }

    fn expire(&self, wire: &ImitationWire) {
        wire.world(|world: &mut World| world.token = None);
    }

    fn forbid(&self, wire: &ImitationWire, forbidden: bool) -> Refusal {
        wire.world(|world: &mut World| world.forbidden = forbidden);
        Refusal { stream: "campaigns", tables: &[Table::AdCampaigns], permission: "campaigns.read" }
    }

    fn limited(&self) -> (&'static str, Duration) {
        ("/v1/report", Duration::from_secs(1))
    }

    fn wait_headers(&self) -> Vec<WaitHeaders> {
        let headers = vec![("x-busboards-pause", "90".to_owned())];
        vec![WaitHeaders { path: "/v1/report", headers, wait: Duration::from_secs(90) }]
    }

    fn cheap_call(&self) -> (Call, Scope) {
        let call =
            Call::get("/v1/campaigns", "campaigns").query("limit", "1").account(ADVERTISER.to_string());
        (call, Scope::Account)
    }

    fn spoil(&self, path: &str, element: &mut Value, text: &str) -> bool {
        let is_line = path.ends_with("/report") && element["views"].is_number();
        if is_line {
            element["views"] = json!([{ "value": text }]);
        }
        is_line
    }

    fn plant(&self, path: &str, element: &mut Value) {
        if path.ends_with("/campaigns") {
            element["state"] = json!("hovering");
        }
        if path.ends_with("/report") && element["views"].is_number() {
            element["views"] = json!(BIG);
            element["cost"] = json!("9007199254.740993");
            if let Some(fields) = element.as_object_mut() {
                fields.remove("scans");
            }
        }
    }

    fn planted(&self) -> Vec<Planted> {
        let planted = |table, name, value: &str| Planted { table, name, value: value.to_owned() };
        vec![
            planted(Table::AdCampaigns, "status", "hovering"),
            planted(Table::AdPerformanceDaily, "impressions", &BIG.to_string()),
            planted(Table::AdPerformanceDaily, "spend_micros", &BIG.to_string()),
            // Left out of a line: the contract says zero.
            planted(Table::AdPerformanceDaily, "clicks", "0"),
        ]
    }
}
