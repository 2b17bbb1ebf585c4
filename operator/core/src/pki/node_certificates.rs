//! Certificates of the nodes of a pool: one Secret, in it for each node a file with key and chain, as Kafka's PEM key store reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kafkapipelines_crds::ListenerSpec;
use kube::ResourceExt;
use rcgen::KeyPair;
use sha2::{Digest, Sha256};

use super::authority::{Authority, before, parse};
use super::x509::{self, Facts, Validity};
use super::{Error, KeySource};
use crate::build::{listeners, paths};
use crate::child::Child;
use crate::node::Node;
use crate::pipeline::Pipeline;
use crate::pool::Pool;
use crate::{labels, names};

/// Key of the Secret: what the nodes trust of clients.
pub const CLIENTS_CA: &str = "clients-ca.crt";

/// What the certificates of a pool are made from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    /// The pool.
    pub pool: &'a Pool,
    /// Signs the nodes' certificates.
    pub cluster_ca: &'a Authority,
    /// Certificates of the authority that signs clients', PEM.
    pub clients_ca: &'a str,
    /// The Secret as it is.
    pub existing: Option<&'a Secret>,
    /// The clock.
    pub now: Timestamp,
}

/// The certificates of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeCertificates {
    /// The Secret.
    pub secret: Child,
    /// How often certificates that nodes already had were replaced: nodes must restart to read the new ones.
    pub generation: u64,
    /// Fingerprint of the authorities that the nodes trust.
    pub trust_hash: String,
    /// When the first of them is due for renewal.
    pub due: Timestamp,
    /// Why certificates were replaced; empty when none was.
    pub changes: BTreeSet<&'static str>,
}

struct Leaf {
    file: String,
    not_after: Timestamp,
}

/// The certificates that the pool should have: those that are good are kept, the others issued.
///
/// # Errors
/// When a certificate cannot be made.
pub fn plan(input: &Input<'_>, owner: &OwnerReference, keys: &dyn KeySource) -> Result<NodeCertificates, Error> {
    let nodes: Vec<_> = input.pool.nodes().collect();
    let changes: BTreeSet<_> = nodes.iter().filter_map(|node| flaw(input, node)).collect();
    let leaf =
        |node: &Node| kept(input, node).filter(|_| changes.is_empty()).map_or_else(|| issue(input, node, keys), Ok);
    let leaves = nodes.iter().map(|node| Ok((node.id, leaf(node)?))).collect::<Result<BTreeMap<_, _>, Error>>()?;
    let generation = generation(input.existing) + u64::from(!changes.is_empty());
    let ends = leaves.values().map(|leaf| leaf.not_after);
    Ok(NodeCertificates {
        due: before(ends.min().unwrap_or(Timestamp::MAX), renew_before(input)),
        secret: secret(input, &leaves, generation, owner),
        generation,
        trust_hash: trust_hash(input),
        changes,
    })
}

