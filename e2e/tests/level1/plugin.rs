//! The kubectl plugin against a real API server.

use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::operator_process::programs;
use kafkapipelines_e2e::reference;
use serde_json::Value;

use crate::bed::{self, Bed};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/log-aggregator.yaml");

#[tokio::test]
async fn status_draws_what_is_there() -> Result<()> {
    let bed = Bed::new("plugin").await?;
    let _operator = bed.start_leading("a")?;
    for document in reference::documents()? {
        bed.kube.apply(&document).await??;
    }
    bed::await_workloads(&bed.kube, 1).await?;
    bed.settled().await?;
    let kubeconfig = bed.cluster.kubeconfig().to_string_lossy().into_owned();
    let status = ["status", "log-aggregator-kafka", "--namespace", bed.namespace(), "--kubeconfig", &kubeconfig];
    let tree = run(&status)?;
    ensure!(tree.status.success(), "{}", text(&tree.stderr));
    let tree = text(&tree.stdout);
    for part in
        ["log-aggregator-kafka", "broker", "controller", "9002", "kafka.my-kafka.com", "standard-logs", "victoria-logs"]
    {
        ensure!(tree.contains(part), "{part} is not in\n{tree}");
    }
    ensure!(!tree.contains('\u{1b}'), "colours in a pipe:\n{tree}");
    let json = run(&[&status[..], &["--output=json"]].concat())?;
    let json: Value = serde_json::from_slice(&json.stdout).with_context(|| text(&json.stderr))?;
    ensure!(json.to_string().contains("log-aggregator-kafka"), "{json:#}");
    Ok(())
}

#[test]
fn check_tells_by_its_exit_code() -> Result<()> {
    let good = run(&["check", "--filename", EXAMPLE])?;
    ensure!(good.status.code() == Some(0), "{}{}", text(&good.stdout), text(&good.stderr));
    let bad = tempfile::NamedTempFile::new()?;
    std::fs::write(bad.path(), std::fs::read_to_string(EXAMPLE)?.replace("min.insync.replicas", "min.insync.replica"))?;
    let refused = run(&["check", "--filename", &bad.path().to_string_lossy()])?;
    ensure!(refused.status.code() == Some(1), "{}{}", text(&refused.stdout), text(&refused.stderr));
    ensure!(text(&refused.stdout).contains("min.insync.replica"), "{}", text(&refused.stdout));
    Ok(())
}

fn run(args: &[&str]) -> Result<Output> {
    Ok(Command::new(programs::plugin()?).args(args).output()?)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
