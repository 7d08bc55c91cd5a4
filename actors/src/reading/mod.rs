//! What integrations share when they read: elements one by one, numbers in every form, objects named in the settings,
//! lists of tracks, reports that the provider prepares, rows of no country, texts of its own that are shown, accounts and rows
//! of ad networks, refusals, allowances, columns by name, cursors.

pub mod accounts;
pub mod ads;
pub mod allowances;
pub mod catalogue;
pub mod contents;
pub mod cursor;
pub mod dates;
pub mod elements;
pub mod front_end;
pub mod goals;
pub mod memo;
pub mod named_objects;
pub mod names;
pub mod notes;
pub mod offsets;
pub mod refusals;
pub mod remote_job;
pub mod subjects;
pub mod table;
pub mod unplaced;
pub mod wire;
