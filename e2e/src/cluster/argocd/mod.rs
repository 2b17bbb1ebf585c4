//! The real Argo CD at work on a level 2 cluster: its application controller, its repo server and Redis, as processes of the machine.
//!
//! What no test asks is left out: its user interface, single sign-on, notifications, application sets.

mod repository;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

pub use repository::Repository;

use super::binaries::Binaries;
use super::certificates::Subject;
use super::command;
use super::control_plane::ControlPlane;
use super::level2::Level2;
use super::places::Places;
use super::progress::step;
use super::wait;
use crate::image::prerequisites::{Tool, require};

const OWN_MANIFEST: &str = include_str!("../../../cluster/manifests/argocd.yaml");
/// The Go module that the test bed builds it from.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cluster/argocd");
const MODULE: &str = "github.com/argoproj/argo-cd/v3";
const NEEDED: [Tool; 2] =
    [Tool { command: "redis-server", package: "redis-server" }, Tool { command: "git", package: "git" }];

const REDIS_PORT: u16 = 26379;
const REPO_SERVER_PORT: u16 = 26081;
const REPO_SERVER_METRICS_PORT: u16 = 26084;
const CONTROLLER_METRICS_PORT: u16 = 26082;
const LISTENS_WITHIN: Duration = Duration::from_mins(1);

const REDIS: &str = "argocd-redis";
const REPO_SERVER: &str = "argocd-repo-server";
const CONTROLLER: &str = "argocd-application-controller";
/// Each with a port by which it is seen to be up, in the order of their starts.
const PROCESSES: [(&str, u16); 3] =
    [(REDIS, REDIS_PORT), (REPO_SERVER, REPO_SERVER_PORT), (CONTROLLER, CONTROLLER_METRICS_PORT)];

/// Argo CD at work. It is stopped when this is dropped; what it has deployed stays.
pub struct ArgoCd {
    dir: PathBuf,
    binaries: Binaries,
    control_plane: ControlPlane,
}

impl ArgoCd {
    /// Its namespace.
    pub const NAMESPACE: &str = "argocd";
    /// Its controller's name in the audit log.
    pub const USER: &str = "argocd";

    /// Installs and starts it on the level 2 cluster, which is up. Applications of a former run are forgotten; what they
    /// deployed stays.
    ///
    /// # Errors
    /// When it cannot be built, its manifests are refused, or a process does not listen in time.
    pub fn start(places: &Places) -> Result<Self> {
        require(&NEEDED)?;
        let control_plane = Level2::new(places)?.control_plane().clone();
        let argo = Self { dir: places.level2().join("argocd"), binaries: Binaries::new(places), control_plane };
        argo.stop()?;
        step("install Argo CD", || argo.install())?;
        step("start Argo CD", || argo.run())?;
        Ok(argo)
    }

    /// Runs the tests of health checks below `dir`, in Argo CD's own format, and returns what it says about them.
    ///
    /// # Errors
    /// When one fails; the error tells what it is and what it should be.
    pub fn test_health_checks(places: &Places, dir: &Path) -> Result<String> {
        command::output(Command::new(Binaries::new(places).get("argocd")?).arg("health-test").arg(dir))
    }

