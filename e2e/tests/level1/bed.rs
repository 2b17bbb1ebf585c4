//! What each test stands on: level 1, a namespace of its own, and operators with the rights of `operator/install`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use kafkapipelines_e2e::audit::AuditLog;
use kafkapipelines_e2e::cluster::{Cluster, Places};
use kafkapipelines_e2e::operator_process::{self, Account, OperatorProcess, programs};
use serde_json::{Value, json};

use crate::kube_api::{CHILDREN, KubeApi};
use crate::object::name;

/// Far more than anything takes on an idle machine.
pub const DEADLINE: Duration = Duration::from_mins(2);

const RUN: &str = "kafkapipelines-e2e/run";
const OURS: &str = "app.kubernetes.io/managed-by=kafkapipelines";

/// An operator for the whole cluster would act on what other tests make, so it has the cluster to itself.
static OPERATORS: RwLock<()> = RwLock::new(());

/// A test's share of the cluster.
enum Share {
    OneNamespace { _with_others: RwLockReadGuard<'static, ()> },
    Everything { _alone: RwLockWriteGuard<'static, ()> },
}

impl Share {
    fn one_namespace() -> Self {
        Self::OneNamespace { _with_others: OPERATORS.read().unwrap_or_else(PoisonError::into_inner) }
    }

    fn everything() -> Self {
        Self::Everything { _alone: OPERATORS.write().unwrap_or_else(PoisonError::into_inner) }
    }
}

/// A namespace with an account for operators, and the way into it.
pub struct Bed {
    pub cluster: Cluster,
    pub kube: KubeApi,
    pub account: Account,
    namespace: TestNamespace,
    _share: Share,
    dir: tempfile::TempDir,
    program: PathBuf,
}

impl Bed {
    /// With an account for this namespace alone.
    pub async fn new(test: &str) -> Result<Self> {
        Self::build(test, Share::one_namespace(), Account::namespaced).await
    }

    /// With an account for this namespace that may also read the labels of Kubernetes nodes.
    pub async fn with_racks(test: &str) -> Result<Self> {
        Self::build(test, Share::one_namespace(), Account::namespaced_with_racks).await
    }

    /// With an account for the whole cluster.
    pub async fn cluster_wide(test: &str) -> Result<Self> {
        Self::build(test, Share::everything(), Account::cluster_wide).await
    }

    async fn build(
        test: &str,
        share: Share,
        account: impl FnOnce(&Cluster, &str, &std::path::Path) -> Result<Account>,
    ) -> Result<Self> {
        let cluster = cluster_with_crds()?;
        let namespace = TestNamespace::create(&cluster, test)?;
        let dir = tempfile::tempdir()?;
        let account = account(&cluster, namespace.name(), dir.path())?;
        let kube = KubeApi::connect(&cluster, namespace.name()).await?;
        Ok(Self { kube, namespace, _share: share, account, dir, program: programs::operator()?, cluster })
    }

    pub fn namespace(&self) -> &str {
        self.namespace.name()
    }

    /// A way into another namespace, for an operator that watches all.
    pub async fn other_namespace(&self, name: &str) -> Result<(TestNamespace, KubeApi)> {
        let namespace = TestNamespace::create(&self.cluster, &format!("{name}-of-{}", self.namespace()))?;
        let kube = KubeApi::connect(&self.cluster, namespace.name()).await?;
        Ok((namespace, kube))
    }

    /// Starts an operator.
    pub fn start(&self, replica: &str) -> Result<OperatorProcess> {
        OperatorProcess::start(&self.program, &self.account, replica, &self.log_file(replica))
    }

    /// Starts an operator that acts, with arguments besides the usual ones.
    pub fn start_leading_with(&self, replica: &str, arguments: &[String]) -> Result<OperatorProcess> {
        let log = self.log_file(replica);
        let mut operator = OperatorProcess::start_with(&self.program, &self.account, replica, &log, arguments)?;
        operator.await_ready()?;
        operator.await_leading()?;
        Ok(operator)
    }

    /// What a replica has logged.
    pub fn log_of(&self, replica: &str) -> Result<String> {
        Ok(std::fs::read_to_string(self.log_file(replica))?)
    }

    fn log_file(&self, replica: &str) -> PathBuf {
        self.dir.path().join(format!("{replica}.log"))
    }

    /// Starts an operator that acts.
    pub fn start_leading(&self, replica: &str) -> Result<OperatorProcess> {
        self.start_leading_with(replica, &[])
    }

    pub fn audit_log(&self) -> Result<AuditLog> {
        AuditLog::from_now(&self.cluster)
    }

    /// What an operator of this bed has asked to be changed, without its Lease.
    pub fn writes(&self, log: &AuditLog) -> Result<Vec<String>> {
        let requests = log.requests_of(&self.account.user())?;
        Ok(requests.iter().filter(|r| r.is_write() && !r.is_about_lease()).map(ToString::to_string).collect())
    }

    /// Waits until the operator has not written for two seconds: longer than any of its pauses.
    pub async fn settled(&self) -> Result<()> {
        let deadline = Instant::now() + DEADLINE;
        while Instant::now() < deadline {
            let log = self.audit_log()?;
            tokio::time::sleep(Duration::from_secs(2)).await;
            if self.writes(&log)?.is_empty() {
                return Ok(());
            }
        }
        bail!("the operator goes on writing")
    }
}

/// A namespace that is deleted when this is dropped.
pub struct TestNamespace {
    cluster: Cluster,
    name: String,
}

impl TestNamespace {
    pub fn create(cluster: &Cluster, test: &str) -> Result<Self> {
        let name = format!("{test}-{}", std::process::id());
        let labels = json!({RUN: std::process::id().to_string(), "pod-security.kubernetes.io/enforce": "restricted"});
        let manifest = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
        cluster.kubectl_program().apply(&manifest.to_string())?;
        Ok(Self { cluster: cluster.clone(), name })
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestNamespace {
    fn drop(&mut self) {
        if let Err(error) = self.cluster.kubectl(["delete", "namespace", "--wait=false", &self.name]) {
            eprintln!("the namespace {} stays: {error:#}", self.name);
        }
    }
}

/// Level 1 with our kinds, and without the namespaces of earlier runs.
pub fn cluster_with_crds() -> Result<Cluster> {
    let cluster = Cluster::level1(&Places::from_env()?)?;
    operator_process::install_definitions(&cluster)?;
    let earlier = format!("{RUN},{RUN}!={}", std::process::id());
    cluster.kubectl(["delete", "namespace", "--wait=false", "--selector", &earlier])?;
    Ok(cluster)
}

/// The operator's children in a namespace, by `<plural>/<name>`.
pub async fn children(kube: &KubeApi) -> Result<BTreeMap<String, Value>> {
    let mut found = BTreeMap::new();
    for (plural, _) in CHILDREN {
        for object in kube.list(plural, OURS).await? {
            found.insert(format!("{plural}/{}", name(&object)), object);
        }
    }
    Ok(found)
}

/// Waits until all workloads of `pipelines` reference installations are there.
pub async fn await_workloads(kube: &KubeApi, pipelines: usize) -> Result<()> {
    eventually(&format!("the workloads of {pipelines} pipelines are there"), async || {
        let sets = kube.list("statefulsets", OURS).await?.len();
        let deployments = kube.list("deployments", OURS).await?.len();
        Ok((sets == 2 * pipelines && deployments == pipelines)
            .then_some(())
            .ok_or(format!("{sets} StatefulSets, {deployments} Deployments")))
    })
    .await
}

/// Asks `probe` until it answers with `Ok(Ok(_))`; its `Err(text)` says what is still missing.
pub async fn eventually<T>(what: &str, probe: impl AsyncFn() -> Result<Result<T, String>>) -> Result<T> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        match probe().await.with_context(|| what.to_owned())? {
            Ok(found) => return Ok(found),
            Err(missing) if Instant::now() > deadline => bail!("{what}: not so in time: {missing}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
