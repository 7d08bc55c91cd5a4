//! One file a provider.

pub mod meta_ads;
pub mod stripe;
