//! The catalogue: one folder per provider, one line each.

pub mod stripe;

use std::sync::Arc;

use crate::integration::Integration;

/// Every integration that is built in.
pub fn catalogue() -> Vec<Arc<dyn Integration>> {
    vec![Arc::new(stripe::Stripe)]
}
