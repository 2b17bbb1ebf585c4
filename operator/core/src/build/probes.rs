//! Probes: when a node has started, when it does its work, and when it is beyond help.

use k8s_openapi::api::core::v1::{ExecAction, Probe, TCPSocketAction};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{paths, start_script};
use crate::names;
use crate::pool::Pool;

/// One hour: a broker with many partitions that was killed reads its logs for long, and a controller waits for a majority.
pub fn startup(pool: &Pool) -> Probe {
    Probe { period_seconds: Some(3), failure_threshold: Some(1200), ..works(pool) }
}

/// Not ready after 20 seconds without a port or, on a controller, without a leader.
pub fn readiness(pool: &Pool) -> Probe {
    Probe { period_seconds: Some(10), failure_threshold: Some(2), ..works(pool) }
}

/// Modest, for a restart heals little in Kafka and costs a recovery: two minutes without a port.
/// A quorum without a leader is no reason: that no restart heals.
pub fn liveness(pool: &Pool) -> Probe {
    Probe { period_seconds: Some(30), failure_threshold: Some(4), ..connects(pool) }
}

/// Kafka opens a broker's port once its logs are recovered and it has caught up with the metadata.
/// A controller opens its port long before it can do anything, so it is asked for more.
fn works(pool: &Pool) -> Probe {
    if !pool.is_controller() {
        return connects(pool);
    }
    let command = vec!["bash".to_owned(), format!("{}/{}", paths::CONFIG, start_script::READY_KEY)];
    Probe { exec: Some(ExecAction { command: Some(command) }), timeout_seconds: Some(5), ..Probe::default() }
}

fn connects(pool: &Pool) -> Probe {
    let port = if pool.is_broker() { names::REPLICATION_PORT } else { names::CONTROLLER_PORT };
    let socket = TCPSocketAction { port: IntOrString::Int(port), host: None };
    Probe { tcp_socket: Some(socket), timeout_seconds: Some(5), ..Probe::default() }
}
