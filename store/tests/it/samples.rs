//! Rows and commits to store.

use std::collections::{BTreeSet, HashSet};

use jiff::civil::date;
use rows::{
    Currency, Day, DayRange, Micros, Row, Table,
    ads::{AdCampaign, AdLevel, AdMetrics, AdPerformance},
    checkpoint::{Checkpoint, DaysProgress, FeedProgress, Progress},
    money::RawSpend,
    payments::{Customer, Invoice, LedgerEntry, Minor, Payment, Refund, Subscription, SubscriptionMrr},
    sink::{Commit, Vanish},
};

use crate::support::at;

pub const ACCOUNT: &str = "1234567890123456789";

pub fn day(number: i8) -> Day {
    date(2026, 11, number)
}

pub fn days(first: i8, last: i8) -> DayRange {
    DayRange::new(day(first), day(last)).unwrap()
}

pub fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

/// A commit of the stream `insights`.
pub fn insights(connection: &str, epoch: i64, rows: Vec<Row>) -> Commit {
    Commit {
        connection: connection.into(),
        integration: "meta_ads".into(),
        epoch,
        stream: "insights".into(),
        account_id: ACCOUNT.into(),
        rows,
        ..Commit::default()
    }
}

/// The campaign's day with spend in whole dollars.
pub fn performance(campaign: &str, day: Day, dollars: i64) -> AdPerformance {
    AdPerformance {
        account_id: ACCOUNT.into(),
        level: AdLevel::Campaign,
        campaign_id: campaign.into(),
        ad_set_id: String::new(),
        ad_id: String::new(),
        date: day,
        currency: usd(),
        metrics: AdMetrics {
            impressions: Some(1_000),
            clicks: Some(0),
            spend: Some(RawSpend(Micros(dollars * 1_000_000))),
            conversions: Some(Micros(1_500_000)),
            ..AdMetrics::default()
        },
        conversion_definition: Some("purchase".into()),
        view_definition: None,
    }
}

pub fn performance_row(campaign: &str, day: Day, dollars: i64) -> Row {
    Row::AdPerformance(performance(campaign, day, dollars))
}

/// The window was read to its end: what these rows show is all there is.
pub fn complete(mut commit: Commit, days: DayRange) -> Commit {
    let seen: HashSet<_> = commit.rows.iter().filter_map(|row| Some((row.entity(), row.day()?))).collect();
    commit.vanish = Some(Vanish::Days {
        days,
        level: Some("campaign"),
        seen: [(Table::AdPerformanceDaily, seen)].into(),
        spared: BTreeSet::new(),
        confirmed: false,
    });
    commit
}

pub fn confirmed(mut commit: Commit) -> Commit {
    if let Some(Vanish::Days { confirmed, .. }) = &mut commit.vanish {
        *confirmed = true;
    }
    commit
}

/// With a checkpoint that says: these days were read at noon of the 24th.
pub fn with_checkpoint(mut commit: Commit, days: DayRange) -> Commit {
    let mut progress = DaysProgress::default();
    progress.mark(days, at("2026-11-24T12:00:00Z"));
    commit.checkpoint = Some(Checkpoint {
        account_id: commit.account_id.clone(),
        stream: commit.stream.clone(),
        time_zone: "America/Los_Angeles".into(),
        currency: Some(usd()),
        progress: Progress::Days(progress),
        forbidden: None,
    });
    commit
}

pub fn campaign(id: &str) -> AdCampaign {
    AdCampaign {
        account_id: ACCOUNT.into(),
        campaign_id: id.into(),
        name: Some(format!("Campaign \"{id}\" \\ {{🎵}}, NULL")),
        status: Some("ACTIVE".into()),
        effective_status: Some("ACTIVE".into()),
        objective: Some("OUTCOME_TRAFFIC".into()),
        daily_budget: Some(Micros(25_000_000)),
        lifetime_budget: None,
        currency: Some(usd()),
        start_at: Some(at("2026-10-01T00:00:00Z")),
        end_at: None,
        created_at: None,
        updated_at: None,
        learning: Some(false),
    }
}

pub fn minor(amount: i64) -> Minor {
    Minor { amount, currency: usd(), exponent: 2 }
}

