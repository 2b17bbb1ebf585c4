//! Requests to the API server: each has a deadline, each write needs the lease and is counted.

use std::time::Duration;

use futures::TryFutureExt as _;
use kube::Client;
use tokio::time::{Instant, timeout_at};

use super::error::{Call, Error};
use super::lease_guard::LeaseGuard;
use super::metrics::Metrics;

/// How long a request may take, from the first byte sent to the last byte of the answer.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// The API server as one controller may use it. Cheap to clone.
#[derive(Clone)]
pub struct ApiServer {
    client: Client,
    controller: &'static str,
    lease: LeaseGuard,
    metrics: Metrics,
}

impl ApiServer {
    /// For the controller called `controller`: the lowercase kind, such as `logpipeline`.
    pub fn new(client: Client, controller: &'static str, lease: LeaseGuard, metrics: Metrics) -> Self {
        Self { client, controller, lease, metrics }
    }

    /// The client, to make an `Api` with; every use of it goes through [`Self::read`] or [`Self::write`].
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// The lowercase kind of the controller.
    pub fn controller(&self) -> &'static str {
        self.controller
    }

    /// The field manager of the controller's children.
    pub fn field_manager(&self) -> String {
        format!("kafkapipelines-{}", self.controller)
    }

    /// Runs a request that changes nothing.
    ///
    /// # Errors
    /// [`Error::Deadline`] or [`Error::Api`].
    pub async fn read<T>(&self, call: Call, request: impl Future<Output = kube::Result<T>>) -> Result<T, Error> {
        bounded(call, Instant::now() + DEADLINE, request).await
    }

    /// Runs a request that changes something: only while the lease is held, and no longer than it is held.
    ///
    /// # Errors
    /// [`Error::NotLeader`], [`Error::Deadline`] or [`Error::Api`].
    pub async fn write<T>(&self, call: Call, request: impl Future<Output = kube::Result<T>>) -> Result<T, Error> {
        let Some(lease_end) = self.lease.valid_until() else { return Err(Error::NotLeader { call }) };
        self.metrics.wrote(self.controller, call.verb, &call.kind);
        bounded(call, lease_end.min(Instant::now() + DEADLINE), request).await
    }
}

async fn bounded<T>(call: Call, deadline: Instant, request: impl Future<Output = kube::Result<T>>) -> Result<T, Error> {
    let after = deadline.saturating_duration_since(Instant::now());
    let request = request.map_err(Box::new);
    match timeout_at(deadline, request).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(source)) => Err(Error::Api { call, source }),
        Err(_) => Err(Error::Deadline { call, after }),
    }
}
