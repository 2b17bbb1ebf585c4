//! The project's own commands: `cargo xtask <command>`.
//!
//! Each command is a module with `Arguments` and a function `run`.

mod api_reference;
mod cluster;
mod crds;

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
    /// A real Kubernetes on this machine, without a registry.
    Cluster(cluster::Arguments),
    /// Custom resource definitions and the API reference, from the Rust types.
    Crds(crds::Arguments),
}

fn main() -> Result<()> {
    match Xtask::parse().command {
        Command::Cluster(arguments) => cluster::run(&arguments),
        Command::Crds(arguments) => crds::run(&arguments),
    }
}
