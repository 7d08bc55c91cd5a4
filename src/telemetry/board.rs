//! What is known now: campaigns, payments, web analytics, streaming services, royalties, statuses. The prepared body is rendered from it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use actors::engine::status::ConnectionStatus;
use jiff::{Timestamp, tz::TimeZone};
use rows::{
    Day,
    day::{day_at, end_of},
    money::RawSpend,
    zone::zone,
};

use super::{
    figures::{
        CampaignFigures, GoalFigures, MarketingCampaign, MusicFigures, PaymentFigures, RoyaltyFigures,
        RoyaltyRevenue, SetAside, Touched, WebFigures,
    },
    limits::{
        CAMPAIGN_MEMBERS_MAX, CAMPAIGNS_MAX, LABEL_CHARS_MAX, PAYMENTS_MAX, ROYALTIES_MAX, WEB_GOALS_MAX,
        WEB_MAX,
    },
    music::{Music, Shown, Track},
    share::{LeftOut, fair},
    text::Labels,
};
use crate::insight::{pacing, status};

/// (provider, account, campaign): a series per key, so that no scrape ever holds one twice.
type CampaignKey = (String, String, String);

/// All that is shown.
#[derive(Debug, Default)]
pub(super) struct Board {
    campaigns: BTreeMap<CampaignKey, Campaign>,
    payments: Vec<Payment>,
    web: Vec<Web>,
    music: Music,
    /// In the order of their connections.
    royalties: Vec<RoyaltyFigures>,
    /// By name; set by [`Board::set_statuses`].
    pub statuses: Vec<Arc<ConnectionStatus>>,
    /// By connection.
    pub token_expiries: BTreeMap<String, Timestamp>,
    /// As configured.
    pub marketing_campaigns: Vec<MarketingCampaign>,
    /// Rows that were set aside, by connection.
    set_aside: BTreeMap<String, Vec<SetAside>>,
}

/// A campaign with what does not change from one rendering to the next.
#[derive(Debug)]
pub(super) struct Campaign {
    pub snapshot: CampaignFigures,
    /// Of every series.
    pub labels: Labels,
    /// Of the info series.
    pub info: Labels,
    /// The account's day for which the windows hold; `None` when its zone is not known.
    pub day: Option<Day>,
    pub pacing: Option<f64>,
}

/// Payments of one connection and currency.
#[derive(Debug)]
pub(super) struct Payment {
    pub snapshot: PaymentFigures,
    /// Its zone's day for which the windows hold; `None` when its zone is not known.
    day: Option<Day>,
}

/// Web analytics of one connection.
#[derive(Debug)]
struct Web {
    snapshot: WebFigures,
    /// Its zone's day for which the windows hold; `None` when its zone is not known.
    day: Option<Day>,
}

