//! Stripe as it is by default: without billing profiles.

use super::stripe::StripeCase;

pub const CASE: StripeCase = StripeCase { billing_profiles: false };
