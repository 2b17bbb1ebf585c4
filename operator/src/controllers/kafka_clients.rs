//! The way into each pipeline's Kafka: a client of its brokers, one of its controllers, and the certificate by which they are known.
//!
//! The certificate is issued in memory by the cluster CA, with the name that all nodes have, and is nowhere stored.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kafkapipelines_core::names::{self, CONTROLLER_PORT, REPLICATION_PORT};
use kafkapipelines_core::node::Node;
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::pki::authority::Authority;
use kafkapipelines_core::pki::client_certificate;
use kafkapipelines_kafka::{Address, Client, Endpoint, Identity, Limits};

use super::authority_secrets;
use super::error::Error;
use crate::fresh_keys::FreshKeys;
use crate::io::Io;
use crate::io::watches::Watches;

/// How long a certificate lives.
const LIFETIME: Duration = Duration::from_hours(24);
/// When it is replaced before it ends.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(12);
/// A pipeline whose Kafka does not answer takes up a place for no longer than this at a time.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(5),
    request: Duration::from_secs(10),
    call: Duration::from_secs(20),
    tries: 7,
    answer: 16 << 20,
};

type Key = (String, String);

/// The clients of all pipelines. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct KafkaClients(Arc<Mutex<HashMap<Key, Known>>>);

/// The clients of one pipeline.
#[derive(Clone)]
pub(super) struct Clients {
    /// By the replication listener.
    pub(super) brokers: Client,
    /// By the controller listener.
    pub(super) controllers: Client,
    /// The authorities that the nodes are trusted by, PEM.
    pub(super) trusted: Arc<str>,
}

impl Clients {
    /// How many requests of each kind were sent so far, by the protocol's names.
    pub(super) fn sent(&self) -> BTreeMap<&'static str, u64> {
        let mut sent = self.brokers.sent();
        for (api, count) in self.controllers.sent() {
            *sent.entry(api).or_default() += count;
        }
        sent
    }
}

/// Clients with what they were made from.
struct Known {
    clients: Clients,
    nodes: [BTreeMap<i32, Address>; 2],
    authority: Authority,
    renew_at: Timestamp,
}

impl KafkaClients {
    /// The clients of the pipeline; none while there is no authority by which Kafka would know them.
    pub(super) async fn of(
        &self,
        io: &Io,
        watches: &Watches,
        pipeline: &Pipeline,
        now: Timestamp,
    ) -> Result<Option<Clients>, Error> {
        let access = authority_secrets::access(io, watches, pipeline).await?;
        access.map(|(authority, trusted)| self.made_from(pipeline, &authority, &trusted, now)).transpose()
    }

    /// `authority` signs the certificate by which they are known, `trusted` are the authorities of the nodes.
    fn made_from(
        &self,
        pipeline: &Pipeline,
        authority: &Authority,
        trusted: &str,
        now: Timestamp,
    ) -> Result<Clients, Error> {
        let nodes = [
            addresses(pipeline, &pipeline.brokers(), REPLICATION_PORT),
            addresses(pipeline, &pipeline.controllers(), CONTROLLER_PORT),
        ];
        let key = (pipeline.namespace.clone(), pipeline.name.clone());
        let mut all = self.lock();
        if let Some(known) = all.get_mut(&key).filter(|known| known.nodes == nodes) {
            known.renew(pipeline, authority, trusted, now)?;
            return Ok(known.clients.clone());
        }
        let known = Known::new(pipeline, nodes, authority, trusted, now)?;
        let clients = known.clients.clone();
        all.insert(key, known);
        Ok(clients)
    }

    /// The pipeline is gone.
    pub(super) fn forget(&self, namespace: &str, name: &str) {
        self.lock().remove(&(namespace.to_owned(), name.to_owned()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn new(
        pipeline: &Pipeline,
        nodes: [BTreeMap<i32, Address>; 2],
        authority: &Authority,
        trusted: &str,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let (identity, renew_at) = identity(pipeline, authority, trusted, now)?;
        let [brokers, controllers] = nodes.clone();
        let clients = Clients {
            brokers: Client::new(Endpoint::Brokers, brokers.into_values().collect(), &identity, LIMITS),
            controllers: Client::of_nodes(Endpoint::Controllers, controllers, &identity, LIMITS),
            trusted: trusted.into(),
        };
        Ok(Self { clients, nodes, authority: authority.clone(), renew_at })
    }

    /// Another certificate where this one ends soon, or where the authorities have changed.
    fn renew(
        &mut self,
        pipeline: &Pipeline,
        authority: &Authority,
        trusted: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        if now < self.renew_at && self.authority == *authority && *self.clients.trusted == *trusted {
            return Ok(());
        }
        let (identity, renew_at) = identity(pipeline, authority, trusted, now)?;
        self.clients.brokers.replace_identity(&identity);
        self.clients.controllers.replace_identity(&identity);
        self.clients.trusted = trusted.into();
        (self.authority, self.renew_at) = (authority.clone(), renew_at);
        Ok(())
    }
}

fn identity(
    pipeline: &Pipeline,
    authority: &Authority,
    trusted: &str,
    now: Timestamp,
) -> Result<(Identity, Timestamp), Error> {
    let name = names::node_common_name(&pipeline.name);
    let certificate = client_certificate::issue(authority, &name, LIFETIME, now, &FreshKeys)?;
    let identity = Identity::from_pem(&certificate.chain, certificate.key.pem(), trusted)?;
    let renew_at = certificate.not_after.checked_sub(RENEW_BEFORE).unwrap_or(now);
    Ok((identity, renew_at))
}

fn addresses(pipeline: &Pipeline, nodes: &[Node], port: i32) -> BTreeMap<i32, Address> {
    let host = |node: &Node| names::pod_dns(&node.pod, &pipeline.name, &pipeline.namespace);
    nodes.iter().map(|node| (node.id, Address::new(host(node), u16::try_from(port).unwrap_or_default()))).collect()
}
