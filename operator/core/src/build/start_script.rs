//! The scripts that start a node and tell whether a controller works, and what they need to know of the pool.

use std::fmt::Write as _;

use super::logging::Logging;
use super::{heap, listeners, paths};
use crate::cluster_id::directory_id;
use crate::names;
use crate::pipeline::Pipeline;
use crate::pool::Pool;

/// Key of the script that starts a node.
pub const START_KEY: &str = "start.sh";
/// The script that starts a node.
pub const START: &str = include_str!("files/start.sh");
/// Key of the script that tells whether a controller works.
pub const READY_KEY: &str = "ready.sh";
/// The script that tells whether a controller works.
pub const READY: &str = include_str!("files/ready.sh");
/// Key of the variables that both scripts read.
pub const VARIABLES_KEY: &str = "start.env";

/// The variables that both scripts read, as bash.
pub fn variables(pipeline: &Pipeline, pool: &Pool) -> String {
    let mut text = String::new();
    for (name, value) in format_variables(pipeline, pool).into_iter().chain(run_variables(pipeline, pool)) {
        let _ = writeln!(text, "{name}={}", quoted(&value));
    }
    text + &directory_ids(pipeline, pool)
}

/// What a node runs with: a change needs a restart.
pub fn run_variables(pipeline: &Pipeline, pool: &Pool) -> [(&'static str, String); 7] {
    let mebibytes = heap::mebibytes(&pool.spec.jvm, &pool.spec.resources);
    [
        ("CERTIFICATES", paths::CERTIFICATES.to_owned()),
        ("RACK", paths::RACK.to_owned()),
        ("OWN_PORTS", own_ports(pool)),
        ("CONTROLLER_PORT", names::CONTROLLER_PORT.to_string()),
        ("HEAP_OPTIONS", format!("-Xms{mebibytes}m -Xmx{mebibytes}m")),
        ("JVM_OPTIONS", pool.spec.jvm.options.join(" ")),
        ("LOGGING_OPTIONS", Logging::of(pipeline.version).jvm_option()),
    ]
}

/// What new disks are formatted with: nodes that run do not care.
fn format_variables(pipeline: &Pipeline, pool: &Pool) -> [(&'static str, String); 4] {
    [
        ("CLUSTER_ID", pipeline.cluster_id.clone()),
        ("METADATA_VERSION", pipeline.metadata_version.clone()),
        ("METADATA_LOG_DIR", paths::metadata_log_dir(&pool.spec.storage)),
        ("INITIAL_CONTROLLERS", initial_controllers(pipeline)),
    ]
}

/// The first quorum as every first voter must be told it, to the letter. A voter that is no longer wanted stays listed:
/// with a shorter list a node with a new disk would take itself for the majority.
fn initial_controllers(pipeline: &Pipeline) -> String {
    let voter = |&id: &i32| {
        let pod = voter_pod(pipeline, id)?;
        let host = listeners::pod_dns(pipeline, &pod);
        Some(format!("{id}@{host}:{}:{}", names::CONTROLLER_PORT, directory_id(&pipeline.cluster_id, id)))
    };
    pipeline.initial_voters.iter().filter_map(voter).collect::<Vec<_>>().join(",")
}

/// The Pod of a voter, wanted or not: it is of the pool of controllers whose ids begin nearest below.
fn voter_pod(pipeline: &Pipeline, id: i32) -> Option<String> {
    let pools = pipeline.pools.iter().chain(&pipeline.refused);
    let below = pools.filter(|pool| pool.is_controller() && pool.base <= id);
    below.max_by_key(|pool| pool.base).map(|pool| names::pod(&pipeline.name, &pool.name, id))
}

/// The directory id of each controller of the pool, an associative array.
fn directory_ids(pipeline: &Pipeline, pool: &Pool) -> String {
    let controllers = pool.nodes().filter(crate::node::Node::is_controller);
    let ids = controllers.map(|node| format!("[{}]={}", node.id, directory_id(&pipeline.cluster_id, node.id)));
    format!("declare -A DIRECTORY_IDS=({})\n", ids.collect::<Vec<_>>().join(" "))
}

fn own_ports(pool: &Pool) -> String {
    let controller = pool.is_controller().then_some(names::CONTROLLER_PORT);
    let broker = pool.is_broker().then_some(names::REPLICATION_PORT);
    controller.into_iter().chain(broker).map(|port| port.to_string()).collect::<Vec<_>>().join(" ")
}

/// A word that bash takes as it is.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_quotes() {
        assert_eq!(quoted("-Da=b c"), "'-Da=b c'");
        assert_eq!(quoted("a'; rm -rf /; '"), r"'a'\''; rm -rf /; '\'''");
    }
}
