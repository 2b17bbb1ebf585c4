//! The controller of LogPipelines: identity, certificate authorities, what all nodes share, and the roll of the nodes.

mod agents;
mod authorities;
mod gate;
mod gateway;
mod restart;
mod settling;
mod view;

use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use kafkapipelines_core::child::{Child, owned_by};
use kafkapipelines_core::cluster::authorization_gate;
use kafkapipelines_core::gateway::Seen;
use kafkapipelines_core::identity::{self, Identity};
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::refusal::Refusal;
use kafkapipelines_core::roll::{self, Step};
use kafkapipelines_core::status::{self, Verdict};
use kafkapipelines_core::{agent, build, gateway as gateway_children, labels, names, validate};
use kafkapipelines_crds::LogPipeline;
use kube::ResourceExt as _;
use tokio_util::sync::CancellationToken;

use super::children::{Kept, delete_leftovers, delete_pools_except, due_action, prepare};
use super::error::{self, Error};
use super::kafka_clients::KafkaClients;
use super::kafka_nodes::pipeline_of;
use super::reports::Reports;
use super::{Action, Context, Reconciler, Runner, news};
use crate::io::Io;
use crate::io::watches::Watches;
use restart::Restarts;
use settling::Settling;
use view::View;

/// Reconciles LogPipelines.
pub struct LogPipelineController {
    io: Io,
    watches: Watches,
    settling: Settling,
    restarts: Restarts,
    clients: KafkaClients,
    reports: Reports,
}

/// What became of the part of a reconcile that writes children.
#[derive(Default)]
struct Progress {
    /// When something is due without a change: the renewal of an authority.
    due: Option<Timestamp>,
    /// User errors that only the API server could show.
    refusals: Vec<Refusal>,
    /// What the next restart waits for.
    held: Option<String>,
    /// What the gateway waits for: reason and message.
    gateway_waits: Option<(&'static str, String)>,
}

/// How soon a roll that waits is looked at again: Kafka makes no event.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(2);

/// The controller; it runs until `stop`.
pub(super) fn run(
    context: &Context,
    watches: &Watches,
    clients: &KafkaClients,
    reports: &Reports,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let controller = LogPipelineController {
        io: context.io(LogPipelineController::NAME),
        watches: watches.clone(),
        settling: Settling::default(),
        restarts: Restarts::default(),
        clients: clients.clone(),
        reports: reports.clone(),
    };
    Runner::new(controller, &watches.pipelines, &context.settings)
        .reported(reports)
        .watches(&watches.pools, |pool| [pool.spec.pipeline.clone()])
        .watches(&watches.consumers, |consumer| [consumer.spec.pipeline.clone()])
        .watches(&watches.secrets, owner_name)
        .watches(&watches.pods, owner_name)
        .watches(&watches.stateful_sets, owner_name)
        .watches(&watches.services, owner_name)
        .watches(&watches.ingresses, owner_name)
        .watches(&watches.disruption_budgets, owner_name)
        .watches(&watches.network_policies, owner_name)
        .watches(&watches.service_accounts, owner_name)
        .watches(&watches.config_maps, shared_owner_name)
        .watches(&watches.deployments, shared_owner_name)
        .run(stop)
}

fn owner_name<K: kube::Resource>(child: &K) -> Option<String> {
    pipeline_of(child).map(str::to_owned)
}

/// Of a child that is neither a pool's nor a consumer's nor of a replay.
fn shared_owner_name<K: kube::Resource>(child: &K) -> Option<String> {
    let others = [labels::POOL, labels::CONSUMER, labels::CONSUMER_REPLAY];
    let is_shared = others.iter().all(|label| !child.labels().contains_key(*label));
    owner_name(child).filter(|_| is_shared)
}

/// The children that stay, also those that cannot be built yet.
fn kept(pipeline: &Pipeline, shared: &[Child]) -> Kept {
    let mut kept = Kept::of(shared);
    if agent::has_agents(pipeline) {
        kept = kept.and(&["ConfigMap"], &names::agent(&pipeline.name));
    }
    if pipeline.spec.gateway.is_some() {
        kept = kept.and(&gateway_children::KINDS, &names::gateway(&pipeline.name));
    }
    kept
}

impl Reconciler for LogPipelineController {
    type Object = LogPipeline;
    type Error = Error;
    const NAME: &'static str = "logpipeline";

    async fn reconcile(&self, object: Arc<LogPipeline>) -> Result<Action, Error> {
        if object.metadata.deletion_timestamp.is_some() {
            return Ok(Action::await_change());
        }
        let view = View::observe(&self.watches, &object, self.io.status.current(object.as_ref())?, &self.restarts);
        if let Some(rest) = self.settling.remaining(&view.key(), view.newcomers(), Instant::now()) {
            return Ok(Action::requeue(rest));
        }
        let identity = view.settle();
        let validated = validate::pipeline::pipeline(&view.input(&identity));
        let progress = match &validated {
            Ok(pipeline) if !object.spec.suspend => self.carry_out(&view, &identity, pipeline).await,
            _ => Ok(Progress::default()),
        };
        self.report(&view, &identity, validated, &progress).await?;
        progress.map(|progress| due_action(progress.due))
    }

