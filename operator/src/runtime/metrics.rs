//! What /metrics shows: the measures of each layer, and those of the process.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::{controllers, io};

/// The measures of all layers.
#[derive(Clone)]
pub struct Metrics {
    /// Requests.
    pub io: io::metrics::Metrics,
    /// Reconciles.
    pub controllers: controllers::metrics::Metrics,
    /// 1 while this replica holds the lease.
    pub leader: Gauge,
}

impl Metrics {
    /// All measures, and the registry that shows them.
    pub fn new() -> (Self, Registry) {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Process));
        let own = registry.sub_registry_with_prefix("kafkapipelines");
        own.register("build", "The version that runs", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
        let leader = Gauge::default();
        own.register("leader", "1 while this replica holds the lease", leader.clone());
        let metrics = Self {
            io: io::metrics::Metrics::register(own),
            controllers: controllers::metrics::Metrics::register(own),
            leader,
        };
        (metrics, registry)
    }
}

/// Measures of the process, read when they are asked for.
#[derive(Debug)]
struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let Some(bytes) = resident_memory() else { return Ok(()) };
        let gauge = ConstGauge::new(bytes);
        let metric = encoder.encode_descriptor(
            "process_resident_memory",
            "Resident memory of the process",
            Some(&Unit::Bytes),
            gauge.metric_type(),
        )?;
        gauge.encode(metric)
    }
}

/// Resident memory in bytes, where the kernel tells it.
fn resident_memory() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
