//! Certificates of the nodes of a pool: one Secret, in it for each node a file with key and chain, as Kafka's PEM key store reads it.
//!
//! When another authority takes over (a user's, or a new one after the old key went with its LogPipeline), nodes restart one by one
//! and must understand one another all the time. So first every node learns to trust both authorities and keeps its certificate;
//! when all of them do, the certificates are issued anew. The old authority stays trusted until it expires.

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

use super::at_start::AtStart;
use super::authority::{Authority, before, parse};
use super::x509::{self, Facts, Validity};
use super::{Error, KeySource};
use crate::build::{listeners, paths, restart_hash};
use crate::child::Child;
use crate::labels::Labels;
use crate::node::Node;
use crate::pipeline::Pipeline;
use crate::pool::Pool;
use crate::{labels, names};

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
    /// The annotations that the Pods are made with.
    pub template: &'a Labels,
    /// Whether every node that runs trusts `cluster_ca`, see [`is_trusted_everywhere`].
    pub trusted_everywhere: bool,
    /// The clock.
    pub now: Timestamp,
}

/// The certificates of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeCertificates {
    /// The Secret.
    pub secret: Child,
    /// Another number whenever certificates that nodes already had were replaced.
    pub generation: u64,
    /// What the nodes must have been started with: a change needs a restart.
    pub at_start: AtStart,
    /// Fingerprint of the authorities that the nodes trust.
    pub trust_hash: String,
    /// When the first of them is due for renewal.
    pub due: Timestamp,
    /// Why certificates were replaced; empty when none was.
    pub changes: BTreeSet<&'static str>,
}

/// How soon to see whether the nodes have learnt to trust another authority: their restarts are not this pool's events.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

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
    let is_held = !input.trusted_everywhere && nodes.iter().any(|node| is_of_another_authority(input, node));
    let flaws = nodes.iter().filter(|_| !is_held).filter_map(|node| flaw(input, node));
    let changes: BTreeSet<_> = flaws.collect();
    let leaf =
        |node: &Node| kept(input, node).filter(|_| changes.is_empty()).map_or_else(|| issue(input, node, keys), Ok);
    let leaves = nodes.iter().map(|node| Ok((node.id, leaf(node)?))).collect::<Result<BTreeMap<_, _>, Error>>()?;
    let generation = generation(input) + u64::from(!changes.is_empty());
    let until = leaves.values().map(|leaf| leaf.not_after).min().unwrap_or(Timestamp::MAX);
    let at_start = at_start(input, AtStart { generation, until }, &changes);
    let trusted = trusted(input);
    Ok(NodeCertificates {
        due: if is_held {
            input.now.saturating_add(LOOK_AGAIN).unwrap_or(input.now)
        } else {
            due(input, &leaves).min(restart_due(input, generation, &at_start))
        },
        trust_hash: trust_hash(&trusted, input.clients_ca),
        secret: secret(input, &leaves, trusted, (generation, at_start), owner),
        generation,
        at_start,
        changes,
    })
}

/// Whether every node that runs trusts the authority: its pool's Secret has it, and its Pod was started with what is in the Secret.
/// `nodes` are the Secret and the annotation [`labels::TRUST_HASH`] of each Pod of the pipeline.
pub fn is_trusted_everywhere<'a>(
    authority: &Authority,
    nodes: impl IntoIterator<Item = (Option<&'a Secret>, Option<&'a str>)>,
) -> bool {
    let Some(signer) = Facts::first(&authority.certificates) else { return false };
    nodes.into_iter().all(|(secret, started_with)| {
        let trusted = secret.and_then(|secret| text(secret, paths::TRUSTSTORE_KEY));
        let clients_ca = secret.and_then(|secret| text(secret, paths::CLIENTS_TRUSTSTORE_KEY));
        trusted.zip(clients_ca).is_some_and(|(trusted, clients_ca)| {
            Facts::all(&trusted).contains(&signer) && started_with == Some(&trust_hash(&trusted, &clients_ca))
        })
    })
}

/// Whether nodes of the pool take up a renewed certificate while they run. Kafka 3.9 tells only brokers to.
pub fn reloads(pipeline: &Pipeline, pool: &Pool) -> bool {
    pool.is_broker() || pipeline.version.major >= 4
}

/// The certificate that the node is to present, DER.
pub fn leaf(secret: &Secret, node_id: i32) -> Option<Vec<u8>> {
    Facts::first(&text(secret, &paths::keystore_key(node_id))?).map(Facts::into_der)
}

/// The authorities that the nodes with this Secret trust, PEM.
pub fn trusted_with(secret: &Secret) -> Option<String> {
    text(secret, paths::TRUSTSTORE_KEY)
}

/// What the nodes must have been started with: what they were, until that ends, they restart anyway, or Kafka would not take up `newest`
/// while it runs.
fn at_start(input: &Input<'_>, newest: AtStart, changes: &BTreeSet<&str>) -> AtStart {
    let started_with = |annotations: &Labels| annotations.get(labels::CERTIFICATE_AT_START)?.parse().ok();
    let recorded = input.existing.and_then(|secret| started_with(secret.annotations()));
    let Some(recorded) = recorded.or_else(|| started_with(input.template)) else { return newest };
    let is_due = input.now >= restart_due(input, newest.generation, &recorded);
    // Kafka refuses a certificate that lacks a name of the one before.
    let is_taken_up = reloads(input.pipeline, input.pool) && !changes.contains("NamesChanged");
    if is_taken_up && !is_due && !restarts_anyway(input) { recorded } else { newest }
}