    fn io(&self) -> &Io {
        &self.io
    }

    fn forget(&self, namespace: &str, name: &str) {
        self.settling.forget(&(namespace.to_owned(), name.to_owned()));
    }
}

impl LogPipelineController {
    /// Writes what the pipeline needs. The identity is on record before anything is made from it.
    async fn carry_out(&self, view: &View<'_>, identity: &Identity, pipeline: &Pipeline) -> Result<Progress, Error> {
        self.record(view, identity).await?;
        let authorities = match self.authorities(view, pipeline).await? {
            Ok(authorities) => authorities,
            Err(refusals) => return Ok(Progress { refusals, ..Progress::default() }),
        };
        let owner = owned_by(view.object);
        let shared = build::pipeline_children(pipeline, &owner);
        let agents = self.agents(pipeline, &owner).await?;
        let kept = kept(pipeline, &shared);
        for stage in [authorities.keys, authorities.certificates, shared, agents.into_iter().collect()] {
            self.io.children.apply(view.object, prepare(&self.watches, stage)?).await?;
        }
        delete_leftovers(&self.io, &self.watches, view.object, None, &kept).await?;
        delete_pools_except(&self.io, &self.watches, view.object, &view.pool_names()).await?;
        let held = self.restart(view, identity, pipeline).await?;
        let gateway = self.gateway(view, pipeline, &owner).await?;
        for child in gateway.children {
            self.io.children.apply(view.object, prepare(&self.watches, vec![child])?).await?;
        }
        let soon = held.is_some().then(|| Timestamp::now() + LOOK_AGAIN);
        let due = [Some(authorities.due), gateway.due, soon].into_iter().flatten().min();
        Ok(Progress { due, held, gateway_waits: gateway.waiting, refusals: Vec::new() })
    }

    async fn record(&self, view: &View<'_>, identity: &Identity) -> Result<(), Error> {
        if identity::recorded(&view.before).as_ref() == Some(identity) {
            return Ok(());
        }
        let status = identity.record(view.before.clone());
        self.io.status.write(view.object, &status).await?;
        Ok(())
    }

    /// The gateway, where the spec asks for one.
    fn seen_gateway(&self, view: &View<'_>, progress: &Result<Progress, Error>) -> Option<Seen> {
        let waiting = progress.as_ref().ok().and_then(|progress| progress.gateway_waits.clone());
        view.object.spec.gateway.as_ref().map(|spec| self.seen(view, spec, waiting))
    }

    /// Writes the status: what was observed, and what was found wrong. What a refused spec would settle (first voters,
    /// `metadata.version`) stays open, for it could never be corrected once on record.
    async fn report(
        &self,
        view: &View<'_>,
        identity: &Identity,
        validated: Result<Pipeline, Vec<Refusal>>,
        progress: &Result<Progress, Error>,
    ) -> Result<(), Error> {
        let carried_out = validated.as_ref().ok().filter(|_| !view.object.spec.suspend);
        let nodes = view.nodes(identity, carried_out);
        let recorded = if validated.is_ok() { Some(identity.clone()) } else { identity::recorded(&view.before) };
        let mut refusals = validated.err().unwrap_or_default();
        refusals.extend(progress.iter().flat_map(|progress| progress.refusals.clone()));
        let mut warnings = validate::pipeline::warnings(&view.input(identity));
        warnings.extend(authorization_gate::warning(&nodes));
        let verdict = Verdict { refusals, warnings, failure: error::to_show(progress), waiting: None };
        let now = Timestamp::now();
        let held = progress.as_ref().ok().and_then(|progress| progress.held.clone());
        let step = match held {
            _ if view.object.spec.suspend => Step::Done,
            Some(reason) => Step::Wait { reason },
            None => roll::next(&nodes, None),
        };
        let gateway = self.seen_gateway(view, progress);
        let report = self.reports.get(&view.namespace(), &view.object.name_any());
        let observed = status::pipeline::Observed {
            object: view.object,
            before: &view.before,
            identity: recorded.as_ref(),
            verdict: &verdict,
            nodes: &nodes,
            step: &step,
            consumers: view.consumers(),
            gateway: gateway.as_ref(),
            report: report.as_deref(),
        };
        let outcome = self.io.status.write(view.object, &status::pipeline::status(&observed, now)).await?;
        news::tell(&self.io, view.object, outcome).await;
        Ok(())
    }
}
