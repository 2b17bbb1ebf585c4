//! The project's own commands: `cargo xtask <command>`.
//!
//! Each command is a module with `Arguments` and a function `run`.

mod api_reference;
mod argocd;
mod background;
mod bench;
mod cargo;
mod charts;
mod cluster;
mod crds;
mod demo;
mod generated;
mod licences;
mod purity;
mod test;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Everything about this project that is more than one cargo command.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The ConfigMap by which Argo CD judges the health of our kinds.
    Argocd(argocd::Arguments),
    /// How quick, small and quiet the operator is, beside what it should be.
    Bench(bench::Arguments),
    /// The Helm charts' copies of definitions and rights, the schema of log-pipeline, the tables of values.
    Charts(charts::Arguments),
    /// A real Kubernetes on this machine, without a registry.
    Cluster(cluster::Arguments),
    /// Custom resource definitions and the API reference, from the Rust types.
    Crds(crds::Arguments),
    /// From nothing to log lines that went through Kafka, on this machine.
    Demo(demo::Arguments),
    /// Everything that is tested: unit, real API server, real nodes and Kafka.
    Test(test::Arguments),
}

fn main() -> ExitCode {
    match run(&Xtask::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    match command {
        Command::Argocd(arguments) => argocd::run(arguments),
        Command::Bench(arguments) => bench::run(arguments),
        Command::Charts(arguments) => charts::run(arguments),
        Command::Cluster(arguments) => cluster::run(arguments),
        Command::Crds(arguments) => crds::run(arguments),
        Command::Demo(arguments) => demo::run(arguments),
        Command::Test(arguments) => test::run(arguments),
    }
}
