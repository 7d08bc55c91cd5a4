//! What operators ask over HTTP: noted in the database, as the command line does, and told to the engine at once.

use std::{sync::Arc, time::Duration};

use actors::engine::{Bell, status::Statuses};
use futures::future::BoxFuture;
use rows::{Clock, state::State};
use store::{Store, StoreError};

use crate::http::{Action, ActionError, Operator};

/// Longest wait for a connection to show that it has heard.
const HEARD_WITHIN: Duration = Duration::from_secs(2);
/// How often it is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Takes requests.
pub struct StoreOperator {
    /// Where they are noted.
    pub store: Store,
    /// Wakes the engine.
    pub bell: Bell,
    /// Where their effect is seen.
    pub statuses: Statuses,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

// === impl StoreOperator ===

impl StoreOperator {
    async fn note(&self, connection: &str, action: Action) -> Result<(), StoreError> {
        match action {
            Action::Pause => self.store.set_paused(connection, true).await,
            Action::Resume => self.store.set_paused(connection, false).await,
            Action::Poll => self.store.request_poll(connection).await,
        }
    }

    /// Waits until the connection shows the request. Trouble may hide it, so that it is not waited for for ever.
    async fn heard(&self, connection: &str, action: Action) {
        let began = self.clock.elapsed();
        while self.clock.elapsed().saturating_sub(began) < HEARD_WITHIN {
            let Some(status) = self.statuses.get(connection) else { return };
            let is_seen = match action {
                Action::Pause => status.state <= State::Paused,
                Action::Resume => status.state != State::Paused,
                // It is taken up with the connection's next thought, and may be over before anybody looks.
                Action::Poll => true,
            };
            if is_seen {
                return;
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }
}

impl Operator for StoreOperator {
    fn act(&self, connection: String, action: Action) -> BoxFuture<'_, Result<(), ActionError>> {
        Box::pin(async move {
            if self.statuses.get(&connection).is_none() {
                return Err(ActionError::Unknown(connection));
            }
            let noted = self.note(&connection, action).await;
            noted.map_err(|error| ActionError::Failed(error.to_string()))?;
            self.bell.ring();
            self.heard(&connection, action).await;
            Ok(())
        })
    }
}
