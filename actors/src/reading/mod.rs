//! What integrations share when they read: elements one by one, numbers in every form, objects named in the settings,
//! reports that the provider prepares, rows of no country, texts of its own that are shown.

pub mod elements;
pub mod front_end;
pub mod named_objects;
pub mod redact;
pub mod remote_job;
pub mod unplaced;
pub mod wire;
