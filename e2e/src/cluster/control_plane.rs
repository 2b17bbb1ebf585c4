//! etcd, API server, controller manager and scheduler, as processes of the machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::binaries::Binaries;
use super::certificates::{Certificates, Subject};
use super::kubectl::Kubectl;
use super::network::SERVICE_RANGE;
use super::process::Processes;
use super::progress::step;
use super::wait;

const AUDIT_POLICY: &str = include_str!("../../cluster/manifests/audit-policy.yaml");
const READY_WITHIN: Duration = Duration::from_mins(1);

/// Where a control plane listens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Endpoints {
    pub(super) address: &'static str,
    pub(super) api_port: u16,
    pub(super) etcd_port: u16,
    pub(super) etcd_peer_port: u16,
    pub(super) controller_manager_port: u16,
    /// `None` where nothing is scheduled.
    pub(super) scheduler_port: Option<u16>,
}

/// The control plane of one cluster.
#[derive(Debug, Clone)]
pub(super) struct ControlPlane {
    dir: PathBuf,
    endpoints: Endpoints,
    binaries: Binaries,
    certificates: Certificates,
    processes: Processes,
}

impl ControlPlane {
    pub(super) fn in_dir(dir: &Path, endpoints: Endpoints, binaries: &Binaries) -> Result<Self> {
        Ok(Self {
            dir: dir.to_owned(),
            endpoints,
            binaries: binaries.clone(),
            certificates: Certificates::in_dir(&dir.join("pki"))?,
            processes: Processes::in_dir(dir)?,
        })
    }

    pub(super) fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    pub(super) fn processes(&self) -> &Processes {
        &self.processes
    }

    pub(super) fn server(&self) -> String {
        format!("https://{}:{}", self.endpoints.address, self.endpoints.api_port)
    }

    pub(super) fn audit_log(&self) -> PathBuf {
        self.dir.join("log/audit.json")
    }

    /// kubectl as the administrator.
    pub(super) fn kubectl(&self) -> Result<Kubectl> {
        let admin = Subject::in_group("admin", "system:masters");
        let kubeconfig = self.certificates.kubeconfig("admin", &admin, &self.server())?;
        Ok(Kubectl::new(self.binaries.get("kubectl")?, kubeconfig))
    }

    /// Builds and starts what is missing, and waits until the API server is ready.
    pub(super) fn up(&self) -> Result<()> {
        let etcd = self.binaries.get("etcd")?;
        let api_server = self.binaries.get("kube-apiserver")?;
        let controller_manager = self.binaries.get("kube-controller-manager")?;
        let kubectl = self.kubectl()?;
        if ["etcd", "kube-apiserver"].iter().any(|name| self.processes.pid(name).is_none()) {
            step("start etcd and kube-apiserver", || {
                self.processes.start("etcd", &mut self.etcd(&etcd))?;
                self.processes.start("kube-apiserver", &mut self.api_server(&api_server)?)?;
                wait::until("kube-apiserver ready", READY_WITHIN, || {
                    self.processes.expect_running("etcd")?;
                    self.processes.expect_running("kube-apiserver")?;
                    Ok(kubectl.is_api_ready())
                })
            })?;
        }
        if let Some(port) = self.endpoints.scheduler_port {
            let scheduler = self.binaries.get("kube-scheduler")?;
            self.processes.start("kube-scheduler", &mut self.scheduler(&scheduler, port)?)?;
        }
        if self.processes.pid("kube-controller-manager").is_some() {
            return Ok(());
        }
        step("start kube-controller-manager", || {
            self.processes.start("kube-controller-manager", &mut self.controller_manager(&controller_manager)?)?;
            // Made by one of its controllers; without it no Pod can be created.
            let account = ["get", "serviceaccount/default", "--namespace=default", "--output=name"];
            kubectl.until("controllers at work", READY_WITHIN, &account, |_| true)
        })
    }

    /// Stops every process of the cluster that runs on the machine itself.
    pub(super) fn down(&self) -> Result<()> {
        let mut names = self.processes.names()?;
        // Clients before the servers that they hold open.
        names.sort_by_key(|name| ["kube-apiserver", "etcd"].iter().position(|server| server == name));
        names.iter().try_for_each(|name| self.processes.stop(name))
    }

    /// What of it is up, for a person.
    pub(super) fn status(&self, level: &str) -> Result<Vec<String>> {
        if self.processes.pid("kube-apiserver").is_none() {
            return Ok(vec![format!("{level}: down")]);
        }
        let ready = if self.kubectl()?.is_api_ready() { "ready" } else { "not ready" };
        let dead = self.processes.names()?.into_iter().filter(|name| self.processes.pid(name).is_none());
        let kubeconfig = self.certificates.dir().join("admin.kubeconfig");
        Ok([format!("{level}: {ready} at {}, KUBECONFIG={}", self.server(), kubeconfig.display())]
            .into_iter()
            .chain(dead.map(|name| format!("  {name} ended: see {}", self.processes.log(&name).display())))
            .collect())
    }

