//! Pages and lists are made aside, a few at a time: the thread that serves connections never works for long, so that health
//! and metrics are answered whatever else is asked for.

use std::{future::Future, sync::Arc};

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::RETRY_AFTER},
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::{
    actions,
    limits::{MADE_AT_ONCE, MADE_BYTES_MAX, WAITING_MAX},
    refusals::{Refusals, Refused},
};

use crate::audience::Written;

/// Where they are made.
pub(super) struct Lane {
    runtime: Handle,
    refusals: Arc<Refusals>,
    places: Arc<Semaphore>,
    waiting: Semaphore,
    /// Kibibytes that clients have not taken yet.
    untaken: Arc<Semaphore>,
}

/// Goes with an answer until its client has taken it.
pub(super) struct Untaken(
    #[expect(dead_code, reason = "held, and given back when dropped")] OwnedSemaphorePermit,
);

const KIB: usize = 1_024;

// === impl Lane ===

impl Lane {
    /// On this runtime.
    pub fn new(runtime: Handle, refusals: Arc<Refusals>) -> Self {
        Self {
            runtime,
            refusals,
            places: Arc::new(Semaphore::new(MADE_AT_ONCE)),
            waiting: Semaphore::new(WAITING_MAX),
            untaken: Arc::new(Semaphore::new(MADE_BYTES_MAX / KIB)),
        }
    }

    /// Makes it, when it is its turn. The error is the answer instead.
    pub async fn make<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, HttpResponse> {
        let waiting = self.waiting.try_acquire().map_err(|_| self.busy())?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| self.busy())?;
        drop(waiting);
        let made = self.runtime.spawn(async move {
            let made = work.await;
            // Not before it is done, though nobody may wait for it any more.
            drop(place);
            made
        });
        made.await.map_err(|error| {
            tracing::error!(%error, "an answer could not be made");
            HttpResponse::InternalServerError().finish()
        })
    }

    /// An answer of this body, if there is room for it until its client has taken it.
    pub fn answer(
        &self,
        status: StatusCode,
        content_type: &'static str,
        body: Written<Vec<u8>>,
    ) -> HttpResponse {
        let (body, kinds) = body.into_parts();
        let kibibytes = u32::try_from(body.len().clamp(1, MADE_BYTES_MAX).div_ceil(KIB)).unwrap_or(u32::MAX);
        let Ok(permit) = Arc::clone(&self.untaken).try_acquire_many_owned(kibibytes) else {
            return self.busy();
        };
        let mut response = HttpResponse::build(status).content_type(content_type).body(body);
        response.extensions_mut().insert(Untaken(permit));
        response.extensions_mut().insert(kinds);
        response
    }

    fn busy(&self) -> HttpResponse {
        self.refusals.note(Refused::Busy, "");
        let mut response =
            actions::refused(StatusCode::SERVICE_UNAVAILABLE, "too much is asked for at once: try again");
        response.headers_mut().insert(RETRY_AFTER, actix_web::http::header::HeaderValue::from(1));
        response
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rows::{Clock, clock::SystemClock};

    use super::*;
    use crate::{audience::written, telemetry::Metrics};

    fn lane() -> Arc<Lane> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let metrics = Arc::new(Metrics::new("1", clock.clone()).unwrap());
        Arc::new(Lane::new(Handle::current(), Arc::new(Refusals::new(metrics, clock))))
    }

    #[tokio::test]
    async fn only_so_many_are_made_and_wait() {
        let lane = lane();
        let (open, gate) = tokio::sync::watch::channel(false);
        let work = || {
            let mut gate = gate.clone();
            async move { gate.wait_for(|open| *open).await.is_ok() }
        };
        let waiting: Vec<_> = (0..MADE_AT_ONCE + WAITING_MAX).map(|_| lane.make(work())).collect();
        let mut waiting = futures::future::join_all(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        let refused = tokio::time::timeout(Duration::from_secs(5), lane.make(work())).await;
        let refused = refused.unwrap().unwrap_err();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.headers().contains_key(RETRY_AFTER));
        open.send(true).unwrap();
        assert!(waiting.await.into_iter().all(|made| made.unwrap()));
        assert!(lane.make(work()).await.unwrap());
    }

    #[tokio::test]
    async fn answers_that_nobody_takes_are_bounded_together() {
        let lane = lane();
        let answer = || lane.answer(StatusCode::OK, "text/plain", written(|| vec![0; MADE_BYTES_MAX / 2]));
        let (first, second) = (answer(), answer());
        assert_eq!([first.status(), second.status()], [StatusCode::OK; 2]);
        assert_eq!(answer().status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(first);
        assert_eq!(answer().status(), StatusCode::OK);
    }
}
