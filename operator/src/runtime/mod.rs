//! The process: it watches, stands for election, runs the controllers while it leads, and stops in order.

pub mod admin;
pub mod client;
pub mod lease;
pub mod logging;
pub mod metrics;
pub mod shutdown;

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::join_all;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::args::RunArgs;
use crate::controllers::{self, Settings};
use crate::io::lease_guard;
use crate::io::watches::Watches;
use crate::webhook;
use admin::{Admin, Shown};
use lease::Election;
use metrics::Metrics;
use shutdown::Signals;

/// How long a Lease lives without renewal.
const LEASE_DURATION: Duration = Duration::from_secs(15);
/// How long running reconciles may take to end. With the lease's release it stays below Kubernetes' grace of 30 s.
const DRAIN: Duration = Duration::from_secs(20);
/// How often a wait for the first sync is mentioned.
const REMIND: Duration = Duration::from_secs(10);

/// Why the operator could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `--log-level` cannot be read.
    #[error("--log-level: {0}")]
    LogLevel(#[from] tracing_subscriber::filter::ParseError),
    /// The system refuses something.
    #[error("{0}")]
    System(#[from] std::io::Error),
    /// There is no usable configuration for the API server.
    #[error("no way to the API server: {0}")]
    Client(#[from] kube::Error),
    /// A definition cannot be written as YAML.
    #[error("cannot write YAML: {0}")]
    Yaml(#[from] serde_saphyr::ser_error::Error),
    /// Another replica leads now.
    #[error(transparent)]
    LostLease(#[from] lease::Lost),
    /// A task that never ends has ended: a fault of the operator, logged where it happened.
    #[error("a part of the operator has ended unexpectedly")]
    TaskEnded,
    /// A second signal came before the end.
    #[error("stopped at once by a second signal")]
    Aborted,
}

impl Error {
    /// The exit code, as `operator run --help` lists them.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::LogLevel(_) => 2,
            Self::LostLease(_) => 3,
            Self::Aborted => 130,
            Self::System(_) | Self::Client(_) | Self::Yaml(_) | Self::TaskEnded => 1,
        }
    }
}

/// Runs `main` on a runtime of two threads: the work is waiting, and each thread has memory of its own.
///
/// # Errors
/// Of `main`, or if the system has no threads.
pub fn block_on(main: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ended = runtime.block_on(main);
    // Whatever still runs was told to end or has lost the right to write.
    runtime.shutdown_background();
    ended
}

/// Runs the operator until a signal, or until it loses the lease.
///
/// # Errors
/// See [`Error`].
pub async fn run(args: RunArgs) -> Result<(), Error> {
    let stop = CancellationToken::new();
    let signals = Signals::take()?;
    tokio::select! {
        ended = operate(args, stop.clone()) => ended,
        () = signals.until_second(stop.clone()) => Err(Error::Aborted),
    }
}

async fn operate(args: RunArgs, stop: CancellationToken) -> Result<(), Error> {
    tracing::info!(version = env!("CARGO_PKG_VERSION"), scopes = ?args.scopes(), "starting");
    let client = client::connect().await?;
    let (metrics, registry) = Metrics::new();
    let mut background = JoinSet::new();
    let watches: Vec<_> =
        args.scopes().iter().map(|scope| Watches::start(&client, scope, &metrics.io, &mut background)).collect();

    let shown = Shown { registry, waiting_for: Box::new(unsynced(watches.clone())) };
    let admin = Admin::bind(args.admin_address, shown).await?;
    tracing::info!(address = %admin.address()?, "admin server listens");
    background.spawn(admin.serve());
    if let Some(settings) = webhook_settings(&args, &client) {
        background.spawn(serve_webhook(client.clone(), settings));
    }

    let standing = stand_for_election(&args, client, &watches, &metrics, stop);
    tokio::select! {
        ended = standing => ended,
        Some(_) = background.join_next() => Err(Error::TaskEnded),
    }
}

async fn stand_for_election(
    args: &RunArgs,
    client: kube::Client,
    watches: &[Watches],
    metrics: &Metrics,
    stop: CancellationToken,
) -> Result<(), Error> {
    let (hold, lease) = lease_guard::pair();
    let settings = lease_settings(args, &client);
    let identity = settings.identity.clone();
    let mut election = Election::new(client.clone(), settings, hold);
    tracing::info!(identity, "standing for election");
    if stop.run_until_cancelled(election.acquire()).await.is_none() {
        return Ok(());
    }
    tracing::info!("leading");
    metrics.leader.set(1);
    let webhook = webhook_settings(args, &client);
    let settings = Settings { concurrency: args.max_concurrent_reconciles, metrics: metrics.controllers.clone() };
    let context = controllers::Context { client, lease, io_metrics: metrics.io.clone(), identity, settings };
    lead(&context, watches, webhook, election, &stop).await
}

/// Runs the controllers while the lease is renewed; gives it up when they have ended.
async fn lead(
    context: &controllers::Context,
    watches: &[Watches],
    webhook: Option<webhook::Settings>,
    election: Election,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let release = CancellationToken::new();
    // A task of its own: busy controllers must not delay a renewal.
    let mut keeping = AbortOnDropHandle::new(tokio::spawn(election.keep(release.clone())));
    tokio::select! {
        ended = work(context, watches, webhook, stop) => ended?,
        // Nothing is drained: another replica may act soon, so this one ends at once.
        lost = &mut keeping => return Ok(lost.map_err(|_| Error::TaskEnded)??),
    }
    release.cancel();
    Ok(keeping.await.map_err(|_| Error::TaskEnded)??)
}

/// Runs the controllers until `stop`, then lets running reconciles end.
async fn work(
    context: &controllers::Context,
    watches: &[Watches],
    webhook: Option<webhook::Settings>,
    stop: &CancellationToken,
) -> Result<(), Error> {
    if stop.run_until_cancelled(synced(watches)).await.is_none() {
        return Ok(());
    }
    let mut tasks = JoinSet::new();
    for watches in watches {
        controllers::start(context, watches, stop, &mut tasks);
    }
    if let Some(settings) = webhook {
        let keeping = webhook::certificate::keep(context.api("webhook"), settings);
        tasks.spawn(stop.clone().run_until_cancelled_owned(keeping).map(drop));
    }
    tokio::select! {
        // Asked first: a controller that ends because it was told to is no failure.
        biased;
        () = stop.cancelled() => {}
        Some(_) = tasks.join_next() => return Err(Error::TaskEnded),
    }
    if timeout(DRAIN, tasks.join_all()).await.is_err() {
        tracing::warn!("reconciles did not end in time");
    }
    Ok(())
}

/// Ends when every store has held all objects; says now and then what it waits for.
async fn synced(watches: &[Watches]) {
    let mut all = join_all(watches.iter().map(Watches::synced));
    while timeout(REMIND, &mut all).await.is_err() {
        let missing: Vec<_> = watches.iter().flat_map(Watches::unsynced).collect();
        tracing::warn!(?missing, "waiting for the first list of these kinds; are the CRDs and the RBAC installed?");
    }
}

fn unsynced(watches: Vec<Watches>) -> impl Fn() -> Vec<String> {
    move || watches.iter().flat_map(Watches::unsynced).collect()
}

/// Nothing where no webhook is installed. A name in the certificate that is empty is none.
fn webhook_settings(args: &RunArgs, client: &kube::Client) -> Option<webhook::Settings> {
    let namespace = args.lease_namespace.clone().unwrap_or_else(|| client.default_namespace().to_owned());
    (!args.webhook_name.is_empty()).then(|| webhook::Settings {
        name: args.webhook_name.clone(),
        namespace,
        address: args.webhook_address,
        hosts: args.webhook_hosts.iter().filter(|host| !host.is_empty()).cloned().collect(),
    })
}

async fn serve_webhook(client: kube::Client, settings: webhook::Settings) {
    if let Err(error) = webhook::server::serve(client, settings).await {
        tracing::error!(%error, "the webhook has ended");
    }
}

fn lease_settings(args: &RunArgs, client: &kube::Client) -> lease::Settings {
    let host = || std::env::var("HOSTNAME").unwrap_or_else(|_| "operator".to_owned());
    lease::Settings {
        namespace: args.lease_namespace.clone().unwrap_or_else(|| client.default_namespace().to_owned()),
        name: args.lease_name.clone(),
        identity: args.identity.clone().unwrap_or_else(|| format!("{}-{}", host(), std::process::id())),
        duration: LEASE_DURATION,
    }
}
