//! What integrations share when they read: elements one by one, numbers in every form, objects named in the settings.

pub mod elements;
pub mod named_objects;
pub mod redact;
pub mod wire;
