//! `cargo xtask cluster`: the test bed's cluster by hand.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand, ValueEnum};
use kafkapipelines_e2e::cluster::{self, Cluster, Node, Places};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Start what is missing of the cluster.
    Up {
        /// 1: a control plane alone, for any user. 2: nodes too, for root on Linux. Default: what this machine can do.
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=2))]
        level: Option<u8>,
        /// How many nodes at least, each in a zone of its own.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
        nodes: u8,
        /// The kubeconfig of a cluster of your own, to be used instead (also: `KUBECONFIG_E2E`).
        #[arg(long)]
        kubeconfig: Option<PathBuf>,
    },
    /// Build what a cluster can need, and start nothing.
    Build,
    /// Stop all that runs, and undo what was done to this machine.
    Down {
        /// Remove objects, volumes and images too.
        #[arg(long)]
        purge: bool,
    },
    /// Say what is up.
    Status,
    /// Give the nodes images: docker-archives, as `docker save` writes them.
    Import { archives: Vec<PathBuf> },
    /// Do to a node what happens to machines.
    Node {
        /// What happens.
        event: NodeEvent,
        /// The node's name.
        name: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum NodeEvent {
    /// The power fails.
    Crash,
    /// The power comes back.
    Up,
    /// The network cable is pulled: containers go on running.
    Cut,
    /// The network cable is plugged in again.
    Heal,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let places = Places::from_env()?;
    match &arguments.verb {
        Verb::Up { level, nodes, kubeconfig } => up(&places, *level, *nodes, kubeconfig.as_deref()),
        Verb::Build => cluster::build(&places),
        Verb::Down { purge } => cluster::down(&places, *purge),
        Verb::Status => {
            cluster::status(&places)?.iter().for_each(|line| println!("{line}"));
            Ok(())
        }
        Verb::Import { archives } => {
            let cluster = Cluster::level2(&places, 1)?;
            archives.iter().try_for_each(|archive| cluster.import_image(archive))
        }
        Verb::Node { event, name } => {
            let nodes = cluster::nodes(&places)?;
            let node = nodes.iter().find(|node| node.name() == *name);
            happen(*event, node.with_context(|| format!("no node is called {name}: node-1 to node-{}", nodes.len()))?)
        }
    }
}

fn up(places: &Places, level: Option<u8>, nodes: u8, kubeconfig: Option<&std::path::Path>) -> Result<()> {
    let cluster = match (kubeconfig, level) {
        (Some(kubeconfig), _) => Cluster::of_user(places, kubeconfig)?,
        (None, Some(1)) => Cluster::level1(places)?,
        (None, Some(_)) => Cluster::level2(places, nodes)?,
        (None, None) => Cluster::best(places, nodes)?,
    };
    println!("export KUBECONFIG={}", cluster.kubeconfig().display());
    if let Some(programs) = cluster.kubectl_program().program().parent() {
        println!("export PATH={}:$PATH", programs.display());
    }
    Ok(())
}

fn happen(event: NodeEvent, node: &Node) -> Result<()> {
    match event {
        NodeEvent::Crash => node.crash(),
        NodeEvent::Up => node.up(),
        NodeEvent::Cut => node.cut(),
        NodeEvent::Heal => node.heal(),
    }
}
