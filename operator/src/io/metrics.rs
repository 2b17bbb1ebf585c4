//! Counts of what this process writes to the API server.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// A write by a controller to a kind of object; never a label for one object.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Write {
    controller: &'static str,
    verb: &'static str,
    resource: String,
}

/// A kind of object.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Kind {
    kind: String,
}

/// The counters of [`crate::io`].
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    writes: Family<Write, Counter>,
    watch_errors: Family<Kind, Counter>,
    unreadable: Family<Kind, Counter>,
}

impl Metrics {
    /// Makes the counters and registers them.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("writes", "Mutating requests sent to the API server", metrics.writes.clone());
        registry.register("watch_errors", "Errors of watches, each followed by a retry", metrics.watch_errors.clone());
        registry.register(
            "unreadable_objects",
            "Objects skipped because this version cannot read them",
            metrics.unreadable.clone(),
        );
        metrics
    }

    /// A mutating request is about to be sent.
    pub fn wrote(&self, controller: &'static str, verb: &'static str, kind: &str) {
        self.writes.get_or_create(&Write { controller, verb, resource: kind.to_owned() }).inc();
    }

    /// A watch failed and is tried again.
    pub fn watch_failed(&self, kind: &str) {
        self.watch_errors.get_or_create(&Kind { kind: kind.to_owned() }).inc();
    }

    /// An object was skipped.
    pub fn skipped(&self, kind: &str) {
        self.unreadable.get_or_create(&Kind { kind: kind.to_owned() }).inc();
    }
}
