//! The families of campaigns, with spend of one kind.

use rows::{
    Micros,
    figures::{CampaignFigures, CampaignWindow, Windows},
    money::{Basis, DisplaySpend, RawSpend, Spend},
};

use super::{
    board::View,
    text::{Family, Labels, Number},
};
use crate::{audience::said, insight::status};

/// Spend of which campaigns have windows.
pub(super) trait Windowed: Spend {
    fn windows(campaign: &CampaignFigures) -> Windows<CampaignWindow<Self>>;
}

impl Windowed for RawSpend {
    fn windows(campaign: &CampaignFigures) -> Windows<CampaignWindow> {
        campaign.windows
    }
}

impl Windowed for DisplaySpend {
    fn windows(campaign: &CampaignFigures) -> Windows<CampaignWindow<Self>> {
        campaign.display_windows()
    }
}

/// A figure of a window, with its family.
struct Figure<M> {
    name: &'static str,
    help: &'static str,
    /// An amount: it carries the campaign's currency as a label.
    in_currency: bool,
    /// A further label, as written.
    more: &'static str,
    of: fn(&CampaignWindow<M>) -> Option<Number>,
}

const fn figures<M: Spend>() -> [Figure<M>; 6] {
    let (spend_help, basis) = match M::BASIS {
        Basis::Raw => (
            "What the network charged (basis raw), in major units, over a window of account days.",
            "basis=\"raw\"",
        ),
        Basis::Display => (
            "What is shown of what the network charged (basis display), in major units, over a window of account days.",
            "basis=\"display\"",
        ),
    };
    [
        Figure {
            name: "dynamoi_campaign_impressions",
            help: "Times shown, over a window of account days. Can fall: networks restate.",
            in_currency: false,
            more: "",
            of: |sums| sums.impressions.map(Number::Integer),
        },
        Figure {
            name: "dynamoi_campaign_clicks",
            help: "Clicks on the link, over a window of account days.",
            in_currency: false,
            more: "",
            of: |sums| sums.clicks.map(Number::Integer),
        },
        Figure {
            name: "dynamoi_campaign_conversions",
            help: "Conversions by the configured definition, over a window of account days; may be fractional.",
            in_currency: false,
            more: "",
            of: |sums| sums.conversions.map(micros),
        },
        Figure {
            name: "dynamoi_campaign_video_views",
            help: "Video views by the network's definition, over a window of account days.",
            in_currency: false,
            more: "",
            of: |sums| sums.video_views.map(Number::Integer),
        },
        Figure {
            name: "dynamoi_campaign_spend",
            help: spend_help,
            in_currency: true,
            more: basis,
            of: |sums| sums.spend.map(|spend| micros(said(spend))),
        },
        Figure {
            name: "dynamoi_campaign_conversion_value",
            help: "Value of the conversions, in major units, over a window of account days.",
            in_currency: true,
            more: "",
            of: |sums| sums.conversion_value.map(micros),
        },
    ]
}

const fn micros(amount: Micros) -> Number {
    Number::micros(amount.0)
}

/// What campaigns are, and their sums. Budgets and pacing are what networks take, before any margin: only beside raw spend.
pub(super) fn campaigns<M: Windowed>(view: &View<'_>, add: &mut impl FnMut(Family)) {
    let mut info = Family::gauge("dynamoi_campaign_info", "1; the labels describe the campaign.");
    let mut learning = Family::gauge(
        "dynamoi_campaign_learning",
        "Whether the network is still learning how to deliver it.",
    );
    let mut drift = Family::gauge(
        "dynamoi_campaign_status_drift",
        "1 when the configured status is active and the effective status is not.",
    );
    for (campaign, _) in &view.campaigns {
        let (snapshot, labels) = (&campaign.snapshot, &campaign.labels);
        info.sample(&campaign.info, "", Number::Integer(1));
        learning.sample_known(labels, "", snapshot.learning.map(Number::flag));
        let differs = status::drift(snapshot.status.as_deref(), snapshot.effective_status.as_deref());
        drift.sample_known(labels, "", differs.map(Number::flag));
    }
    add(info);
    for figure in figures::<M>() {
        add(figure.family(view));
    }
    if M::BASIS == Basis::Raw {
        plans(view, add);
    }
    [learning, drift].into_iter().for_each(&mut *add);

    let mut members = Family::gauge(
        "dynamoi_campaign_member_info",
        "1; joins a marketing campaign (label campaign) with the network campaigns that belong to it.",
    );
    for (marketing, member) in &view.members {
        let snapshot = &member.snapshot;
        let labels = Labels::default()
            .with("campaign", marketing)
            .with("provider", &snapshot.provider)
            .with("account_id", &snapshot.account_id)
            .with("campaign_id", &snapshot.campaign_id);
        members.sample(&labels, "", Number::Integer(1));
    }
    add(members);
}

fn plans(view: &View<'_>, add: &mut impl FnMut(Family)) {
    let mut budget = Family::gauge("dynamoi_campaign_budget", "Budget per period, in major units.");
    let mut pacing = Family::gauge(
        "dynamoi_campaign_pacing_ratio",
        "Spend to date / (budget * share of its period elapsed): 1 is on plan. Of the daily budget, else the lifetime budget.",
    );
    for (campaign, holds) in &view.campaigns {
        let (snapshot, labels) = (&campaign.snapshot, &campaign.labels);
        if let Some(currency) = snapshot.currency {
            for (period, amount) in [("daily", snapshot.daily_budget), ("lifetime", snapshot.lifetime_budget)]
            {
                let more = format!("currency=\"{currency}\",period=\"{period}\"");
                budget.sample_known(labels, &more, amount.map(|budget| micros(said(RawSpend(budget)))));
            }
        }
        pacing.sample_known(labels, "", campaign.pacing.filter(|_| *holds).map(Number::Ratio));
    }
    [budget, pacing].into_iter().for_each(add);
}

// === impl Figure ===

impl<M: Windowed> Figure<M> {
    /// Windows of a day that is over are not shown: they would be yesterday's numbers under today's name.
    fn family(&self, view: &View<'_>) -> Family {
        let mut family = Family::gauge(self.name, self.help);
        let mut more = String::new();
        for (campaign, _) in view.campaigns.iter().filter(|(_, holds)| *holds) {
            let currency = campaign.snapshot.currency;
            if self.in_currency && currency.is_none() {
                continue; // an amount without a currency is no amount
            }
            for (window, sums) in M::windows(&campaign.snapshot).known() {
                more.clear();
                for piece in ["window=\"", window, "\""] {
                    more.push_str(piece);
                }
                if let (true, Some(currency)) = (self.in_currency, &currency) {
                    for piece in [",currency=\"", currency.as_str(), "\""] {
                        more.push_str(piece);
                    }
                }
                if !self.more.is_empty() {
                    more.push(',');
                    more.push_str(self.more);
                }
                family.sample_known(&campaign.labels, &more, (self.of)(sums));
            }
        }
        family
    }
}