/// A commit of a payment stream.
pub fn billing(connection: &str, epoch: i64, rows: Vec<Row>) -> Commit {
    Commit {
        connection: connection.into(),
        integration: "stripe".into(),
        epoch,
        stream: "events".into(),
        rows,
        ..Commit::default()
    }
}

/// A page of a payment feed: these payments, each of its amount, and the token after them.
pub fn feed_page(epoch: i64, payments: impl Iterator<Item = (usize, i64)>, token: &str) -> Commit {
    let rows = payments.map(|(number, amount)| {
        Row::Payment(Payment { amount: minor(amount), ..payment(&format!("ch_{number:04}")) })
    });
    let mut commit = billing("stripe", epoch, rows.collect());
    commit.checkpoint = Some(Checkpoint {
        account_id: String::new(),
        stream: commit.stream.clone(),
        time_zone: "UTC".into(),
        currency: None,
        progress: Progress::Feed(FeedProgress { token: Some(token.into()), ..FeedProgress::default() }),
        forbidden: None,
    });
    commit
}

pub fn payment(id: &str) -> Payment {
    Payment {
        id: id.into(),
        payment_intent_id: Some("pi_1".into()),
        customer_id: None,
        amount: minor(2_500),
        status: "paid".into(),
        created_at: at("2026-11-20T08:30:00Z"),
        ledger_entry_id: Some("txn_1".into()),
        settled: Some(minor(2_500)),
        fee_minor: Some(103),
        net_minor: Some(2_397),
        refunded_minor: Some(0),
        disputed: false,
        failure_code: None,
        payment_method_type: Some("card".into()),
        livemode: true,
    }
}

pub fn ledger_entry(id: &str, category: &str, amount: i64, fee: i64, created_at: &str) -> LedgerEntry {
    LedgerEntry {
        id: id.into(),
        kind: category.into(),
        reporting_category: Some(category.into()),
        amount: minor(amount),
        fee_minor: fee,
        net_minor: amount - fee,
        source_id: None,
        status: Some("available".into()),
        created_at: at(created_at),
        available_at: None,
        exchange_rate: None,
    }
}

pub fn subscription(id: &str) -> Subscription {
    Subscription {
        id: id.into(),
        customer_id: Some("cus_1".into()),
        status: "active".into(),
        currency: Some(usd()),
        exponent: Some(2),
        started_at: None,
        created_at: at("2026-01-01T00:00:00Z"),
        canceled_at: None,
        cancel_at: None,
        cancel_at_period_end: false,
        ended_at: None,
        trial_end_at: None,
        current_period_end_at: None,
        pause_behavior: None,
        quantity: Some(1),
        product_ids: vec!["prod_1".into()],
        price_ids: vec!["price_1".into(), "price_2".into()],
        mrr: Some(Micros(9_990_000)),
        livemode: true,
    }
}

pub fn revenue(id: &str, day: Day, mrr: i64) -> Row {
    Row::SubscriptionMrr(SubscriptionMrr {
        subscription_id: id.into(),
        date: day,
        status: "active".into(),
        currency: usd(),
        mrr: Micros(mrr),
    })
}

pub fn invoice(id: &str) -> Invoice {
    Invoice {
        id: id.into(),
        number: Some("A-1".into()),
        customer_id: None,
        subscription_id: None,
        status: Some("paid".into()),
        billing_reason: None,
        total: minor(2_500),
        subtotal_minor: None,
        amount_due_minor: None,
        amount_paid_minor: Some(2_500),
        amount_remaining_minor: None,
        attempt_count: None,
        period_start_at: None,
        period_end_at: None,
        due_at: None,
        finalized_at: None,
        paid_at: None,
        created_at: at("2026-11-20T08:30:00Z"),
        livemode: true,
    }
}

pub fn refund(id: &str, payment_id: &str) -> Refund {
    Refund {
        id: id.into(),
        payment_id: Some(payment_id.into()),
        payment_intent_id: None,
        amount: minor(500),
        status: Some("succeeded".into()),
        reason: None,
        failure_reason: None,
        ledger_entry_id: None,
        created_at: at("2026-11-21T08:30:00Z"),
    }
}

pub fn customer(id: &str) -> Customer {
    Customer {
        id: id.into(),
        currency: Some(usd()),
        delinquent: Some(false),
        balance_minor: Some(0),
        created_at: at("2026-01-01T00:00:00Z"),
        livemode: true,
    }
}
