//! The families of the prepared body, in the text exposition format. Rendered whole from the board, in a fixed order.

use std::collections::BTreeMap;

use actors::engine::status::ConnectionStatus;
use jiff::Timestamp;
use rows::{Micros, money::RawSpend, state::State};

use super::{
    board::{Board, View},
    figures::{CampaignWindow, PaymentWindow},
    render_music::{music, royalties, web},
    share::LeftOut,
    text::{Family, Labels, Number},
};
use crate::insight::status;

/// Families by name, each with its text; empty where it has no series.
pub(super) type Texts = Vec<(&'static str, String)>;

/// A figure of a window, with its family.
struct Figure<S> {
    name: &'static str,
    help: &'static str,
    /// An amount: it carries the campaign's currency as a label.
    in_currency: bool,
    /// A further label, as written.
    more: &'static str,
    of: fn(&S) -> Option<Number>,
}

const CAMPAIGN_FIGURES: [Figure<CampaignWindow>; 6] = [
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
        help: "What the network charged (basis raw), in major units, over a window of account days.",
        in_currency: true,
        more: "basis=\"raw\"",
        of: |sums| sums.spend.map(|RawSpend(spend)| micros(spend)),
    },
    Figure {
        name: "dynamoi_campaign_conversion_value",
        help: "Value of the conversions, in major units, over a window of account days.",
        in_currency: true,
        more: "",
        of: |sums| sums.conversion_value.map(micros),
    },
];

/// Name, help, figure in minor units.
type PaymentFigure = (&'static str, &'static str, fn(&PaymentWindow) -> i64);

const PAYMENT_FIGURES: [PaymentFigure; 5] = [
    (
        "dynamoi_payments_gross",
        "Charged to customers, without charges that failed later, in major units, over a window of days.",
        |sums| sums.gross_minor,
    ),
    (
        "dynamoi_payments_fees",
        "Kept by the payment provider, in major units, over a window of days.",
        |sums| sums.fees_minor,
    ),
    (
        "dynamoi_payments_refunds",
        "Given back to customers, without refunds that failed, in major units, over a window of days.",
        |sums| sums.refunds_minor,
    ),
    (
        "dynamoi_payments_other",
        "Every other movement of payments, such as disputes, in major units, over a window of days: gross - fees - refunds + other = net.",
        |sums| sums.other_minor,
    ),
    (
        "dynamoi_payments_net",
        "Net of the provider's own ledger without transfers between own accounts, in major units, over a window of days.",
        |sums| sums.net_minor,
    ),
];

const fn micros(amount: Micros) -> Number {
    Number::micros(amount.0)
}

fn seconds(instant: Timestamp) -> Number {
    Number::Integer(instant.as_second())
}

/// Everything, family by family.
pub(super) fn render(board: &Board, now: Timestamp) -> (Texts, Vec<(&'static str, LeftOut)>) {
    let view = board.view(now);
    let mut texts = Texts::new();
    let mut add = |family: Family| texts.push((family.name(), family.into_text()));
    connections(board, &mut add);
    streams(board, &mut add);
    campaigns(&view, &mut add);
    payments(&view, &mut add);
    web(&view, &mut add);
    music(&view, &mut add);
    royalties(&view, &mut add);
    left_out(&view, &mut add);
    (texts, view.left_out)
}

fn left_out(view: &View<'_>, add: &mut impl FnMut(Family)) {
    let mut family = Family::gauge(
        "dynamoi_connection_series_dropped",
        "Members of a kind that are not shown of a connection, because of the kind's limit.",
    );
    for (kind, of_connections) in &view.left_out {
        for (connection, members) in of_connections {
            let labels = Labels::default().with("connection", connection).with("kind", kind);
            let members = i64::try_from(*members).unwrap_or(i64::MAX);
            family.sample(&labels, "", Number::Integer(members));
        }
    }
    add(family);
}

fn connections(board: &Board, add: &mut impl FnMut(Family)) {
    let mut state = Family::gauge(
        "dynamoi_connection_state",
        "1 for the state that the connection is in: the worst of its own and its streams'.",
    );
    let mut last_success = Family::gauge(
        "dynamoi_connection_last_success_timestamp_seconds",
        "When a cycle of the connection last succeeded.",
    );
    let mut token_expiry = Family::gauge(
        "dynamoi_token_expiry_timestamp_seconds",
        "When the connection's credentials stop working.",
    );
    let mut last_file = Family::gauge(
        "dynamoi_report_file_last_seen_timestamp_seconds",
        "When a report file of the connection was last seen for the first time.",
    );
    for status in &board.statuses {
        let labels =
            Labels::default().with("connection", &status.connection).with("integration", status.integration);
        let file_at = status.streams.iter().filter_map(|stream| stream.last_file_at).max();
        let connection = Labels::default().with("connection", &status.connection);
        last_file.sample_known(&connection, "", file_at.map(seconds));
        state.sample(&labels.clone().with("state", status.state.as_str()), "", Number::Integer(1));
        last_success.sample_known(&labels, "", status.last_success_at.map(seconds));
        let expiry = board.token_expiries.get(&status.connection);
        token_expiry.sample_known(&labels, "", expiry.copied().map(seconds));
    }
    [state, last_success, token_expiry, last_file].into_iter().for_each(add);
}

/// A stream over all accounts of its connection.
struct Stream {
    state: State,
    data_through: Option<Timestamp>,
    settled_through: Option<Timestamp>,
}

/// Of several accounts the worst state and the earliest instants are shown, and no instant where one account has none:
/// what is not complete for all is not complete.
fn streams_of(status: &ConnectionStatus) -> BTreeMap<&'static str, Stream> {
    let mut streams = BTreeMap::<_, Stream>::new();
    for one in &status.streams {
        streams
            .entry(one.stream)
            .and_modify(|all| {
                all.state = all.state.min(one.state);
                // `None` is less than every instant, so it wins.
                all.data_through = all.data_through.min(one.data_through);
                all.settled_through = all.settled_through.min(one.settled_through_at);
            })
            .or_insert(Stream {
                state: one.state,
                data_through: one.data_through,
                settled_through: one.settled_through_at,
            });
    }
    streams
}

