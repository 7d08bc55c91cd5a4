//! Declaring metrics in a registry, a line each.

use prometheus::{
    CounterVec, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry,
    core::Collector,
};

/// Fails only on what a test sees at once: a name that is taken or malformed.
pub(super) type Declared<M> = Result<M, prometheus::Error>;

/// Declares in this registry.
pub(super) struct Declare<'a>(pub &'a Registry);

// === impl Declare ===

impl Declare<'_> {
    pub fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Declared<IntCounterVec> {
        self.register(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    /// Of seconds and other fractions.
    pub fn fractional_counters(&self, name: &str, help: &str, labels: &[&str]) -> Declared<CounterVec> {
        self.register(CounterVec::new(Opts::new(name, help), labels)?)
    }

    pub fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Declared<IntGaugeVec> {
        self.register(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    pub fn ratios(&self, name: &str, help: &str, labels: &[&str]) -> Declared<GaugeVec> {
        self.register(GaugeVec::new(Opts::new(name, help), labels)?)
    }

    pub fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Declared<Histogram> {
        self.register(Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?)
    }

    /// One by integration.
    pub fn histograms(&self, name: &str, help: &str, buckets: &[f64]) -> Declared<HistogramVec> {
        let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.register(HistogramVec::new(options, &["integration"])?)
    }

    fn register<C: Collector + Clone + 'static>(&self, collector: C) -> Declared<C> {
        self.0.register(Box::new(collector.clone()))?;
        Ok(collector)
    }
}