    fn install(&self) -> Result<()> {
        let kubectl = self.control_plane.kubectl()?;
        kubectl.apply(OWN_MANIFEST)?;
        let manifests = manifests()?;
        for folder in ["crds", "base/config"] {
            let folder = format!("--kustomize={}", manifests.join(folder).display());
            let apply =
                ["apply", "--server-side", "--force-conflicts", "--field-manager=testbed", "--namespace=argocd"];
            kubectl.run(apply.into_iter().chain([folder.as_str()]))?;
        }
        kubectl.await_definitions(&["appprojects.argoproj.io", "applications.argoproj.io"])?;
        let applications = kubectl.run(["--namespace=argocd", "get", "applications", "--output=name"])?;
        for application in applications.lines() {
            let forget = ["--type=merge", r#"--patch={"metadata": {"finalizers": null}}"#];
            kubectl.run(["--namespace=argocd", "patch", application].into_iter().chain(forget))?;
            kubectl.run(["--namespace=argocd", "delete", "--ignore-not-found", application])?;
        }
        Ok(())
    }

    fn run(&self) -> Result<()> {
        let processes = self.control_plane.processes();
        processes.start(REDIS, &mut redis())?;
        processes.start(REPO_SERVER, &mut self.repo_server()?)?;
        processes.start(CONTROLLER, &mut self.controller()?)?;
        wait::until("Argo CD listens", LISTENS_WITHIN, || {
            PROCESSES.iter().try_for_each(|(name, _)| processes.expect_running(name))?;
            Ok(PROCESSES.iter().all(|(_, port)| listens(*port)))
        })
    }

    fn stop(&self) -> Result<()> {
        PROCESSES.iter().rev().try_for_each(|(name, _)| self.control_plane.processes().stop(name))
    }

    fn repo_server(&self) -> Result<Command> {
        let mut command = self.command(REPO_SERVER)?;
        command
            .args(["--address=127.0.0.1", "--metrics-address=127.0.0.1"])
            .arg(format!("--port={REPO_SERVER_PORT}"))
            .arg(format!("--metrics-port={REPO_SERVER_METRICS_PORT}"));
        Ok(command)
    }

    fn controller(&self) -> Result<Command> {
        let user = Subject::user(Self::USER);
        let kubeconfig = self.control_plane.certificates().kubeconfig("argocd", &user, &self.control_plane.server())?;
        let mut command = self.command(CONTROLLER)?;
        command
            .env("KUBECONFIG", kubeconfig)
            // https://kubernetes.default.svc is the kubeconfig's cluster.
            .env("ARGOCD_FAKE_IN_CLUSTER", "true")
            // One that is not sharded still asks for the number of its own Pod.
            .env("HOSTNAME", "argocd-application-controller-0")
            .env("ARGOCD_CONTROLLER_REPLICAS", "1")
            .arg(format!("--namespace={}", Self::NAMESPACE))
            .arg(format!("--metrics-port={CONTROLLER_METRICS_PORT}"))
            .arg(format!("--repo-server=127.0.0.1:{REPO_SERVER_PORT}"))
            // Two to three minutes by default: too long for a test that waits for several of them.
            .args(["--app-resync=15", "--app-resync-jitter=0"])
            // What a health check says is in the Application then, and not in Redis alone.
            .arg("--persist-resource-health");
        Ok(command)
    }

    /// A role of our one binary, with folders of its own in the place of those in the official image.
    fn command(&self, role: &str) -> Result<Command> {
        let mut command = Command::new(self.binaries.get("argocd")?);
        let folders = [
            ("TMPDIR", "tmp"),
            ("ARGOCD_TLS_DATA_PATH", "tls"),
            ("ARGOCD_SSH_DATA_PATH", "ssh"),
            ("ARGOCD_PLUGINSOCKFILEPATH", "plugins"),
        ];
        for (variable, folder) in folders {
            let folder = self.dir.join(folder);
            fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
            command.env(variable, folder);
        }
        command
            .env("ARGOCD_ASK_PASS_SOCK", self.dir.join("tmp/ask-pass.sock"))
            .env("ARGOCD_GPG_ENABLED", "false")
            .env("NO_PROXY", "*")
            .env("PATH", self.path()?)
            .arg(role)
            .arg(format!("--redis=127.0.0.1:{REDIS_PORT}"));
        Ok(command)
    }

    /// PATH with helm and kustomize, which the repo server runs.
    fn path(&self) -> Result<OsString> {
        let folder = |program| self.binaries.get(program).map(|path| path.with_file_name(""));
        let folders = [folder("helm")?, folder("kustomize")?];
        let path = env::var_os("PATH").unwrap_or_default();
        Ok(env::join_paths(folders.into_iter().chain(env::split_paths(&path)))?)
    }
}

impl Drop for ArgoCd {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("Argo CD goes on running: {error:#}");
        }
    }
}

/// A cache: nothing is kept.
fn redis() -> Command {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--port", &REDIS_PORT.to_string(), "--save", "", "--appendonly", "no"]);
    command
}

fn listens(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

/// The manifests of the version that is built.
fn manifests() -> Result<PathBuf> {
    let mut go = Command::new("go");
    let module = command::output(go.current_dir(SOURCES).args(["mod", "download", "-json", MODULE]))?;
    let module: Value = serde_json::from_str(&module)?;
    Ok(Path::new(module["Dir"].as_str().context("go names no folder")?).join("manifests"))
}