fn streams(board: &Board, add: &mut impl FnMut(Family)) {
    let mut state = Family::gauge(
        "dynamoi_stream_state",
        "1 for the state that the stream is in: the worst of its accounts'.",
    );
    let mut data_through = Family::gauge(
        "dynamoi_data_through_timestamp_seconds",
        "End of the last day completely read, for all accounts of the connection.",
    );
    let mut settled_through = Family::gauge(
        "dynamoi_settled_through_timestamp_seconds",
        "End of the last day whose numbers are final, for all accounts of the connection.",
    );
    for status in &board.statuses {
        for (name, stream) in streams_of(status) {
            let labels = Labels::default().with("connection", &status.connection).with("stream", name);
            state.sample(&labels.clone().with("state", stream.state.as_str()), "", Number::Integer(1));
            data_through.sample_known(&labels, "", stream.data_through.map(seconds));
            settled_through.sample_known(&labels, "", stream.settled_through.map(seconds));
        }
    }
    [state, data_through, settled_through].into_iter().for_each(add);
}

fn campaigns(view: &View<'_>, add: &mut impl FnMut(Family)) {
    let mut info = Family::gauge("dynamoi_campaign_info", "1; the labels describe the campaign.");
    let mut budget = Family::gauge("dynamoi_campaign_budget", "Budget per period, in major units.");
    let mut pacing = Family::gauge(
        "dynamoi_campaign_pacing_ratio",
        "Spend to date / (budget * share of its period elapsed): 1 is on plan. Of the daily budget, else the lifetime budget.",
    );
    let mut learning = Family::gauge(
        "dynamoi_campaign_learning",
        "Whether the network is still learning how to deliver it.",
    );
    let mut drift = Family::gauge(
        "dynamoi_campaign_status_drift",
        "1 when the configured status is active and the effective status is not.",
    );
    for (campaign, holds) in &view.campaigns {
        let (snapshot, labels) = (&campaign.snapshot, &campaign.labels);
        info.sample(&campaign.info, "", Number::Integer(1));
        if let Some(currency) = snapshot.currency {
            for (period, amount) in [("daily", snapshot.daily_budget), ("lifetime", snapshot.lifetime_budget)]
            {
                let more = format!("currency=\"{currency}\",period=\"{period}\"");
                budget.sample_known(labels, &more, amount.map(micros));
            }
        }
        pacing.sample_known(labels, "", campaign.pacing.filter(|_| *holds).map(Number::Ratio));
        learning.sample_known(labels, "", snapshot.learning.map(Number::flag));
        let differs = status::drift(snapshot.status.as_deref(), snapshot.effective_status.as_deref());
        drift.sample_known(labels, "", differs.map(Number::flag));
    }
    add(info);
    for figure in &CAMPAIGN_FIGURES {
        add(campaign_figure(figure, view));
    }
    [budget, pacing, learning, drift].into_iter().for_each(&mut *add);

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

/// Windows of a day that is over are not shown: they would be yesterday's numbers under today's name.
fn campaign_figure(figure: &Figure<CampaignWindow>, view: &View<'_>) -> Family {
    let mut family = Family::gauge(figure.name, figure.help);
    let mut more = String::new();
    for (campaign, _) in view.campaigns.iter().filter(|(_, holds)| *holds) {
        let currency = campaign.snapshot.currency;
        if figure.in_currency && currency.is_none() {
            continue; // an amount without a currency is no amount
        }
        for (window, sums) in campaign.snapshot.windows.known() {
            more.clear();
            for piece in ["window=\"", window, "\""] {
                more.push_str(piece);
            }
            if let (true, Some(currency)) = (figure.in_currency, &currency) {
                for piece in [",currency=\"", currency.as_str(), "\""] {
                    more.push_str(piece);
                }
            }
            if !figure.more.is_empty() {
                more.push(',');
                more.push_str(figure.more);
            }
            family.sample_known(&campaign.labels, &more, (figure.of)(sums));
        }
    }
    family
}

fn payments(view: &View<'_>, add: &mut impl FnMut(Family)) {
    let mut figures: Vec<Family> =
        PAYMENT_FIGURES.iter().map(|(name, help, _)| Family::gauge(name, help)).collect();
    let mut mrr = Family::gauge("dynamoi_mrr", "Monthly recurring revenue, in major units.");
    for (payment, holds) in &view.payments {
        let number = |digits| Number::Decimal { digits, exponent: payment.exponent };
        let labels = Labels::default()
            .with("connection", &payment.connection)
            .with("currency", payment.currency.as_str());
        for (family, (_, _, figure)) in figures.iter_mut().zip(PAYMENT_FIGURES).filter(|_| *holds) {
            for (window, sums) in payment.windows.known() {
                family.sample(&labels, &format!("window=\"{window}\""), number(figure(sums)));
            }
        }
        mrr.sample_known(&labels, "", payment.mrr.map(micros));
    }
    figures.into_iter().for_each(&mut *add);
    add(mrr);
}