/// What of the board is shown at one instant.
#[derive(Debug)]
pub(super) struct View<'a> {
    /// In the order of their keys; whether the windows still hold.
    pub campaigns: Vec<(&'a Campaign, bool)>,
    /// In the order of connection and currency; whether the windows still hold.
    pub payments: Vec<(&'a PaymentFigures, bool)>,
    /// Marketing campaign and member.
    pub members: Vec<(&'a str, &'a Campaign)>,
    /// In the order of their connections; whether the windows still hold.
    pub web: Vec<(&'a WebFigures, bool)>,
    /// In the order of connection and goal; whether the windows still hold.
    pub goals: Vec<(&'a WebFigures, &'a GoalFigures, bool)>,
    /// In the order of their keys; whether the windows still hold.
    pub tracks: Vec<(&'a Track, bool)>,
    /// In the order of their connections.
    pub royalties: Vec<&'a RoyaltyFigures>,
    /// In the order of connection, service and currency.
    pub revenue: Vec<(&'a RoyaltyFigures, &'a RoyaltyRevenue)>,
    /// The rest of streaming services.
    pub music: &'a Shown,
    /// What was left out, by kind.
    pub left_out: Vec<(&'static str, LeftOut)>,
}

/// The current day by zone, looked up once each.
struct Today {
    now: Timestamp,
    days: HashMap<String, Option<Day>>,
}

/// The day at `now` in the zone of that name; `None` when nobody knows it.
pub(super) fn day_in(zone_name: &str, now: Timestamp) -> Option<Day> {
    zone(zone_name).map(|zone| day_at(now, &zone))
}

// === impl Board ===

impl Board {
    /// Replaces every campaign of the touched accounts with what was read for `now`.
    pub fn replace_campaigns(&mut self, touched: &Touched, snapshots: Vec<CampaignFigures>, now: Timestamp) {
        self.campaigns.retain(|_, Campaign { snapshot, .. }| {
            !touched.holds(&snapshot.connection, &snapshot.account_id)
        });
        for snapshot in snapshots {
            let key = (snapshot.provider.clone(), snapshot.account_id.clone(), snapshot.campaign_id.clone());
            self.campaigns.insert(key, Campaign::new(snapshot, now));
        }
    }

    /// Replaces all payments with what was read for `now`.
    pub fn replace_payments(&mut self, mut snapshots: Vec<PaymentFigures>, now: Timestamp) {
        snapshots.sort_by(|a, b| (&a.connection, a.currency).cmp(&(&b.connection, b.currency)));
        snapshots.dedup_by(|a, b| (&a.connection, a.currency) == (&b.connection, b.currency));
        let payment = |snapshot: PaymentFigures| Payment { day: day_in(&snapshot.time_zone, now), snapshot };
        self.payments = snapshots.into_iter().map(payment).collect();
    }

    /// Replaces all web analytics with what was read for `now`.
    pub fn replace_web(&mut self, mut snapshots: Vec<WebFigures>, now: Timestamp) {
        snapshots.sort_by(|a, b| a.connection.cmp(&b.connection));
        let web = |snapshot: WebFigures| Web { day: day_in(&snapshot.time_zone, now), snapshot };
        self.web = snapshots.into_iter().map(web).collect();
    }

    /// Replaces all that was seen of streaming services with what was read for `now`.
    pub fn replace_music(&mut self, snapshots: Vec<MusicFigures>, now: Timestamp) {
        self.music.replace(snapshots, now);
    }

    /// Replaces all royalties.
    pub fn replace_royalties(&mut self, mut snapshots: Vec<RoyaltyFigures>) {
        snapshots.sort_by(|a, b| a.connection.cmp(&b.connection));
        self.royalties = snapshots;
    }

    /// Replaces all that was set aside.
    pub fn replace_set_aside(&mut self, all: Vec<SetAside>) {
        self.set_aside.clear();
        for one in all {
            self.set_aside.entry(one.connection.clone()).or_default().push(one);
        }
    }

    /// What was set aside of a connection, by stream.
    pub fn set_aside_of(&self, connection: &str) -> &[SetAside] {
        self.set_aside.get(connection).map_or(&[], Vec::as_slice)
    }

    /// Every connection's status: only of these connections is anything shown.
    pub fn set_statuses(&mut self, statuses: Vec<Arc<ConnectionStatus>>) {
        let names = statuses.iter().map(|status| status.connection.as_str()).collect();
        self.music.show_only(&names);
        self.statuses = statuses;
    }

    /// Whether payments of a touched connection are known.
    pub fn shows_payments_of(&self, touched: &Touched) -> bool {
        touched.has_connection(|connection| {
            self.payments.iter().any(|payment| payment.snapshot.connection == connection)
        })
    }

    /// Whether web analytics of a touched connection are shown.
    pub fn shows_web_of(&self, touched: &Touched) -> bool {
        touched.has_connection(|connection| self.web.iter().any(|web| web.snapshot.connection == connection))
    }

    /// Whether anything that a touched connection saw of streaming services is shown.
    pub fn shows_music_of(&self, touched: &Touched) -> bool {
        touched.has_connection(|connection| self.music.is_of(connection))
    }

    /// Whether royalties of a touched connection are shown.
    pub fn shows_royalties_of(&self, touched: &Touched) -> bool {
        touched.has_connection(|connection| self.royalties.iter().any(|of| of.connection == connection))
    }

    /// The next instant at which some account's day ends: windows move then.
    pub fn next_rollover(&self, now: Timestamp) -> Option<Timestamp> {
        let campaigns = self.campaigns.values().map(|campaign| campaign.snapshot.time_zone.as_str());
        let payments = self.payments.iter().map(|payment| payment.snapshot.time_zone.as_str());
        let web = self.web.iter().map(|web| web.snapshot.time_zone.as_str());
        let tracks = self.music.shown().tracks.iter().map(|track| track.time_zone.as_str());
        // Months of statements are over by UTC.
        let months = self.royalties.first().map(|_| "UTC");
        let zones: BTreeSet<&str> =
            campaigns.chain(payments).chain(web).chain(tracks).chain(months).collect();
        zones
            .into_iter()
            .filter_map(|name| {
                let zone = zone(name)?;
                Some(end_of(day_at(now, &zone), &zone))
            })
            .min()
    }

    /// What of streaming services a tenant's connections saw.
    pub fn music_of(&self, tenant: &str) -> Shown {
        self.music.of(&self.statuses_of(Some(tenant)).map(|status| status.connection.as_str()).collect())
    }

    /// What is shown at `now`.
    pub fn view(&self, now: Timestamp) -> View<'_> {
        self.view_of(None, self.music.shown(), now)
    }

    /// What of a tenant's is shown at `now`; `music` is what its connections saw.
    pub fn view_of<'a>(&'a self, tenant: Option<&str>, music: &'a Shown, now: Timestamp) -> View<'a> {
        let connections: BTreeSet<&str> =
            self.statuses_of(tenant).map(|status| status.connection.as_str()).collect();
        let mut today = Today { now, days: HashMap::new() };
        let of_connections = |connection: &str| connections.contains(connection);

        let campaigns = self.campaigns.values();
        let is_shown = |campaign: &&Campaign| {
            of_connections(&campaign.snapshot.connection)
                && tenant.is_none_or(|tenant| tenant == campaign.snapshot.tenant)
        };
        let campaigns = campaigns.filter(is_shown).collect();
        let (campaigns, no_campaigns) = bounded_campaigns(campaigns);
        let members = self.members_among(&campaigns);
        let (members, no_members) =
            fair(members, CAMPAIGN_MEMBERS_MAX, |(_, member)| &member.snapshot.connection);
        let payments = self.payments.iter();
        let payments = payments.filter(|payment| of_connections(&payment.snapshot.connection)).collect();
        let (payments, no_payments) =
            fair::<&Payment>(payments, PAYMENTS_MAX, |payment| &payment.snapshot.connection);

        let web = self.web.iter().filter(|web| of_connections(&web.snapshot.connection)).collect();
        let (web, no_web) = fair::<&Web>(web, WEB_MAX, |web| &web.snapshot.connection);
        let goals = web.iter().flat_map(|web| web.snapshot.goals.iter().map(|goal| (*web, goal))).collect();
        let (goals, no_goals) =
            fair::<(&Web, &GoalFigures)>(goals, WEB_GOALS_MAX, |(web, _)| &web.snapshot.connection);
        let royalties = self.royalties.iter().filter(|of| of_connections(&of.connection));
        let royalties: Vec<&RoyaltyFigures> = royalties.collect();
        let revenue = royalties.iter().flat_map(|of| of.revenue.iter().map(|one| (*of, one))).collect();
        let (revenue, no_revenue) =
            fair::<(&RoyaltyFigures, &RoyaltyRevenue)>(revenue, ROYALTIES_MAX, |(of, _)| &of.connection);

        let mut holds = |day: Option<Day>, zone_name: &str| day.is_some() && day == today.in_zone(zone_name);
        View {
            campaigns: campaigns
                .into_iter()
                .map(|one| (one, holds(one.day, &one.snapshot.time_zone)))
                .collect(),
            payments: payments
                .into_iter()
                .map(|one| (&one.snapshot, holds(one.day, &one.snapshot.time_zone)))
                .collect(),
            members,
            web: web
                .into_iter()
                .map(|one| (&one.snapshot, holds(one.day, &one.snapshot.time_zone)))
                .collect(),
            goals: goals
                .into_iter()
                .map(|(one, goal)| (&one.snapshot, goal, holds(one.day, &one.snapshot.time_zone)))
                .collect(),
            tracks: music.tracks.iter().map(|one| (one, holds(one.day, &one.time_zone))).collect(),
            royalties,
            revenue,
            music,
            left_out: [
                ("campaign", no_campaigns),
                ("campaign_member", no_members),
                ("payment", no_payments),
                ("web", no_web),
                ("web_goal", no_goals),
            ]
            .into_iter()
            .chain(music.left_out.iter().cloned())
            .chain([("royalty", no_revenue)])
            .collect(),
        }
    }

    /// Those of connections that are there, by key.
    pub fn campaigns(&self) -> impl Iterator<Item = &Campaign> {
        let connections: BTreeSet<&str> =
            self.statuses.iter().map(|status| status.connection.as_str()).collect();
        let campaigns = self.campaigns.values();
        campaigns.filter(move |campaign| connections.contains(campaign.snapshot.connection.as_str()))
    }

    /// Those of this tenant among them: whose connection is the tenant's now, and was when they were read.
    pub fn campaigns_of(&self, tenant: &str) -> impl Iterator<Item = &Campaign> {
        let connections: BTreeSet<&str> =
            self.statuses_of(Some(tenant)).map(|status| status.connection.as_str()).collect();
        self.campaigns().filter(move |Campaign { snapshot, .. }| {
            snapshot.tenant == tenant && connections.contains(snapshot.connection.as_str())
        })
    }

    /// Connections' statuses: all, or a tenant's.
    pub fn statuses_of(&self, tenant: Option<&str>) -> impl Iterator<Item = &ConnectionStatus> {
        let all = self.statuses.iter().map(AsRef::as_ref);
        all.filter(move |status: &&ConnectionStatus| tenant.is_none_or(|tenant| tenant == status.tenant))
    }

    /// The marketing campaigns that a campaign belongs to.
    pub fn memberships(&self, campaign: &Campaign) -> Vec<String> {
        let marketing = self.marketing_campaigns.iter();
        let of_it = marketing.filter(|marketing| campaign.is_member_of(marketing));
        of_it.map(|marketing| marketing.campaign.clone()).collect()
    }

    /// Marketing campaigns with those of `campaigns` that belong to them.
    fn members_among<'a>(&'a self, campaigns: &[&'a Campaign]) -> Vec<(&'a str, &'a Campaign)> {
        let mut members = Vec::new();
        for marketing in &self.marketing_campaigns {
            let of_it = campaigns.iter().filter(|campaign| campaign.is_member_of(marketing));
            members.extend(of_it.map(|campaign| (marketing.campaign.as_str(), *campaign)));
        }
        members
    }
}

/// Within the limit: of each connection active ones before others, in the order of their keys.
fn bounded_campaigns(campaigns: Vec<&Campaign>) -> (Vec<&Campaign>, LeftOut) {
    if campaigns.len() <= CAMPAIGNS_MAX {
        return (campaigns, LeftOut::new());
    }
    let (mut active, rest): (Vec<_>, Vec<_>) =
        campaigns.into_iter().partition(|campaign| campaign.is_active());
    active.extend(rest);
    let (mut shown, left_out) =
        fair::<&Campaign>(active, CAMPAIGNS_MAX, |campaign| &campaign.snapshot.connection);
    shown.sort_by(|a, b| a.key().cmp(&b.key()));
    (shown, left_out)
}

// === impl Today ===

impl Today {
    fn in_zone(&mut self, name: &str) -> Option<Day> {
        if let Some(day) = self.days.get(name) {
            return *day;
        }
        let day = day_in(name, self.now);
        self.days.insert(name.to_owned(), day);
        day
    }
}

// === impl Campaign ===

impl Campaign {
    fn new(snapshot: CampaignFigures, now: Timestamp) -> Self {
        let zone = zone(&snapshot.time_zone);
        let labels = Labels::default()
            .with("provider", &snapshot.provider)
            .with("account_id", &snapshot.account_id)
            .with("campaign_id", &snapshot.campaign_id);
        let info = labels
            .clone()
            .with("campaign_name", &shortened(snapshot.name.as_deref()))
            .with("tenant", &snapshot.tenant)
            .with("objective", &shortened(snapshot.objective.as_deref()))
            .with("status", &shortened(snapshot.status.as_deref()))
            .with("currency", snapshot.currency.as_ref().map_or("", |currency| currency.as_str()));
        let pacing = zone.as_ref().and_then(|zone| pacing_of(&snapshot, zone, now));
        Self { day: zone.map(|zone| day_at(now, &zone)), labels, info, pacing, snapshot }
    }

    pub fn key(&self) -> (&str, &str, &str) {
        let CampaignFigures { provider, account_id, campaign_id, .. } = &self.snapshot;
        (provider, account_id, campaign_id)
    }

    pub fn is_active(&self) -> bool {
        let CampaignFigures { status, effective_status, .. } = &self.snapshot;
        status.as_deref().is_some_and(status::is_active)
            || effective_status.as_deref().is_some_and(status::is_delivering)
    }

    fn is_member_of(&self, marketing: &MarketingCampaign) -> bool {
        let CampaignFigures { provider, campaign_id, name, tenant, .. } = &self.snapshot;
        marketing.holds(tenant, provider, campaign_id, name.as_deref())
    }
}

/// The daily budget's pacing where there is one, else the lifetime budget's. Compared with the time at which today was
/// last read, because a spend that is an hour old says nothing about this minute; nothing when that was another day.
fn pacing_of(snapshot: &CampaignFigures, zone: &TimeZone, now: Timestamp) -> Option<f64> {
    let at = snapshot.read_at.unwrap_or(now);
    if snapshot.daily_budget.is_none() {
        let CampaignFigures { lifetime_spend, lifetime_budget, start_at, end_at, .. } = *snapshot;
        return pacing::lifetime(
            lifetime_spend.map(|RawSpend(spend)| spend),
            lifetime_budget,
            start_at,
            end_at,
            at,
        );
    }
    if day_at(at, zone) != day_at(now, zone) {
        return None;
    }
    let spend = snapshot.windows.today.and_then(|today| today.spend).map(|RawSpend(spend)| spend);
    pacing::daily(spend, snapshot.daily_budget, at, zone)
}

/// Text for a label: unknown is empty, which is the same as absent.
pub(super) fn shortened(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    match text.char_indices().nth(LABEL_CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
