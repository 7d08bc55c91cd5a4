//! The rules, by what they are about. Each takes a provider's case and panics when the provider breaks it; the test's
//! name is the rule's and the provider's.

pub mod credentials;
pub mod deletes;
pub mod kills;
pub mod limits;
pub mod lookback;
pub mod reading;
pub mod secrets;
pub mod surprises;
pub mod trouble;
pub mod zones;
