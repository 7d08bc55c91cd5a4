//! Which figure each category of a payment provider's checkpoint belongs to: exactly one, so that they add up to the net.

/// A figure of payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Charged to customers.
    Gross,
    /// Fees that stand alone.
    Fees,
    /// Given back to customers.
    Refunds,
    /// A movement of payments that is none of these.
    Other,
    /// None: moves the account's own money to and from banks, other accounts, reserves and the provider's loans, instead of
    /// earning any.
    Own,
}

use Figure::{Fees, Gross, Other, Own, Refunds};

/// Reporting categories of Stripe (<https://docs.stripe.com/reports/reporting-categories>), then types of balance
/// transactions, which are looked at where an entry has no category.
pub const CATEGORIES: [(&str, Figure); 75] = [
    ("advance", Own),
    ("advance_funding", Own),
    ("anticipation_repayment", Own),
    ("charge", Gross),
    ("charge_failure", Gross),
    ("climate_order_purchase", Other),
    ("climate_order_refund", Other),
    ("connect_collection_transfer", Own),
    ("connect_reserved_funds", Own),
    ("contribution", Other),
    ("dispute", Other),
    ("dispute_reversal", Other),
    ("fee", Fees),
    ("financing_paydown", Own),
    ("financing_paydown_reversal", Own),
    ("financing_payout", Own),
    ("financing_payout_reversal", Own),
    ("issuing_authorization_hold", Other),
    ("issuing_authorization_release", Other),
    ("issuing_dispute", Other),
    ("issuing_transaction", Other),
    ("network_cost", Other),
    ("obligation", Own),
    ("other_adjustment", Other),
    ("partial_capture_reversal", Refunds),
    ("payment_network_reserved_funds", Own),
    ("payout", Own),
    ("payout_reversal", Own),
    ("platform_earning", Other),
    ("platform_earning_refund", Other),
    ("refund", Refunds),
    ("refund_failure", Refunds),
    ("risk_reserved_funds", Own),
    ("tax", Other),
    ("topup", Own),
    ("topup_reversal", Own),
    ("transfer", Own),
    ("transfer_reversal", Own),
    ("unreconciled_customer_funds", Other),
    ("adjustment", Other),
    ("application_fee", Other),
    ("application_fee_refund", Other),
    ("fee_credit_funding", Other),
    ("inbound_transfer", Own),
    ("inbound_transfer_reversal", Own),
    ("minimum_balance_hold", Own),
    ("obligation_inbound", Own),
    ("obligation_outbound", Own),
    ("obligation_payout", Own),
    ("obligation_payout_failure", Own),
    ("obligation_reversal_inbound", Own),
    ("obligation_reversal_outbound", Own),
    ("payment", Gross),
    ("payment_failure_refund", Gross),
    ("payment_network_reserve_hold", Own),
    ("payment_network_reserve_release", Own),
    ("payment_refund", Refunds),
    ("payment_reversal", Other),
    ("payment_unreconciled", Other),
    ("payout_cancel", Own),
    ("payout_failure", Own),
    ("payout_minimum_balance_hold", Own),
    ("payout_minimum_balance_release", Own),
    ("reserve_hold", Own),
    ("reserve_release", Own),
    ("reserve_transaction", Own),
    ("reserved_funds", Own),
    ("stripe_balance_payment_debit", Other),
    ("stripe_balance_payment_debit_reversal", Other),
    ("stripe_fee", Fees),
    ("stripe_fx_fee", Fees),
    ("tax_fee", Other),
    ("transfer_cancel", Own),
    ("transfer_failure", Own),
    ("transfer_refund", Own),
];

/// Where a category's amounts belong. One that is not known is a movement of payments, so that no money vanishes.
pub fn figure_of(category: &str) -> Figure {
    CATEGORIES.iter().find(|(name, _)| *name == category).map_or(Other, |(_, figure)| *figure)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_category_stands_once() {
        let names: BTreeSet<&str> = CATEGORIES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), CATEGORIES.len());
        assert_eq!(figure_of("something_new"), Other);
    }
}
