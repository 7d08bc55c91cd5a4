//! Days are the account's own.

use super::super::{
    bench::{Bench, NOON},
    case::Case,
};

/// Ahead of and behind UTC, at the turn of months and years, when clocks change: the tables hold exactly the days that
/// the account has begun, today as far as it has come.
pub async fn an_accounts_days_are_its_own(case: &'static dyn Case) {
    for (zone, now) in [
        ("Pacific/Kiritimati", NOON),
        ("Pacific/Kiritimati", "2026-11-30T10:30:00Z"),
        ("Pacific/Pago_Pago", "2026-12-01T10:30:00Z"),
        ("Asia/Kathmandu", "2026-12-31T18:30:00Z"),
        ("Europe/Berlin", "2026-03-29T01:30:00Z"),
        ("Europe/Berlin", "2026-10-25T00:30:00Z"),
        ("America/New_York", "2026-11-01T05:30:00Z"),
        // Midnight does not exist on this day.
        ("Africa/Cairo", "2026-04-24T12:00:00Z"),
    ] {
        let mut bench = Bench::at(case, now, 1);
        case.set_zone(&bench.wire, &mut bench.spec, zone);
        bench.read().await;
        bench.assert_true(&format!("in {zone} at {now}"));
    }
}
