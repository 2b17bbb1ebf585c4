//! `kubectl kafkapipelines status --watch` against a real API server.

use std::ffi::OsStr;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser as _;
use kafkapipelines_cli::args::{Cli, Command, StatusArgs};
use kafkapipelines_cli::cluster::Scope;
use kafkapipelines_cli::overview::{Objects, overview};
use kafkapipelines_cli::watch;
use kafkapipelines_e2e::cluster::Cluster;

use crate::bed::{self, DEADLINE, TestNamespace};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/log-aggregator.yaml");
/// How the test ends a watch, which by itself goes on.
const SEEN_ENOUGH: &str = "seen enough";

/// A change is shown once it is made, though nobody asks.
#[tokio::test]
async fn a_watch_shows_every_change() -> Result<()> {
    let cluster = bed::cluster_with_crds()?;
    let namespace = TestNamespace::create(&cluster, "plugin-watch")?;
    let here =
        std::fs::read_to_string(EXAMPLE)?.replace("namespace: kafka", &format!("namespace: {}", namespace.name()));
    cluster.kubectl_program().apply(&here)?;
    let scope = Scope::new(&status_args(&cluster, namespace.name())?).await?;
    let mut shown = Vec::new();
    let watching = watch::run(&scope, |objects| {
        let suspended = suspended(objects)?;
        if shown.is_empty() {
            suspend(&cluster, namespace.name())?;
        }
        shown.push(suspended);
        ensure!(!suspended, SEEN_ENOUGH);
        Ok(())
    });
    let ended = tokio::time::timeout(DEADLINE, watching).await.context("the change was not shown")?;
    ensure!(ended.as_ref().is_err_and(|error| error.to_string() == SEEN_ENOUGH), "{ended:?}");
    ensure!(shown.first() == Some(&false), "{shown:?}");
    Ok(())
}

/// Whether the one pipeline is suspended; it comes with its two pools and its consumer.
fn suspended(objects: Objects) -> Result<bool> {
    let overview = overview(objects, Some("log-aggregator-kafka"));
    let installation = overview.pipelines.first().context("there is a pipeline")?;
    ensure!(installation.pools.len() == 2 && installation.consumers.len() == 1);
    Ok(installation.pipeline.spec.suspend)
}

fn suspend(cluster: &Cluster, namespace: &str) -> Result<()> {
    let patch = r#"{"spec":{"suspend":true}}"#;
    cluster.kubectl([
        "patch",
        "lp",
        "log-aggregator-kafka",
        "--namespace",
        namespace,
        "--type=merge",
        "--patch",
        patch,
    ])?;
    Ok(())
}

fn status_args(cluster: &Cluster, namespace: &str) -> Result<StatusArgs> {
    let words = ["kubectl-kafkapipelines", "status", "--namespace", namespace, "--kubeconfig"].map(OsStr::new);
    match Cli::try_parse_from(words.into_iter().chain([cluster.kubeconfig().as_os_str()]))?.command {
        Command::Status(args) => Ok(args),
        other => bail!("{other:?}"),
    }
}
