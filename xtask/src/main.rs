//! The project's own commands: `cargo xtask <command>`.
//!
//! Each command is a module with `Arguments` and a function `run`.

mod cluster;

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
}

fn main() -> Result<()> {
    match Xtask::parse().command {
        Command::Cluster(arguments) => cluster::run(&arguments),
    }
}
