//! What a scrape gets: the pipeline's registry and the prepared body, both from memory.

use std::{sync::Arc, time::Duration};

use actix_web::web::Bytes;
use parking_lot::{Mutex, RwLock};
use rows::Clock;

use super::{
    body::{self, Body, Encoded},
    limits::PIPELINE_TEXT_AGE_MAX,
    metrics::Metrics,
};

/// The content type of the text exposition format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything that is exposed to Prometheus.
pub struct Exposition {
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
    body: RwLock<Arc<Body>>,
    pipeline: Mutex<Option<(Duration, Encoded)>>,
}

// === impl Exposition ===

impl Exposition {
    /// With an empty body until a [`Publisher`](super::Publisher) has filled it.
    pub fn new(metrics: Arc<Metrics>, clock: Arc<dyn Clock>) -> Self {
        Self { metrics, clock, body: RwLock::default(), pipeline: Mutex::default() }
    }

    /// The pieces of an answer, to be sent one after the other: as text, or as one gzip file.
    pub fn scrape(&self, gzip: bool) -> Result<Vec<Bytes>, prometheus::Error> {
        let pipeline = self.pipeline()?;
        let body = self.body();
        let parts = std::iter::once(&pipeline).chain(body.parts());
        Ok(if gzip { body::gzip(parts) } else { parts.map(|part| part.identity.clone()).collect() })
    }

    /// The prepared part alone, as text: campaigns, payments and connections. What a host that has the pipeline's metrics in
    /// its own registry appends to its own answer.
    pub fn prepared(&self) -> String {
        self.body().parts().map(|part| String::from_utf8_lossy(&part.identity).into_owned()).collect()
    }

    /// The pipeline's metrics.
    pub const fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    pub(super) const fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(super) fn body(&self) -> Arc<Body> {
        self.body.read().clone()
    }

    /// Empties the prepared part.
    pub fn clear(&self) {
        self.publish(Body::default());
    }

    pub(super) fn publish(&self, body: Body) {
        *self.body.write() = Arc::new(body);
    }

    /// Encoded at most once a second: however many scrape, they cost memory bandwidth only.
    fn pipeline(&self) -> Result<Encoded, prometheus::Error> {
        let now = self.clock.elapsed();
        let mut cached = self.pipeline.lock();
        if let Some((at, encoded)) = &*cached
            && now.saturating_sub(*at) < PIPELINE_TEXT_AGE_MAX
        {
            return Ok(encoded.clone());
        }
        let encoded = Encoded::new(self.metrics.text()?);
        *cached = Some((now, encoded.clone()));
        Ok(encoded)
    }
}
