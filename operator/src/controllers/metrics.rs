//! Measures of reconciles by kind, never by object; and of what is seen of each pipeline's Kafka and each consumer.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::{consumer_health, kafka_cluster};

/// Upper bounds in seconds: most reconciles read memory alone, the slowest wait for one request's deadline.
const BUCKETS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Reconciled {
    kind: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Failed {
    kind: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug)]
struct Durations;

impl MetricConstructor<Histogram> for Durations {
    fn new_metric(&self) -> Histogram {
        Histogram::new(BUCKETS)
    }
}

/// The measures of all controllers.
#[derive(Clone, Debug)]
pub struct Metrics {
    reconciles: Family<Reconciled, Counter>,
    durations: Family<Kind, Histogram, Durations>,
    errors: Family<Failed, Counter>,
    in_flight: Family<Kind, Gauge>,
    queued: Family<Kind, Gauge>,
    pub(super) kafka: kafka_cluster::metrics::Metrics,
    pub(super) consumers: consumer_health::metrics::Metrics,
}

impl Metrics {
    /// Makes the measures and registers them.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            reconciles: Family::default(),
            durations: Family::new_with_constructor(Durations),
            errors: Family::default(),
            in_flight: Family::default(),
            queued: Family::default(),
            kafka: kafka_cluster::metrics::Metrics::register(registry),
            consumers: consumer_health::metrics::Metrics::register(registry),
        };
        let Self { reconciles, durations, errors, in_flight, queued, .. } = metrics.clone();
        registry.register("reconciles", "Reconciles that ended", reconciles);
        registry.register_with_unit("reconcile_duration", "How long reconciles took", Unit::Seconds, durations);
        registry.register("reconcile_errors", "Reconciles that failed, by reason", errors);
        registry.register("reconciles_in_flight", "Reconciles that run now", in_flight);
        registry.register("reconcile_queue_depth", "Objects that changed and wait for their reconcile", queued);
        metrics
    }

    /// A reconcile begins; the value counts it as running until it is dropped.
    pub(crate) fn begin(&self, kind: &'static str) -> InFlight {
        let gauge = self.in_flight.get_or_create(&Kind { kind }).clone();
        gauge.inc();
        InFlight(gauge)
    }

    /// A reconcile ended after `took`, with the reason if it failed.
    pub(crate) fn end(&self, kind: &'static str, took: Duration, failed: Option<&'static str>) {
        let result = if failed.is_some() { "error" } else { "success" };
        self.reconciles.get_or_create(&Reconciled { kind, result }).inc();
        self.durations.get_or_create(&Kind { kind }).observe(took.as_secs_f64());
        if let Some(reason) = failed {
            self.errors.get_or_create(&Failed { kind, reason }).inc();
        }
    }

    /// The gauge of objects that wait.
    pub(crate) fn queued(&self, kind: &'static str) -> Gauge {
        self.queued.get_or_create(&Kind { kind }).clone()
    }
}

/// A running reconcile.
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
