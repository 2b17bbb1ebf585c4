//! What the nodes of a pool must be restarted for.

use kafkapipelines_crds::{BrokerHost, ListenerSpec};
use sha2::{Digest, Sha256};

use super::logging::Logging;
use super::{listeners, pod, properties, start_script};
use crate::pipeline::Pipeline;
use crate::pool::Pool;

/// Enough to tell two configurations apart, short enough to be read in an annotation.
const DIGITS: usize = 16;

/// Hash of what the pool's nodes run with: the Pod (image, resources, mounts, scheduling), scripts, JVM, logging, and
/// the properties that the nodes of the pool have alike.
///
/// Left out is whatever changes when nodes come or go, so that scaling restarts nobody: node ids, the addresses of the
/// controllers (a running node knows the quorum), and the defaults that follow from the number of brokers (a node
/// takes them up at its next start). Of what differs from node to node only the hosts of external listeners can change
/// by themselves; they are taken as they are written, so a list with one more host does restart the pool's brokers.
pub fn restart_hash(pipeline: &Pipeline, pool: &Pool) -> String {
    let mut hash = Sha256::new();
    for part in parts(pipeline, pool) {
        hash.update(format!("{}:{part}", part.len()));
    }
    let mut digits = format!("{:x}", hash.finalize());
    digits.truncate(DIGITS);
    digits
}

fn parts(pipeline: &Pipeline, pool: &Pool) -> Vec<String> {
    let files = [start_script::START, start_script::READY, Logging::of(pipeline.version).text].map(str::to_owned);
    let variables = start_script::run_variables(pipeline, pool).map(|(name, value)| format!("{name}={value}"));
    let mut parts = vec![properties::shared_properties(pipeline, pool)];
    parts.extend(serde_json::to_string(&pod::spec(pipeline, pool)));
    parts.extend(files);
    parts.extend(variables);
    parts.extend(external_addresses(pipeline, pool));
    parts
}

fn external_addresses(pipeline: &Pipeline, pool: &Pool) -> Vec<String> {
    let brokers = pool.is_broker();
    let external = listeners::external(pipeline).filter(|_| brokers);
    external
        .flat_map(|(listener, ingress)| {
            addresses(listener, &ingress.broker_hosts, ingress.broker_host_template.as_deref())
        })
        .collect()
}

fn addresses(listener: &ListenerSpec, hosts: &[BrokerHost], template: Option<&str>) -> Vec<String> {
    let port = listeners::advertised_port(listener);
    let mut hosts: Vec<_> = hosts.iter().map(|host| format!("{} {}", host.broker, host.host)).collect();
    hosts.sort();
    hosts
        .into_iter()
        .chain(template.map(str::to_owned))
        .map(|host| format!("{} {host}:{port}", listener.name))
        .collect()
}
