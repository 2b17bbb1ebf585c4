//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{Timestamp, Zoned};
use kafkapipelines_core::consumer_seek::target::Target;

use crate::moment;

const EXAMPLES: &str = "\
Examples:
  kubectl kafkapipelines status                        pipelines of the current namespace, as a tree
  kubectl kafkapipelines status logs -n kafka --watch  one pipeline, drawn again on every change
  kubectl kafkapipelines status -A -o json             everything, for scripts
  kubectl kafkapipelines check -f pipeline.yaml        would the operator accept it? no cluster needed
  helm template ./chart | kubectl kafkapipelines check -f -
  kubectl kafkapipelines agent config logs --host web-1 --component shop --include '/var/log/shop/*.log' > vector.yaml
  kubectl kafkapipelines consumer test -f consumer.yaml --sample events.jsonl
  kubectl kafkapipelines consumer render -f consumer.yaml
  kubectl kafkapipelines consumer seek store --to 2026-01-01T00:00Z --dry-run
  kubectl kafkapipelines consumer replay store --dead-letter --since 2h --dry-run

Exit codes of check: 0 all documents are accepted, 1 one is refused, 2 one cannot be read.
Exit codes of consumer test: 0 all tests pass, 1 one fails or a consumer is refused, 2 a file cannot be read.
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
    /// Set up the agents of servers that send their logs to a pipeline.
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Try out consumers' transforms, and see their Vector files, without a cluster.
    #[command(subcommand)]
    Consumer(ConsumerCommand),
}

