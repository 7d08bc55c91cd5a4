//! The worker from the outside, in one binary: real databases, real sockets, imitated providers.

<<<<<<< HEAD
mod end_to_end;
=======
// `cfg(test)` is always true here; it tells clippy that helpers belong to tests, which may unwrap.
#[cfg(test)]
>>>>>>> daemon
mod settings;
mod support;