    fn etcd(&self, program: &Path) -> Command {
        let client = format!("http://127.0.0.1:{}", self.endpoints.etcd_port);
        let peer = format!("http://127.0.0.1:{}", self.endpoints.etcd_peer_port);
        let mut command = Command::new(program);
        command
            .arg(format!("--data-dir={}", self.dir.join("etcd").display()))
            .arg(format!("--listen-client-urls={client}"))
            .arg(format!("--advertise-client-urls={client}"))
            .arg(format!("--listen-peer-urls={peer}"))
            .arg(format!("--initial-advertise-peer-urls={peer}"))
            .arg(format!("--initial-cluster=default={peer}"))
            // The cluster may be lost with the machine: speed counts more than its disk.
            .arg("--unsafe-no-fsync");
        command
    }

    fn api_server(&self, program: &Path) -> Result<Command> {
        let Endpoints { address, api_port, etcd_port, scheduler_port, .. } = self.endpoints;
        let names = ["localhost", "kubernetes", "kubernetes.default.svc", "127.0.0.1", "10.96.0.1", address];
        self.certificates.issue("kube-apiserver", &Subject::user("kube-apiserver"), &names)?;
        self.certificates.issue("kubelet-client", &Subject::in_group("kubelet-client", "system:masters"), &[])?;
        let policy = self.dir.join("audit-policy.yaml");
        fs::write(&policy, AUDIT_POLICY).with_context(|| format!("write {}", policy.display()))?;
        let file = |path: PathBuf| path.display().to_string();
        let mut command = Command::new(program);
        command
            .arg(format!("--etcd-servers=http://127.0.0.1:{etcd_port}"))
            .arg(format!("--bind-address={address}"))
            .arg(format!("--advertise-address={address}"))
            .arg(format!("--secure-port={api_port}"))
            .arg(format!("--tls-cert-file={}", file(self.certificates.certificate("kube-apiserver"))))
            .arg(format!("--tls-private-key-file={}", file(self.certificates.key("kube-apiserver"))))
            .arg(format!("--client-ca-file={}", file(self.certificates.certificate("ca"))))
            .arg("--service-account-issuer=https://kubernetes.default.svc")
            .arg(format!("--service-account-key-file={}", file(self.certificates.service_account_public_key())))
            .arg(format!("--service-account-signing-key-file={}", file(self.certificates.key("service-account"))))
            .arg(format!("--service-cluster-ip-range={SERVICE_RANGE}"))
            .args(["--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction"])
            .args(["--allow-privileged=true", "--enable-aggregator-routing=true"])
            .arg(format!("--kubelet-client-certificate={}", file(self.certificates.certificate("kubelet-client"))))
            .arg(format!("--kubelet-client-key={}", file(self.certificates.key("kubelet-client"))))
            .arg("--kubelet-preferred-address-types=InternalIP")
            .args(["--default-not-ready-toleration-seconds=10", "--default-unreachable-toleration-seconds=10"])
            // Seconds that a stopping API server would wait for its watchers.
            .arg("--shutdown-watch-termination-grace-period=0s")
            .arg(format!("--audit-policy-file={}", file(policy)))
            .arg(format!("--audit-log-path={}", file(self.audit_log())))
            .args(["--audit-log-format=json", "--audit-log-maxsize=1000", "--audit-log-maxbackup=1"]);
        if scheduler_port.is_none() {
            // The Service `kubernetes` cannot point at loopback, and without Pods nobody misses it.
            command.arg("--endpoint-reconciler-type=none");
        }
        Ok(command)
    }

    fn controller_manager(&self, program: &Path) -> Result<Command> {
        let user = Subject::user("system:kube-controller-manager");
        let kubeconfig = self.certificates.kubeconfig("kube-controller-manager", &user, &self.server())?;
        let mut command = Command::new(program);
        command
            .arg(format!("--kubeconfig={}", kubeconfig.display()))
            .args(["--bind-address=127.0.0.1", "--leader-elect=false", "--use-service-account-credentials=true"])
            .arg(format!("--secure-port={}", self.endpoints.controller_manager_port))
            .arg(format!("--service-account-private-key-file={}", self.certificates.key("service-account").display()))
            .arg(format!("--root-ca-file={}", self.certificates.certificate("ca").display()))
            // A lost node is noticed in seconds instead of a minute.
            .args(["--node-monitor-period=2s", "--node-monitor-grace-period=16s"]);
        Ok(command)
    }

    fn scheduler(&self, program: &Path, port: u16) -> Result<Command> {
        let user = Subject::user("system:kube-scheduler");
        let kubeconfig = self.certificates.kubeconfig("kube-scheduler", &user, &self.server())?;
        let mut command = Command::new(program);
        command
            .arg(format!("--kubeconfig={}", kubeconfig.display()))
            .args(["--bind-address=127.0.0.1", "--leader-elect=false"])
            .arg(format!("--secure-port={port}"));
        Ok(command)
    }
}
