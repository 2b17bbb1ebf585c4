//! One operator in a namespace of its own, and what is asked of it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::audit::{AuditLog, Request};
use kafkapipelines_e2e::cluster::Cluster;
use kafkapipelines_e2e::operator_process::{Account, OperatorProcess};
use kafkapipelines_e2e::reference;
use serde_json::{Value, json};

use super::{Bench, step};

const DEADLINE: Duration = Duration::from_mins(15);
/// So long nothing is written before a load counts as dealt with.
const SETTLED: Duration = Duration::from_secs(3);
/// How long the memory may come to rest after that.
const REST: Duration = Duration::from_secs(5);

/// A running operator with its namespace, which is deleted when this is dropped.
pub(super) struct Run<'a> {
    bench: &'a Bench,
    pipelines: usize,
    namespace: Namespace,
    account: Account,
    dir: tempfile::TempDir,
    operator: Option<OperatorProcess>,
}

/// What applying all documents came to.
pub(super) struct Workload {
    /// From the first document's arrival to the last child's creation.
    pub(super) after_first: Duration,
    /// From the last document's arrival to the last child's creation.
    pub(super) after_last: Duration,
    /// What the operator sent, its Lease aside.
    pub(super) requests: Vec<Request>,
}

/// What a start came to.
pub(super) struct Start {
    /// From the process's start to `/readyz`.
    pub(super) ready: Duration,
    /// What the operator sent until then.
    pub(super) requests: Vec<Request>,
}

impl Workload {
    pub(super) fn writes(&self) -> usize {
        self.requests.iter().filter(|request| request.is_write() && request.resource != "events").count()
    }
}

impl<'a> Run<'a> {
    pub(super) fn begin(bench: &'a Bench, pipelines: usize) -> Result<Self> {
        let namespace = Namespace::create(&bench.cluster, pipelines)?;
        let dir = tempfile::tempdir()?;
        let account = Account::namespaced(&bench.cluster, &namespace.name, dir.path())?;
        let mut run = Self { bench, pipelines, namespace, account, dir, operator: None };
        run.start()?.await_leading()?;
        Ok(run)
    }

    /// Applies all documents in one call of kubectl and waits for all children.
    pub(super) fn apply(&mut self) -> Result<Workload> {
        let log = AuditLog::from_now(&self.bench.cluster)?;
        let documents = self.documents()?;
        step(&format!("apply {} documents", documents.len()), || {
            self.bench
                .cluster
                .kubectl_program()
                .apply(&json!({"apiVersion": "v1", "kind": "List", "items": documents}).to_string())
        })?;
        step("wait for all children", || self.settled())?;
        self.workload(&log)
    }

    /// Resident memory in MB, after a rest.
    pub(super) fn resident_memory(&self) -> Result<f64> {
        std::thread::sleep(REST);
        let (kibibytes, _) = self.operator()?.resident_memory()?;
        #[allow(clippy::cast_precision_loss)] // far below 2^52
        Ok(kibibytes as f64 * 1024.0 / 1e6)
    }

    /// Stops the operator and starts another.
    pub(super) fn restart(&mut self) -> Result<Start> {
        self.operator.take().context("an operator")?.terminate()?;
        let log = AuditLog::from_now(&self.bench.cluster)?;
        let began = Instant::now();
        self.start()?.await_ready()?;
        let ready = began.elapsed();
        self.operator.as_mut().context("an operator")?.await_leading()?;
        self.settled()?;
        let until = log.requests_of(&self.account.user())?;
        Ok(Start { ready, requests: until.into_iter().filter(|request| !request.is_about_lease()).collect() })
    }

    /// What the operator sends within `time`, its Lease and the renewal of watches aside.
    pub(super) fn requests_within(&self, time: Duration) -> Result<Vec<Request>> {
        let log = AuditLog::from_now(&self.bench.cluster)?;
        std::thread::sleep(time);
        let requests = log.requests_of(&self.account.user())?;
        Ok(requests.into_iter().filter(|request| !request.is_about_lease() && request.verb != "watch").collect())
    }

    fn start(&mut self) -> Result<&mut OperatorProcess> {
        let log = self.dir.path().join("operator.log");
        Ok(self.operator.insert(OperatorProcess::start(&self.bench.program, &self.account, "bench", &log)?))
    }

    fn operator(&self) -> Result<&OperatorProcess> {
        self.operator.as_ref().context("an operator")
    }

    fn documents(&self) -> Result<Vec<Value>> {
        let named = |number: usize| match self.pipelines {
            1 => reference::documents(),
            _ => reference::named(&format!("logs-{number:03}")),
        };
        let mut documents = Vec::new();
        for number in 0..self.pipelines {
            documents.extend(named(number)?);
        }
        for document in &mut documents {
            document["metadata"]["namespace"] = json!(self.namespace.name);
        }
        Ok(documents)
    }

    /// Waits until all workloads are there and the operator has not written for a while.
    fn settled(&self) -> Result<()> {
        let began = Instant::now();
        let all = 3 * self.pipelines;
        let count = ["get", "statefulsets,deployments", "--output=name", "--namespace", &self.namespace.name];
        while self.bench.cluster.kubectl(count)?.lines().count() < all {
            ensure!(began.elapsed() < DEADLINE, "{all} workloads are not there in time");
            std::thread::sleep(Duration::from_millis(200));
        }
        let mut writes = (self.writes()?, Instant::now());
        while writes.1.elapsed() < SETTLED {
            ensure!(began.elapsed() < DEADLINE, "the operator goes on writing");
            std::thread::sleep(Duration::from_millis(200));
            let now = self.writes()?;
            if now > writes.0 {
                writes = (now, Instant::now());
            }
        }
        Ok(())
    }

    fn writes(&self) -> Result<f64> {
        // A restarted operator that finds everything as it should be has none to show.
        Ok(self.operator()?.measure("kafkapipelines_writes_total").unwrap_or(0.0))
    }

    fn workload(&self, log: &AuditLog) -> Result<Workload> {
        let mut requests = log.requests()?;
        requests.retain(|request| request.namespace == self.namespace.name && !request.is_about_lease());
        let own = BTreeSet::from(["logpipelines", "kafkanodepools", "consumers"]);
        let (ours, others): (Vec<_>, Vec<_>) = requests.into_iter().partition(|it| it.user == self.account.user());
        let documents = others.iter().filter(|it| it.is_write() && own.contains(it.resource.as_str()));
        let arrivals: Vec<_> = documents.map(|document| document.received).collect();
        let children = ours.iter().filter(|it| it.is_write() && it.code == 201 && it.resource != "events");
        let last_child = children.map(|child| child.answered).max().context("no child was created")?;
        let since = |moment: Option<&jiff::Timestamp>| -> Result<Duration> {
            Ok(last_child.duration_since(*moment.context("no document was applied")?).try_into()?)
        };
        Ok(Workload {
            after_first: since(arrivals.iter().min())?,
            after_last: since(arrivals.iter().max())?,
            requests: ours,
        })
    }
}

/// A namespace that is deleted when this is dropped.
struct Namespace {
    cluster: Cluster,
    name: String,
}

impl Namespace {
    fn create(cluster: &Cluster, pipelines: usize) -> Result<Self> {
        let name = format!("bench-{pipelines}-{}", std::process::id());
        cluster.kubectl(["create", "namespace", &name])?;
        Ok(Self { cluster: cluster.clone(), name })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // The next measurement begins on a machine at rest.
        if let Err(error) = self.cluster.kubectl(["delete", "namespace", "--timeout=10m", &self.name]) {
            eprintln!("the namespace {} stays: {error:#}", self.name);
        }
    }
}
