//! The quorum: who votes, and which brokers Kafka may forget.

use std::collections::BTreeSet;

use kafkapipelines_core::cluster::registrations::{self, Gone};
use kafkapipelines_core::cluster::report::Report;
use kafkapipelines_core::cluster::votes::{self, Change, Wanted};
use kafkapipelines_core::conditions::{Finding, QUORUM_COMPLETE};
use kafkapipelines_core::names::{self, CONTROLLER_PORT};
use kafkapipelines_kafka::Address;

use super::super::kafka_nodes::{self, pipeline_of};
use super::Error;
use super::turn::Turn;

/// Name of the listener of controllers.
const LISTENER: &str = "CONTROLLER";

/// Gives or takes one vote, if one is due, and lets Kafka forget brokers that are gone.
pub(super) async fn run(turn: &Turn<'_>, report: &mut Report) -> Result<(), Error> {
    let quorum = &turn.seen.quorum;
    let wanted = wanted(turn);
    let voters: BTreeSet<_> = quorum.voters.iter().map(|voter| voter.id).collect();
    report.voters = Some(voters.into_iter().collect());
    report.findings.extend(votes::findings(&wanted, quorum));
    match votes::next(&wanted, quorum) {
        Some(change) => match send(turn, &change).await? {
            Ok(()) => report.busy = true,
            Err(refused) => report.findings.push(refused),
        },
        None => report.busy |= quorum.observers.iter().any(|observer| wanted.stay.contains(&observer.id)),
    }
    forget_brokers(turn, report).await
}

/// The pools' controllers. A pool whose spec is refused keeps those that it has; what cannot be read may be a pool of this pipeline.
fn wanted(turn: &Turn<'_>) -> Wanted {
    let mut wanted =
        Wanted { stay: turn.pipeline.controllers().iter().map(|node| node.id).collect(), leave: BTreeSet::new() };
    let views = kafka_nodes::pools(turn.watches, &turn.pipeline.namespace, &turn.pipeline.name);
    for pool in turn.pipeline.pools.iter().filter(|pool| pool.is_controller()) {
        let view = views.iter().find(|view| view.object.metadata.name.as_ref() == Some(&pool.name));
        let kept = view.map_or(pool.spec.replicas, |view| view.wanted);
        let leaving = pool.base + kept..pool.base + pool.spec.replicas;
        wanted.stay.retain(|id| !leaving.contains(id));
        wanted.leave.extend(leaving);
    }
    wanted.leave.extend(of_lost_pools(turn));
    wanted
}

/// Voters without a pool and without a Pod.
fn of_lost_pools(turn: &Turn<'_>) -> Vec<i32> {
    if !turn.watches.pools.all_unreadable().is_empty() {
        return Vec::new();
    }
    let present = present(turn);
    turn.seen.quorum.voters.iter().map(|voter| voter.id).filter(|id| !present.contains(id)).collect()
}

/// Nodes that are wanted, or that have a Pod.
fn present(turn: &Turn<'_>) -> BTreeSet<i32> {
    let pods = turn.watches.pods.list(&turn.pipeline.namespace, |pod| pipeline_of(pod) == Some(&turn.pipeline.name));
    let with_pod = pods.iter().filter_map(|pod| pod.metadata.name.as_ref()?.rsplit('-').next()?.parse().ok());
    turn.pipeline.nodes().into_iter().map(|node| node.id).chain(with_pod).collect()
}

/// What Kafka refuses is told; it does not keep the rest of the pipeline from being looked after.
async fn send(turn: &Turn<'_>, change: &Change) -> Result<Result<(), Finding>, Error> {
    let brokers = &turn.clients.brokers;
    tracing::info!(pipeline = turn.pipeline.name, ?change, "a vote is given or taken");
    let sent = match change {
        Change::Add { id, directory } => match address(turn, *id) {
            Some(address) => brokers.add_voter(*id, directory, &[(LISTENER.to_owned(), address)]).await,
            None => return Ok(Ok(())),
        },
        Change::Remove { id, directory } => brokers.remove_voter(*id, directory).await,
    };
    match sent {
        Err(error) if error.kafka().is_some() => {
            Ok(Err(Finding::new(QUORUM_COMPLETE, false, "VoterChangeRefused", error.to_string())))
        }
        sent => Ok(Ok(sent?)),
    }
}

fn address(turn: &Turn<'_>, id: i32) -> Option<Address> {
    let node = turn.pipeline.nodes().into_iter().find(|node| node.id == id)?;
    let host = names::pod_dns(&node.pod, &turn.pipeline.name, &turn.pipeline.namespace);
    Some(Address::new(host, u16::try_from(CONTROLLER_PORT).ok()?))
}

/// Brokers that are registered, fenced, without a pool and without a Pod. One that lives is never among them.
async fn forget_brokers(turn: &Turn<'_>, report: &mut Report) -> Result<(), Error> {
    if !turn.watches.pools.all_unreadable().is_empty() {
        return Ok(());
    }
    let fenced = turn.seen.cluster.nodes.iter().filter(|node| node.fenced).map(|node| node.id);
    let gone: Gone = registrations::gone(fenced, &present(turn), turn.seen.topics.values());
    report.findings.extend(gone.finding());
    for id in gone.empty {
        tracing::info!(pipeline = turn.pipeline.name, id, "Kafka forgets a broker that is gone");
        match turn.clients.brokers.unregister_broker(id).await {
            Err(error) if error.kafka().is_some() => tracing::warn!(id, %error, "Kafka does not forget the broker"),
            told => told?,
        }
    }
    Ok(())
}
