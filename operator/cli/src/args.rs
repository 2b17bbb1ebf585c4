//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  kubectl kafkapipelines status                        pipelines of the current namespace, as a tree
  kubectl kafkapipelines status logs -n kafka --watch  one pipeline, drawn again on every change
  kubectl kafkapipelines status -A -o json             everything, for scripts
  kubectl kafkapipelines check -f pipeline.yaml        would the operator accept it? no cluster needed
  helm template ./chart | kubectl kafkapipelines check -f -

Exit codes of check: 0 all documents are accepted, 1 one is refused, 2 one cannot be read.
Colours appear on a terminal only; NO_COLOR=1 turns them off.";

/// Log pipelines on Kafka: how they are, and whether a manifest would be accepted.
#[derive(Debug, Parser)]
#[command(name = "kubectl-kafkapipelines", bin_name = "kubectl kafkapipelines", version, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show pipelines as trees: pools and nodes, listeners, topics, consumers.
    Status(StatusArgs),
    /// Judge manifests offline, as the API server and the operator would.
    Check(CheckArgs),
}

/// Arguments of `status`.
#[derive(Args, Debug)]
pub struct StatusArgs {
    /// Name of one pipeline. Without it all are shown.
    pub name: Option<String>,
    /// Namespace. Default: that of the current context.
    #[arg(long, short, conflicts_with = "all_namespaces")]
    pub namespace: Option<String>,
    /// Look into all namespaces.
    #[arg(long, short = 'A')]
    pub all_namespaces: bool,
    /// Stay, and draw again whenever something changes.
    #[arg(long, short)]
    pub watch: bool,
    /// How to print.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
    /// Kubeconfig file. Default: as kubectl finds it.
    #[arg(long)]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig. Default: its current one.
    #[arg(long)]
    pub context: Option<String>,
}

/// Arguments of `check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// A file of YAML or JSON documents; - is the standard input. Can be given more than once.
    #[arg(long = "filename", short, required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How to print.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
}

/// How to print.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}