/// Arguments of `status`.
#[derive(Args, Debug)]
pub struct StatusArgs {
    /// Name of one pipeline. Without it all are shown.
    pub name: Option<String>,
    /// Look into all namespaces.
    #[arg(long, short = 'A', conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// Stay, and draw again whenever something changes.
    #[arg(long, short)]
    pub watch: bool,
    /// How to print.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

/// Which cluster, and which part of it.
#[derive(Args, Clone, Debug, Default)]
pub struct ClusterArgs {
    /// Namespace. Default: that of the current context.
    #[arg(long, short)]
    pub namespace: Option<String>,
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

/// What to do with consumers.
#[derive(Debug, Subcommand)]
pub enum ConsumerCommand {
    /// Run the tests of consumers, and pass a sample of lines through their transforms.
    Test(ConsumerTestArgs),
    /// Print the Vector file of consumers, as the operator would write it.
    Render(ConsumerRenderArgs),
    /// Move the offsets of a consumer's group: its members are stopped, and start again by themselves.
    Seek(ConsumerSeekArgs),
    /// Send dead letters through the chain of their consumer again, after a fix.
    Replay(ConsumerReplayArgs),
}

/// Arguments of `consumer test`.
#[derive(Args, Debug)]
pub struct ConsumerTestArgs {
    /// A file of YAML or JSON documents; - is the standard input. Can be given more than once.
    #[arg(long = "filename", short, required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Name of one consumer. Default: all of the files.
    #[arg(long)]
    pub name: Option<String>,
    /// A file whose lines pass the transforms too, each as the payload of a record that arrives now.
    #[arg(long, value_name = "FILE")]
    pub sample: Option<PathBuf>,
    /// How to print.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: Output,
}

/// Arguments of `consumer render`.
#[derive(Args, Debug)]
pub struct ConsumerRenderArgs {
    /// A file of YAML or JSON documents; - is the standard input. Can be given more than once. With the LogPipeline among the documents
    /// the file says how its listener is reached.
    #[arg(long = "filename", short, required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Name of one consumer. Default: all of the files.
    #[arg(long)]
    pub name: Option<String>,
}

/// Arguments of `consumer seek`.
#[derive(Args, Debug)]
pub struct ConsumerSeekArgs {
    /// Name of the consumer.
    pub name: String,
    /// Where the group goes on reading: earliest, latest, a time such as 2026-01-01T00:00Z, how long ago, such as 2h, or loss: where it was
    /// before lines were lost, as status.loss tells. A time without a zone is one of this terminal's.
    #[arg(long, value_name = "TARGET", required_unless_present = "cancel", value_parser = target)]
    pub to: Option<Target>,
    /// Move the partitions of this topic alone. Can be given more than once. Default: all topics of the consumer.
    #[arg(long = "topic", value_name = "TOPIC")]
    pub topics: Vec<String>,
    /// Say what would be moved, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask before lines are skipped that were never read: they reach no store.
    #[arg(long, short)]
    pub yes: bool,
    /// End the seek that is under way: the members start again. Offsets that were set stay so.
    #[arg(long, conflicts_with_all = ["to", "topics", "dry_run", "yes"])]
    pub cancel: bool,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

fn target(text: &str) -> Result<Target, String> {
    let time = || moment::parse(text, "earliest, latest, loss, ", &Zoned::now()).map(Target::Time);
    text.parse().ok().filter(|target| !matches!(target, Target::Time(_))).map_or_else(time, Ok)
}

fn time(text: &str) -> Result<Timestamp, String> {
    moment::parse(text, "", &Zoned::now())
}

/// Arguments of `consumer replay`.
#[derive(Args, Debug)]
pub struct ConsumerReplayArgs {
    /// Name of the consumer.
    pub name: String,
    /// Read the dead-letter topic of the consumer up to where it ends now.
    #[arg(long, required_unless_present = "cancel")]
    pub dead_letter: bool,
    /// Leave dead letters that were written before: a time such as 2026-01-01T00:00Z, or how long ago, such as 2h. A time without a zone is
    /// one of this terminal's.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<Timestamp>,
    /// Count what would be read, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// End the replay that is under way. What was delivered stays delivered.
    #[arg(long, conflicts_with_all = ["since", "dry_run"])]
    pub cancel: bool,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

/// What to do for agents.
#[derive(Debug, Subcommand)]
pub enum AgentCommand {
    /// Print the complete Vector file of one server, or write it with its certificates into a directory.
    Config(Box<AgentConfigArgs>),
}

/// Arguments of `agent config`.
#[derive(Args, Debug)]
pub struct AgentConfigArgs {
    /// Name of the pipeline.
    pub pipeline: String,
    /// The external listener that the server comes by. Default: the only one.
    #[arg(long)]
    pub listener: Option<String>,
    /// Name of the server, in each line as `host`.
    #[arg(long)]
    pub host: String,
    /// Address of the server, in each line as `host_ip`.
    #[arg(long)]
    pub host_ip: Option<std::net::IpAddr>,
    /// What writes the files, in each line as `component`.
    #[arg(long)]
    pub component: String,
    /// Files to read, as a glob in quotes. Can be given more than once.
    #[arg(long, required = true, value_name = "GLOB")]
    pub include: Vec<String>,
    /// Files not to read, of those. Can be given more than once.
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Do not read files that were last written more than so many seconds ago.
    #[arg(long, value_name = "SECONDS")]
    pub ignore_older: Option<u64>,
    /// Topic to write to. Default: the first of the pipeline.
    #[arg(long)]
    pub topic: Option<String>,
    /// User of the pipeline by whose certificate or password the server proves who it is, where the listener asks for one.
    #[arg(long)]
    pub user: Option<String>,
    /// What to make.
    #[arg(long, short, value_enum, default_value_t)]
    pub output: AgentOutput,
    /// Directory for `--output dir`. Default: the name of the server.
    #[arg(long, value_name = "PATH")]
    pub directory: Option<PathBuf>,
    /// Read the LogPipeline, the ConfigMap <pipeline>-agent and the user's Secret from files instead of the cluster;
    /// - is the standard input. Can be given more than once.
    #[arg(long = "filename", short, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
}

/// What `agent config` makes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum AgentOutput {
    /// One Vector file with the certificates in it.
    #[default]
    Yaml,
    /// Variables for Ansible: the files with path, mode and content.
    Ansible,
    /// A directory to copy to the server.
    Dir,
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
