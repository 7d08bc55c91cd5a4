//! Trying again what somebody else was in the way of: a file that another process writes, a deadlock, a server that restarts.

use sea_orm::DbErr;

use crate::{Store, error::Failure, limits};

/// How often something was tried.
#[derive(Debug)]
pub struct Tries<'a> {
    store: &'a Store,
    made: u32,
}

// === impl Store ===

impl Store {
    /// For something that is tried a first time.
    pub(crate) const fn tries(&self) -> Tries<'_> {
        Tries { store: self, made: 1 }
    }
}

// === impl Tries ===

impl Tries<'_> {
    /// Whether to try it once more after this error; waits a little before that.
    pub async fn again(&mut self, error: &DbErr) -> bool {
        if self.made >= limits::TRIES_MAX || !matches!(Failure::of(error), Failure::Away(_)) {
            return false;
        }
        self.made += 1;
        self.store.clock.0.sleep(limits::RETRY_PAUSE_MIN).await;
        true
    }
}
