//! The texts of a row, one after the other: for who cleans, cuts or measures them. Every row is taken apart in full, so
//! that a new field does not compile until somebody has said what it is.

use std::sync::Arc;

use crate::{Row, ads, content, links, music, payments, personal, personal::Personal, royalties, web};

/// What a text is to its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A part of what the row is known by.
    Key,
    /// Anything else.
    Value,
}

/// A place in a row that holds a text, or may.
pub trait Place {
    /// What it holds.
    fn text(&self) -> Option<&str>;

    /// Puts another text there.
    fn put(&mut self, text: String);
}

impl Place for String {
    fn text(&self) -> Option<&str> {
        Some(self)
    }

    fn put(&mut self, text: String) {
        *self = text;
    }
}

impl Place for Option<String> {
    fn text(&self) -> Option<&str> {
        self.as_deref()
    }

    fn put(&mut self, text: String) {
        *self = Some(text);
    }
}

impl Place for Option<Arc<str>> {
    fn text(&self) -> Option<&str> {
        self.as_deref()
    }

    fn put(&mut self, text: String) {
        *self = Some(text.into());
    }
}

impl Place for Option<Personal> {
    fn text(&self) -> Option<&str> {
        self.as_ref().map(Personal::reveal)
    }

    fn put(&mut self, text: String) {
        *self = Personal::of(&text);
    }
}

/// Takes a row apart: the fields of its key, those with other texts, and those without.
macro_rules! parts {
    ($row:ident, $visit:ident, $type:path, [$($key:ident)*], [$($value:ident)*], [$($rest:ident)*]) => {{
        let $type { $($key,)* $($value,)* $($rest: _,)* } = $row;
        $($visit(Role::Key, $key);)*
        $($visit(Role::Value, $value);)*
    }};
}

impl Row {
    /// Shows every text to `visit`, in the same order each time.
    pub fn each_text(&mut self, visit: &mut dyn FnMut(Role, &mut dyn Place)) {
        match self {
            Self::AdAccount(row) => {
                parts!(row, visit, ads::AdAccount, [account_id], [name status time_zone], [currency]);
            }
            Self::AdCampaign(row) => ad_campaign(row, visit),
            Self::AdSet(row) => ad_set(row, visit),
            Self::Ad(row) => parts!(row, visit, ads::Ad, [account_id ad_id],
                [campaign_id ad_set_id name status effective_status creative_id], [created_at updated_at]),
            // What the numbers mean is a part of what they are known by where they are stored.
            Self::AdPerformance(row) => parts!(row, visit, ads::AdPerformance,
                [account_id campaign_id ad_set_id ad_id conversion_definition view_definition], [],
                [level date currency metrics]),
            Self::AdCountry(row) => parts!(row, visit, ads::AdCountry,
                [account_id campaign_id country conversion_definition view_definition], [],
                [date currency metrics]),
            Self::Payment(row) => parts!(row, visit, payments::Payment, [id],
                [payment_intent_id customer_id status ledger_entry_id failure_code payment_method_type],
                [amount created_at settled fee_minor net_minor refunded_minor disputed livemode]),
            Self::Refund(row) => parts!(row, visit, payments::Refund, [id],
                [payment_id payment_intent_id status reason failure_reason ledger_entry_id],
                [amount created_at]),
            Self::Dispute(row) => parts!(row, visit, payments::Dispute, [id],
                [payment_id payment_intent_id status reason],
                [amount evidence_due_at created_at livemode]),
            Self::Invoice(row) => invoice(row, visit),
            Self::InvoicePayment(row) => parts!(row, visit, payments::InvoicePayment, [id],
                [invoice_id payment_intent_id payment_id status],
                [amount_requested amount_paid_minor is_default paid_at created_at]),
            Self::Subscription(row) => subscription(row, visit),
            Self::SubscriptionMrr(row) => parts!(row, visit, payments::SubscriptionMrr,
                [subscription_id], [status], [date currency mrr]),
            Self::LedgerEntry(row) => parts!(row, visit, payments::LedgerEntry, [id],
                [kind reporting_category source_id status exchange_rate],
                [amount fee_minor net_minor created_at available_at]),
            Self::Customer(row) => parts!(row, visit, payments::Customer, [id], [],
                [currency delinquent balance_minor created_at livemode]),
            Self::BillingProfile(row) => billing_profile(row, visit),
            Self::Product(row) => parts!(row, visit, payments::Product, [id], [name default_price_id],
                [active created_at updated_at livemode]),
            Self::Price(row) => parts!(row, visit, payments::Price, [id],
                [product_id unit_amount_decimal billing_scheme kind recurring_interval usage_type nickname],
                [active currency exponent recurring_interval_count created_at livemode]),
            Self::WebAnalytics(row) => {
                web_origin(&mut row.origin, visit);
                parts!(row, visit, web::WebAnalytics, [account_id], [],
                    [origin date page_views sessions session_seconds users revenue currency]);
            }
            Self::WebConversions(row) => {
                web_origin(&mut row.origin, visit);
                parts!(row, visit, web::WebConversions, [account_id goal], [],
                    [origin date conversions converting_sessions]);
            }
            Self::Track(row) => parts!(row, visit, music::Track, [service track_id],
                [title isrc artist_id artist_name album_id], [duration_seconds released_on]),
            Self::Album(row) => parts!(row, visit, music::Album, [service album_id],
                [title upc artist_id artist_name label record_type], [track_count released_on followers]),
            Self::Artist(row) => parts!(row, visit, music::Artist, [service artist_id], [name],
                [album_count followers]),
            Self::Playlist(row) => parts!(row, visit, music::Playlist, [service playlist_id],
                [name owner_id owner_name], [track_count followers public created_at]),
            Self::TrackPerformance(row) => track_performance(row, visit),
            Self::ArtistAudience(row) => parts!(row, visit, music::ArtistAudience, [service artist_id], [],
                [date measure_class followers monthly_listeners popularity streams listeners
                    monthly_active_listeners super_listeners saves playlist_adds]),
            Self::CounterReading(row) => parts!(row, visit, music::CounterReading, [service id counter], [],
                [entity date value measure_class]),
            Self::PlaylistPlacement(row) => parts!(row, visit, music::PlaylistPlacement,
                [service playlist_id track_id], [title artist_name],
                [date position followers added_at streams listeners]),
            Self::ContentPerformance(row) => content_performance(row, visit),
            Self::RoyaltyStatement(row) => royalty_statement(row, visit),
            Self::SmartLink(row) => parts!(row, visit, links::SmartLink, [link_id],
                [title url status kind artist_id artist_name stores isrc upc], [created_at released_on]),
            Self::SmartLinkActivity(row) => parts!(row, visit, links::SmartLinkActivity,
                [link_id dimension_value], [],
                [dimension date visits unique_visitors clicks engagements pre_saves follows conversions
                    earnings currency]),
        }
    }
}

