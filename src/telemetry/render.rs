//! The families of the prepared body, in the text exposition format. Rendered whole from the board, in a fixed order.

use std::collections::BTreeMap;

use actors::engine::status::ConnectionStatus;
use jiff::Timestamp;
use rows::{
    money::{DisplaySpend, RawSpend},
    state::State,
};

use super::{
    board::{Board, View},
    figures::PaymentWindow,
    render_campaigns::{Windowed, campaigns},
    render_music::{music, royalties, web},
    share::LeftOut,
    text::{Family, Labels, Number},
};

/// Families by name, each with its text; empty where it has no series.
pub(super) type Texts = Vec<(&'static str, String)>;

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

fn seconds(instant: Timestamp) -> Number {
    Number::Integer(instant.as_second())
}

/// Everything, family by family, with what the networks charged.
pub(super) fn render(board: &Board, now: Timestamp) -> (Texts, Vec<(&'static str, LeftOut)>) {
    let view = board.view(now);
    (families::<RawSpend>(board, None, &view), view.left_out)
}

/// What is a tenant's, with what it is shown of what the networks charged.
pub(super) fn render_of(board: &Board, tenant: &str, now: Timestamp) -> Texts {
    let music = board.music_of(tenant);
    let view = board.view_of(Some(tenant), &music, now);
    families::<DisplaySpend>(board, Some(tenant), &view)
}

fn families<M: Windowed>(board: &Board, tenant: Option<&str>, view: &View<'_>) -> Texts {
    let statuses: Vec<&ConnectionStatus> = board.statuses_of(tenant).collect();
    let mut texts = Texts::new();
    let mut add = |family: Family| texts.push((family.name(), family.into_text()));
    connections(&statuses, &board.token_expiries, &mut add);
    streams(&statuses, &mut add);
    campaigns::<M>(view, &mut add);
    payments(view, &mut add);
    web(view, &mut add);
    music(view, &mut add);
    royalties(view, &mut add);
    left_out(view, &mut add);
    texts
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

fn connections(
    statuses: &[&ConnectionStatus],
    token_expiries: &BTreeMap<String, Timestamp>,
    add: &mut impl FnMut(Family),
) {
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
    for status in statuses {
        let labels =
            Labels::default().with("connection", &status.connection).with("integration", status.integration);
        let file_at = status.streams.iter().filter_map(|stream| stream.last_file_at).max();
        let connection = Labels::default().with("connection", &status.connection);
        last_file.sample_known(&connection, "", file_at.map(seconds));
        state.sample(&labels.clone().with("state", status.state.as_str()), "", Number::Integer(1));
        last_success.sample_known(&labels, "", status.last_success_at.map(seconds));
        let expiry = token_expiries.get(&status.connection);
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

fn streams(statuses: &[&ConnectionStatus], add: &mut impl FnMut(Family)) {
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
    for status in statuses {
        for (name, stream) in streams_of(status) {
            let labels = Labels::default().with("connection", &status.connection).with("stream", name);
            state.sample(&labels.clone().with("state", stream.state.as_str()), "", Number::Integer(1));
            data_through.sample_known(&labels, "", stream.data_through.map(seconds));
            settled_through.sample_known(&labels, "", stream.settled_through.map(seconds));
        }
    }
    [state, data_through, settled_through].into_iter().for_each(add);
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
        mrr.sample_known(&labels, "", payment.mrr.map(|mrr| Number::micros(mrr.0)));
    }
    figures.into_iter().for_each(&mut *add);
    add(mrr);
}
