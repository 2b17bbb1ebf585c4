//! Probes: when a node has started, when it does its work, and when it is beyond help.

use k8s_openapi::api::core::v1::{ExecAction, Probe};

use super::{paths, start_script};

/// A broker with many partitions that was killed reads its logs for a long time: one hour.
pub fn startup() -> Probe {
    Probe { period_seconds: Some(2), failure_threshold: Some(1800), ..probe("bound") }
}

/// Not ready after 15 seconds without a leader or a port.
pub fn readiness() -> Probe {
    Probe { period_seconds: Some(5), failure_threshold: Some(3), ..probe("ready") }
}

/// Modest, for a restart heals little in Kafka and costs a recovery: two minutes without a port.
pub fn liveness() -> Probe {
    Probe { period_seconds: Some(20), failure_threshold: Some(6), ..probe("bound") }
}

fn probe(question: &str) -> Probe {
    let script = format!("{}/{}", paths::CONFIG, start_script::PROBE_KEY);
    let command = ["bash".to_owned(), script, question.to_owned()].to_vec();
    Probe { exec: Some(ExecAction { command: Some(command) }), timeout_seconds: Some(5), ..Probe::default() }
}
