//! `cargo xtask cluster`: the test bed's cluster by hand.

use anyhow::Result;
use clap::{Args, Subcommand};
use kafkapipelines_e2e::cluster::{Cluster, Places};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Start what is missing of the cluster.
    Up {
        /// 1: a control plane alone. 2: nodes too, which need root on Linux.
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
        level: u8,
        /// How many nodes at least, each in a zone of its own.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
        nodes: u8,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let places = Places::from_env()?;
    match arguments.verb {
        Verb::Up { level, nodes } => {
            let cluster = if level == 1 { Cluster::level1(&places)? } else { Cluster::level2(&places, nodes)? };
            println!("export KUBECONFIG={}", cluster.kubeconfig().display());
        }
    }
    Ok(())
}