/// Whether the Pods are about to be made with something else that is new.
fn restarts_anyway(input: &Input<'_>) -> bool {
    let wanted = [
        (labels::CONFIG_HASH, restart_hash(input.pipeline, input.pool)),
        (labels::KAFKA_VERSION, input.pipeline.version.to_string()),
    ];
    wanted.iter().any(|(stamp, wanted)| input.template.get(*stamp).is_some_and(|stamp| stamp != wanted))
}

/// Never where there is nothing newer to start with.
fn restart_due(input: &Input<'_>, generation: u64, at_start: &AtStart) -> Timestamp {
    if at_start.generation == generation { Timestamp::MAX } else { at_start.restart_due(renew_before(input)) }
}

/// When the first certificate is due. One that ends with its authority is due with it, and not before.
fn due(input: &Input<'_>, leaves: &BTreeMap<i32, Leaf>) -> Timestamp {
    let authority = Facts::first(&input.cluster_ca.certificates).map(|facts| facts.not_after);
    let due = |leaf: &Leaf| {
        if Some(leaf.not_after) == authority { leaf.not_after } else { before(leaf.not_after, renew_before(input)) }
    };
    leaves.values().map(due).min().unwrap_or(Timestamp::MAX)
}

/// The authorities that the nodes trust: the one that signs, and of those they trusted so far the ones with another key.
fn trusted(input: &Input<'_>) -> String {
    const END: &str = "-----END CERTIFICATE-----\n";
    let present = Facts::all(&input.cluster_ca.certificates);
    let is_other = |block: &&str| {
        Facts::first(block).is_some_and(|old| {
            old.not_after > input.now && present.iter().all(|present| present.public_key != old.public_key)
        })
    };
    let before = input.existing.and_then(|secret| text(secret, paths::TRUSTSTORE_KEY)).unwrap_or_default();
    let kept: String = before.split_inclusive(END).filter(is_other).collect();
    format!("{}\n{kept}", input.cluster_ca.certificates.trim_end())
}

fn is_of_another_authority(input: &Input<'_>, node: &Node) -> bool {
    let signer = Facts::first(&input.cluster_ca.certificates);
    let certificate = file(input, node).and_then(|file| Facts::first(&file));
    certificate.zip(signer).is_some_and(|(certificate, signer)| !certificate.is_signed_by(&signer))
}

/// What is wrong with a certificate that the node already has.
fn flaw(input: &Input<'_>, node: &Node) -> Option<&'static str> {
    let file = file(input, node)?;
    let Some(facts) = Facts::first(&file) else { return Some("Unreadable") };
    let Some(authority) = Facts::first(&input.cluster_ca.certificates) else { return Some("Unreadable") };
    let key_fits = KeyPair::from_pem(&file).is_ok_and(|key| facts.belongs_to(&key));
    if !key_fits || facts.common_name != names::node_common_name(&input.pipeline.name) {
        Some("Unreadable")
    } else if !facts.is_signed_by(&authority) {
        Some("AuthorityChanged")
    } else if facts.dns_names != dns_names(input.pipeline, node) {
        Some("NamesChanged")
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
    let file = format!("{}{certificate}{}", key_pair.serialize_pem(), x509::intermediates(certificates));
    Ok(Leaf { file, not_after: validity.until })
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

fn trust_hash(trusted: &str, clients_ca: &str) -> String {
    let digest = Sha256::digest(format!("{trusted}\n{clients_ca}"));
    digest.first_chunk().map(|start| format!("{:016x}", u64::from_be_bytes(*start))).unwrap_or_default()
}

fn renew_before(input: &Input<'_>) -> Duration {
    parse(&input.pipeline.spec.certificates.nodes.renew_before)
}

fn file(input: &Input<'_>, node: &Node) -> Option<String> {
    text(input.existing?, &paths::keystore_key(node.id))
}

fn text(secret: &Secret, key: &str) -> Option<String> {
    let ByteString(bytes) = secret.data.as_ref()?.get(key)?;
    String::from_utf8(bytes.clone()).ok()
}

/// Begins with the time, so that a Secret that was deleted does not come back with the number that the nodes started with.
fn generation(input: &Input<'_>) -> u64 {
    let recorded =
        input.existing.and_then(|secret| secret.annotations().get(labels::CERTIFICATE_GENERATION)?.parse().ok());
    recorded.unwrap_or_else(|| u64::try_from(input.now.as_second()).unwrap_or(1))
}

fn secret(
    input: &Input<'_>,
    leaves: &BTreeMap<i32, Leaf>,
    trusted: String,
    (generation, at_start): (u64, AtStart),
    owner: &OwnerReference,
) -> Child {
    let Pool { name, pipeline, namespace, roles, .. } = input.pool;
    let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
    let mut data: BTreeMap<_, _> =
        leaves.iter().map(|(id, leaf)| (paths::keystore_key(*id), bytes(&leaf.file))).collect();
    data.insert(paths::TRUSTSTORE_KEY.to_owned(), ByteString(trusted.into_bytes()));
    data.insert(paths::CLIENTS_TRUSTSTORE_KEY.to_owned(), bytes(input.clients_ca));
    Child::new(&Secret {
        metadata: ObjectMeta {
            name: Some(names::pool_certificates(pipeline, name)),
            namespace: Some(namespace.clone()),
            labels: Some(labels::pool(pipeline, name, roles)),
            annotations: Some(BTreeMap::from([
                (labels::CERTIFICATE_GENERATION.to_owned(), generation.to_string()),
                (labels::CERTIFICATE_AT_START.to_owned(), at_start.to_string()),
            ])),
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
