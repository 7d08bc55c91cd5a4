//! Busboards itself, written from its (invented) documentation and without a look at the client.

use std::{any::Any, collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use rows::{
    Day, DayRange,
    day::{day_at, plus_days},
};
use sandbox::exchange::{Answer, Imitation, Request};
use serde_json::{Value, json};

pub const ADVERTISER: u64 = 77;
pub const TOKEN: &str = "busboards-imitation-token";

/// A campaign.
#[derive(Debug, Clone)]
pub struct Campaign {
    pub id: u64,
    pub name: String,
    pub state: String,
    pub budget_cents: i64,
}

/// Its numbers on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub views: i64,
    pub scans: i64,
    pub cost_cents: i64,
}

/// The network and its one advertiser. Nothing moves by itself.
#[derive(Debug)]
pub struct World {
    made_at: Timestamp,
    history_days: u32,
    pub time_zone: String,
    pub campaigns: Vec<Campaign>,
    /// Days that are not as they were made; nothing = taken back.
    edits: BTreeMap<(u64, Day), Option<Line>>,
    pub token: Option<String>,
    pub forbidden: bool,
    /// A report of more lines is refused.
    pub lines_max: usize,
    /// Reports are answered without lines.
    pub empty: bool,
}

impl World {
    pub fn new(days: u32, now: Timestamp) -> Self {
        // Ids that no float can hold.
        let campaign = |number: u64| Campaign {
            id: 9_007_199_254_740_993 + 2 * number,
            name: format!("Night Drive - line {number}"),
            state: "running".to_owned(),
            budget_cents: 2_500,
        };
        Self {
            made_at: now,
            history_days: days,
            time_zone: "Europe/Berlin".to_owned(),
            campaigns: (0..3).map(campaign).collect(),
            edits: BTreeMap::new(),
            token: Some(TOKEN.to_owned()),
            forbidden: false,
            lines_max: usize::MAX,
            empty: false,
        }
    }

    pub fn add_campaign(&mut self, name: &str) {
        let id = self.campaigns.iter().map(|campaign| campaign.id).max().unwrap_or_default() + 2;
        let new = Campaign { id, name: name.to_owned(), state: "running".to_owned(), budget_cents: 900 };
        self.campaigns.push(new);
    }

    pub fn edit(&mut self, campaign: u64, day: Day, line: Option<Line>) {
        self.edits.insert((campaign, day), line);
    }

    pub fn today(&self) -> Day {
        day_at(self.made_at, &rows::zone::zone(&self.time_zone).unwrap())
    }

    /// Everything that a report over all days would say, by day and campaign.
    pub fn lines(&self) -> BTreeMap<(Day, u64), Line> {
        let today = self.today();
        let days = DayRange::new(plus_days(today, -i64::from(self.history_days)), today).unwrap();
        let mut lines = BTreeMap::new();
        for (age, day) in days.days().enumerate() {
            for campaign in &self.campaigns {
                let weight = i64::try_from(age).unwrap() * 7 + i64::try_from(campaign.id % 97).unwrap();
                // Every fifth day nobody scans.
                let scans = if weight % 5 == 0 { 0 } else { weight };
                let made = Line { views: 1_000 + weight, scans, cost_cents: 500 + weight };
                let line = self.edits.get(&(campaign.id, day)).copied().unwrap_or(Some(made));
                lines.extend(line.map(|line| ((day, campaign.id), line)));
            }
        }
        lines
    }

    fn respond(&self, request: &Request) -> Result<Value, Answer> {
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        if token.is_none() || token != self.token.as_deref() {
            return Err(error(401, &json!({ "code": "unauthorized", "message": "The token is not valid." })));
        }
        match request.path.as_str() {
            "/v1/advertiser" => Ok(json!({
                "id": ADVERTISER, "name": "Night Drive", "currency": "EUR", "time_zone": self.time_zone,
            })),
            "/v1/campaigns" if self.forbidden => {
                let what = json!({ "code": "forbidden", "permission": "campaigns.read", "message": "No." });
                Err(error(403, &what))
            }
            "/v1/campaigns" => Ok(page(request, &self.campaigns.iter().map(campaign).collect::<Vec<_>>())),
            "/v1/report" => self.report(request),
            _ => Err(error(404, &json!({ "code": "not_found", "message": "There is no such thing." }))),
        }
    }

    fn report(&self, request: &Request) -> Result<Value, Answer> {
        let day = |name: &str| request.param(name).and_then(|text| text.parse::<Day>().ok());
        let Some((from, to)) = day("from").zip(day("to")) else {
            return Err(error(400, &json!({ "code": "bad_request", "message": "from and to are days." })));
        };
        let lines = self.lines().into_iter().filter(|((day, _), _)| (from..=to).contains(day));
        let lines: Vec<Value> = lines.map(|((day, campaign), found)| line(day, campaign, found)).collect();
        if lines.len() > self.lines_max {
            return Err(error(413, &json!({ "code": "too_many_lines", "message": "Ask for fewer days." })));
        }
        Ok(page(request, if self.empty { &[] } else { &lines }))
    }
}

fn campaign(campaign: &Campaign) -> Value {
    let Campaign { id, name, state, budget_cents } = campaign;
    json!({ "id": id, "name": name, "state": state, "daily_budget": decimal(*budget_cents) })
}

fn line(day: Day, campaign: u64, line: Line) -> Value {
    let mut shown = json!({
        "campaign_id": campaign, "day": day, "views": line.views, "cost": decimal(line.cost_cents),
    });
    if line.scans != 0 {
        shown["scans"] = json!(line.scans);
    }
    shown
}

fn decimal(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The page after the one that ended with element `after`.
fn page(request: &Request, elements: &[Value]) -> Value {
    let number = |name: &str| request.param(name).and_then(|text| text.parse::<usize>().ok());
    let (after, limit) = (number("after").unwrap_or(0), number("limit").unwrap_or(100).clamp(1, 100));
    let end = (after + limit).min(elements.len());
    let data = elements.get(after..end).unwrap_or_default();
    json!({ "data": data, "has_more": end < elements.len(), "cursor": end.to_string() })
}

fn error(status: u16, error: &Value) -> Answer {
    Answer::json(status, &json!({ "error": error }))
}

impl Imitation for World {
    fn id(&self) -> &'static str {
        "busboards"
    }

    fn answer(&mut self, request: &Request) -> Answer {
        match self.respond(request) {
            Ok(body) => Answer::json(200, &body),
            Err(answer) => answer,
        }
    }

    fn advance(&mut self, _: Timestamp) {}

    fn limited(&self, _: &Request, _: f64, wait: Duration) -> Answer {
        let seconds = wait.as_millis().div_ceil(1_000).to_string();
        error(429, &json!({ "code": "slow_down", "message": "Slow down." }))
            .with_header("retry-after", seconds)
    }

    fn announced_wait(&self, wait: Duration) -> Duration {
        Duration::from_secs(u64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX))
    }

    fn usage_headers(&self, _: &Request, usage_percent: f64) -> Vec<(String, String)> {
        vec![("x-busboards-used".to_owned(), format!("{usage_percent:.0}"))]
    }

    fn expired(&self, _: &Request) -> Option<Answer> {
        Some(error(401, &json!({ "code": "unauthorized", "message": "The token is not valid." })))
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
