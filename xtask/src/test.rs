//! `cargo xtask test`: everything that is tested, from the quickest to the slowest.

use std::time::Instant;

use anyhow::Result;
use clap::{Args, ValueEnum};
use kafkapipelines_e2e::cluster;

use super::background::Background;
use super::cargo::cargo;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only these steps; default: all.
    steps: Vec<Step>,
}

/// A step of the test run, in their order.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, ValueEnum)]
enum Step {
    /// Format, lints, licences, and what the generated files were generated from.
    Static,
    /// Unit tests, snapshots, mock API server.
    Unit,
    /// A real API server: admission, controllers, malformed installations.
    Level1,
    /// Real nodes and real Kafka.
    Level2,
    /// The same, brought by the real Argo CD.
    Gitops,
    /// The same, brought by the commands of docs/install.md.
    InstallPage,
}

const ALL: [Step; 6] = [Step::Static, Step::Unit, Step::Level1, Step::Level2, Step::Gitops, Step::InstallPage];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let began = Instant::now();
    let steps = if arguments.steps.is_empty() { &ALL[..] } else { &arguments.steps };
    // Compiling the cluster takes longer than anything else, and the first steps do without it.
    let needs_cluster = steps.iter().any(|step| *step >= Step::Level1) && cluster::level2_obstacle().is_none();
    let _builds = needs_cluster.then(|| Background::start(&["cluster", "build"])).transpose()?;
    for step in steps {
        run_step(*step)?;
    }
    println!("all passed in {} s", began.elapsed().as_secs());
    Ok(())
}

fn run_step(step: Step) -> Result<()> {
    match step {
        Step::Static => static_checks(),
        Step::Unit => cargo(&["test", "--workspace", "--exclude", "kafkapipelines-e2e"])
            .and_then(|()| cargo(&["test", "--package", "kafkapipelines-e2e", "--lib"])),
        Step::Level1 => suite("level1", 4),
        Step::Level2 => suite_on_nodes("level2"),
        Step::Gitops => suite_on_nodes("gitops"),
        Step::InstallPage => suite_on_nodes("install_page"),
    }
}

fn static_checks() -> Result<()> {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])?;
    super::purity::check()?;
    super::crds::run(&super::crds::Arguments { check: true })?;
    super::charts::run(&super::charts::Arguments { check: true })?;
    super::argocd::run(&super::argocd::Arguments { check: true })?;
    super::licences::check()
}

/// A suite of the e2e crate; its tests share a cluster. They mostly wait for it, so a few of them go on at once if they can.
fn suite(name: &str, at_once: u8) -> Result<()> {
    let threads = format!("--test-threads={at_once}");
    cargo(&["test", "--package", "kafkapipelines-e2e", "--test", name, "--", &threads, "--nocapture"])
}

/// A suite whose installation all its tests use, on a cluster that not every machine can run.
fn suite_on_nodes(name: &str) -> Result<()> {
    match cluster::level2_obstacle() {
        Some(obstacle) if !in_ci() => {
            println!("{name} is left out: {obstacle}");
            Ok(())
        }
        _ => suite(name, 1),
    }
}

fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|ci| ci == "true")
}
