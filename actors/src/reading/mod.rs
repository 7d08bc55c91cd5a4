//! What integrations share when they read: elements one by one, numbers in every form, objects named in the settings,
//! lists of tracks, reports that the provider prepares, rows of no country, texts of its own that are shown.

pub mod catalogue;
pub mod contents;
pub mod dates;
pub mod elements;
pub mod front_end;
pub mod named_objects;
pub mod redact;
pub mod remote_job;
pub mod subjects;
pub mod unplaced;
pub mod wire;