/// What is wrong with a certificate that the node already has.
fn flaw(input: &Input<'_>, node: &Node) -> Option<&'static str> {
    let file = file(input, node)?;
    let Some(facts) = Facts::first(&file) else { return Some("Unreadable") };
    let Some(authority) = Facts::first(&input.cluster_ca.certificates) else { return Some("Unreadable") };
    let key_fits = KeyPair::from_pem(&file).is_ok_and(|key| facts.belongs_to(&key));
    if !key_fits || facts.common_name != names::node_common_name(&input.pipeline.name) {
        Some("Unreadable")
    } else if facts.dns_names != dns_names(input.pipeline, node) {
        Some("NamesChanged")
    } else if !facts.is_signed_by(&authority) {
        Some("AuthorityChanged")
    } else {
        expiring(input, &facts, &authority)
    }
}

/// A certificate that ends with its authority is renewed with it, not again and again before.
fn expiring(input: &Input<'_>, facts: &Facts, authority: &Facts) -> Option<&'static str> {
    let due = input.now >= before(facts.not_after, renew_before(input));
    (due && facts.not_after < authority.not_after).then_some("Expiring")
}

fn kept(input: &Input<'_>, node: &Node) -> Option<Leaf> {
    let file = file(input, node)?;
    let not_after = Facts::first(&file)?.not_after;
    Some(Leaf { file, not_after })
}

fn issue(input: &Input<'_>, node: &Node, keys: &dyn KeySource) -> Result<Leaf, Error> {
    let Authority { certificates, key } = input.cluster_ca;
    let key_pair = keys.generate()?;
    let end = Facts::first(certificates).ok_or(Error::Time)?.not_after;
    let validity = Validity::starting(input.now, parse(&input.pipeline.spec.certificates.nodes.duration))?.capped(end);
    let authority = (certificates.as_str(), KeyPair::from_pem(key.pem())?);
    let name = names::node_common_name(&input.pipeline.name);
    let certificate = x509::signed(&name, &dns_names(input.pipeline, node), &key_pair, validity, authority)?;
    let file = format!("{}{certificate}{}", key_pair.serialize_pem(), intermediates(certificates));
    Ok(Leaf { file, not_after: validity.until })
}

/// An authority that is no root is part of the chain that nodes present.
fn intermediates(certificates: &str) -> &str {
    if Facts::first(certificates).is_some_and(|facts| facts.self_issued) { "" } else { certificates }
}

/// Names under which a node is reached.
fn dns_names(pipeline: &Pipeline, node: &Node) -> BTreeSet<String> {
    let headless = format!("{}.{}", node.pod, names::headless_service(&pipeline.name));
    let bootstrap = names::bootstrap_service(&pipeline.name);
    let services = if node.is_broker() { vec![headless, bootstrap] } else { vec![headless] };
    let domains = [
        String::new(),
        format!(".{}", pipeline.namespace),
        format!(".{}.svc", pipeline.namespace),
        format!(".{}.svc.cluster.local", pipeline.namespace),
    ];
    let internal = services.iter().flat_map(|service| domains.iter().map(move |domain| format!("{service}{domain}")));
    let external = pipeline.listeners().iter().filter(|_| node.is_broker());
    internal.chain(external.flat_map(|listener| external_hosts(listener, node.id))).collect()
}

fn external_hosts(listener: &ListenerSpec, node_id: i32) -> Vec<String> {
    let Some(ingress) = &listener.ingress else { return Vec::new() };
    listeners::broker_host(ingress, node_id).into_iter().chain([ingress.bootstrap_host.clone()]).collect()
}

fn trust_hash(input: &Input<'_>) -> String {
    let digest = Sha256::digest(format!("{}\n{}", input.cluster_ca.certificates, input.clients_ca));
    digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn renew_before(input: &Input<'_>) -> Duration {
    parse(&input.pipeline.spec.certificates.nodes.renew_before)
}

fn file(input: &Input<'_>, node: &Node) -> Option<String> {
    let ByteString(bytes) = input.existing?.data.as_ref()?.get(&paths::keystore_key(node.id))?;
    String::from_utf8(bytes.clone()).ok()
}

fn generation(existing: Option<&Secret>) -> u64 {
    existing.and_then(|secret| secret.annotations().get(labels::CERTIFICATE_GENERATION)?.parse().ok()).unwrap_or(1)
}

fn secret(input: &Input<'_>, leaves: &BTreeMap<i32, Leaf>, generation: u64, owner: &OwnerReference) -> Child {
    let Pool { name, pipeline, namespace, roles, .. } = input.pool;
    let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
    let mut data: BTreeMap<_, _> =
        leaves.iter().map(|(id, leaf)| (paths::keystore_key(*id), bytes(&leaf.file))).collect();
    data.insert(paths::TRUSTSTORE_KEY.to_owned(), bytes(&input.cluster_ca.certificates));
    data.insert(CLIENTS_CA.to_owned(), bytes(input.clients_ca));
    Child::new(&Secret {
        metadata: ObjectMeta {
            name: Some(names::pool_certificates(pipeline, name)),
            namespace: Some(namespace.clone()),
            labels: Some(labels::pool(pipeline, name, roles)),
            annotations: Some([(labels::CERTIFICATE_GENERATION.to_owned(), generation.to_string())].into()),
            owner_references: Some(vec![owner.clone()]),
            ..ObjectMeta::default()
        },
        data: Some(data),
        ..Secret::default()
    })
}

#[cfg(test)]
#[path = "node_certificates_tests.rs"]
mod tests;
