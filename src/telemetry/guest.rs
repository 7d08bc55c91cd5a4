//! The pipeline's metrics in the registry of a host program.

use std::collections::HashMap;

use prometheus::{
    Registry,
    core::{Collector, Desc},
    proto::MetricFamily,
};

/// The label by which the workers of one process are told apart.
pub const WORKER_LABEL: &str = "worker";

/// A worker's registry inside the host's, as one collector: it goes in whole, and out again when this is dropped.
pub struct Guest {
    host: Registry,
    pipeline: Pipeline,
}

/// The collector. The host's registry knows it by one description, which carries the worker's name.
#[derive(Clone)]
struct Pipeline {
    own: Registry,
    known_as: Desc,
}

// === impl Guest ===

impl Guest {
    /// A registry whose series carry the worker's name.
    pub fn registry(worker: &str) -> Result<Registry, prometheus::Error> {
        Registry::new_custom(None, Some(label(worker)))
    }

    /// Registers it with the host. `AlreadyReg` when a worker of this name is there.
    pub fn register(host: Registry, own: Registry, worker: &str) -> Result<Self, prometheus::Error> {
        let help = "The metrics of one worker.".to_owned();
        let known_as = Desc::new("dynamoi".to_owned(), help, Vec::new(), label(worker))?;
        let pipeline = Pipeline { own, known_as };
        host.register(Box::new(pipeline.clone()))?;
        Ok(Self { host, pipeline })
    }
}

fn label(worker: &str) -> HashMap<String, String> {
    HashMap::from([(WORKER_LABEL.to_owned(), worker.to_owned())])
}

impl Drop for Guest {
    fn drop(&mut self) {
        if let Err(error) = self.host.unregister(Box::new(self.pipeline.clone())) {
            tracing::warn!(%error, "the host's registry did not let the worker's metrics go");
        }
    }
}

impl Collector for Pipeline {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.known_as]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.own.gather()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use prometheus::TextEncoder;
    use rows::clock::SystemClock;

    use super::*;
    use crate::telemetry::Metrics;

    fn metrics(host: &Registry, worker: &str) -> Result<(Metrics, Guest), prometheus::Error> {
        let own = Guest::registry(worker)?;
        let metrics = Metrics::in_registry("1", Arc::new(SystemClock::new()), own.clone())?;
        Ok((metrics, Guest::register(host.clone(), own, worker)?))
    }

    fn text(host: &Registry) -> String {
        TextEncoder::new().encode_to_string(&host.gather()).unwrap()
    }

    #[test]
    fn workers_share_a_hosts_registry_under_their_names() {
        let host = Registry::new();
        let (_first, guest) = metrics(&host, "first").unwrap();
        let (_second, _guest) = metrics(&host, "second").unwrap();
        let both = text(&host);
        assert_eq!(both.matches("# TYPE dynamoi_build_info gauge").count(), 1, "{both}");
        assert!(both.contains("worker=\"first\"") && both.contains("worker=\"second\""), "{both}");
        assert!(!both.contains("process_"), "the process is the host's: {both}");

        let taken = metrics(&host, "first").err().unwrap();
        assert!(matches!(taken, prometheus::Error::AlreadyReg), "{taken}");

        drop(guest);
        let one = text(&host);
        assert!(!one.contains("worker=\"first\"") && one.contains("worker=\"second\""), "{one}");
        metrics(&host, "first").unwrap();
    }
}
