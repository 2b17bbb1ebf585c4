//! The controllers: one folder a kind, and the machinery that runs them.
//!
//! A controller is a type that implements [`Reconciler`]; its `reconcile` is five verbs, each in a file of its own:
//!
//! ```text
//! observe   io    read the stores (`Watches`) and, where it must be, the API server → what is there
//! validate  core  every user error is found here → Validated or Refusals
//! build     core  infallible → Vec<Child>
//! apply     io    Prepared::new(child, observed metadata) → Io::children.apply → Applied, once for each stage
//! status    core  what was observed (never what was intended) → Io::status.write: one write or none
//! ```
//!
//! ```ignore
//! Runner::new(LogPipelineController { io, watches }, &watches.pipelines, settings)
//!     .owns(&watches.secrets)                                       // by its controller reference
//!     .watches(&watches.pools, |pool| vec![pool.spec.pipeline.clone()])  // by name, in the same namespace
//!     .run(stop)                                                    // ends when all reconciles have
//! ```
//!
//! Rules: a controller imports no other controller; they meet in the status of custom resources, and in [`Reports`], what
//! was last seen inside a pipeline's Kafka and of a consumer. `reconcile` never
//! waits for slow work: it takes one safe step, records it, and returns [`Action::requeue`] or, better, waits for a
//! change of what it watches. A reconcile of unchanged objects sends no request that changes anything.

mod authority_secrets;
mod backoff;
mod children;
pub mod consumer;
mod consumer_health;
mod consumer_kafka;
mod consumer_replay;
mod consumer_seek;
mod consumer_view;
pub mod error;
mod gauges;
mod http;
mod kafka_clients;
pub mod kafka_cluster;
pub mod kafka_node_pool;
mod kafka_nodes;
mod kafka_partitions;
pub mod log_pipeline;
mod memories;
pub mod metrics;
mod news;
mod pod_annotation;
mod queue;
pub mod reports;
mod runner;
mod unwatched_secret;

pub use kube::runtime::controller::Action;
pub use runner::{Reconciler, Runner, Settings};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::io::Io;
use crate::io::api_server::ApiServer;
use crate::io::lease_guard::LeaseGuard;
use crate::io::watches::Watches;
use kafka_clients::KafkaClients;
use reports::{ConsumerReports, Reports};

/// What every controller is made from.
pub struct Context {
    /// The client of this process.
    pub client: kube::Client,
    /// The right to write.
    pub lease: LeaseGuard,
    /// Counters of requests.
    pub io_metrics: crate::io::metrics::Metrics,
    /// Name of this replica, shown in Events.
    pub identity: String,
    /// How reconciles are run.
    pub settings: Settings,
}

impl Context {
    /// The way to the API server of the controller called `controller`: its kind in lower case.
    pub fn io(&self, controller: &'static str) -> Io {
        Io::new(self.api(controller), &self.identity)
    }

    /// Requests to the API server in the name of `controller`.
    pub fn api(&self, controller: &'static str) -> ApiServer {
        ApiServer::new(self.client.clone(), controller, self.lease.clone(), self.io_metrics.clone())
    }
}

/// Starts the controllers of one scope as tasks of `tasks`; they end after `stop`, when their reconciles have ended.
pub fn start(context: &Context, watches: &Watches, stop: &CancellationToken, tasks: &mut JoinSet<()>) {
    let (clients, reports, consumers) = (KafkaClients::default(), Reports::default(), ConsumerReports::default());
    tasks.spawn(log_pipeline::run(context, watches, &clients, &reports, stop.clone()));
    tasks.spawn(kafka_cluster::run(context, watches, &clients, &reports, stop.clone()));
    tasks.spawn(kafka_node_pool::run(context, watches, stop.clone()));
    tasks.spawn(consumer::run(context, watches, &consumers, stop.clone()));
    tasks.spawn(consumer_health::run(context, watches, &clients, &consumers.health, stop.clone()));
    tasks.spawn(consumer_replay::run(context, watches, &clients, &consumers.replay, stop.clone()));
    tasks.spawn(consumer_seek::run(context, watches, &clients, &consumers.seek, stop.clone()));
}