fn ad_campaign(row: &mut ads::AdCampaign, visit: &mut dyn FnMut(Role, &mut dyn Place)) {
    parts!(row, visit, ads::AdCampaign, [account_id campaign_id],
        [name status effective_status objective],
        [daily_budget lifetime_budget currency start_at end_at created_at updated_at learning]);
}

fn ad_set(row: &mut ads::AdSet, visit: &mut dyn FnMut(Role, &mut dyn Place)) {
    parts!(row, visit, ads::AdSet, [account_id ad_set_id],
        [campaign_id name status effective_status optimization_goal billing_event],
        [daily_budget lifetime_budget currency start_at end_at created_at updated_at learning]);
}

fn invoice(row: &mut payments::Invoice, visit: &mut dyn FnMut(Role, &mut dyn Place)) {
    parts!(row, visit, payments::Invoice, [id],
        [number customer_id subscription_id status billing_reason],
        [total subtotal_minor amount_due_minor amount_paid_minor amount_remaining_minor attempt_count
            period_start_at period_end_at due_at finalized_at paid_at created_at livemode]);
}

fn subscription(row: &mut payments::Subscription, visit: &mut dyn FnMut(Role, &mut dyn Place)) {
    for id in row.product_ids.iter_mut().chain(&mut row.price_ids) {
        visit(Role::Value, id);
    }
    parts!(row, visit, payments::Subscription, [id], [customer_id status pause_behavior],
        [currency exponent started_at created_at canceled_at cancel_at cancel_at_period_end ended_at
            trial_end_at current_period_end_at quantity product_ids price_ids mrr livemode]);
}

fn billing_profile(row: &mut personal::BillingProfile, visit: &mut dyn FnMut(Role, &mut dyn Place)) {
    let (address, card) = (&mut row.address, &mut row.card);
    parts!(address, visit, personal::Address, [], [line1 line2 city state postal_code country], []);
    parts!(card, visit, personal::Card, [], [brand last4 exp_month exp_year], []);
    // Its source's id says which of several readings counts, and is stored, but is no part of the stored key.
    parts!(row, visit, personal::BillingProfile, [customer_id], [source_id name email],
        [source as_of address card]);
}

fn track_performance(row: &mut music::TrackPerformance, visit: &mut dyn FnMut(Role, &mut dyn Place)) {
    parts!(row, visit, music::TrackPerformance, [service track_id country segment], [],
        [date granularity measure_class streams listeners saves skips playlist_adds popularity period_end]);
}

fn content_performance(row: &mut content::ContentPerformance, visit: &mut dyn FnMut(Role, &mut dyn Place)) {
    parts!(row, visit, content::ContentPerformance, [service content_id dimension_value], [],
        [content_type dimension granularity date measure_class views watch_seconds likes comments shares
            subscribers_gained subscribers_lost revenue currency]);
}

fn royalty_statement(row: &mut royalties::RoyaltyStatement, visit: &mut dyn FnMut(Role, &mut dyn Place)) {
    parts!(row, visit, royalties::RoyaltyStatement, [statement service store track_id country],
        [revenue_exact isrc upc title artist_name statement_period layout],
        [period_start period_end kind currency quantity revenue gross lines]);
}

fn web_origin(row: &mut web::WebOrigin, visit: &mut dyn FnMut(Role, &mut dyn Place)) {
    parts!(row, visit, web::WebOrigin, [campaign source medium], [], [scope]);
}
