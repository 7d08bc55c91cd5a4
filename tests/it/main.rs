//! The worker from the outside, in one binary.

// `cfg(test)` is always true here; it tells clippy that helpers belong to tests, which may unwrap.
#[cfg(test)]
mod settings;
