//! What can be said on the command line or in the environment.

use std::net::SocketAddr;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::io::watch::Scope;

/// Runs Kafka-backed log pipelines on Kubernetes.
///
/// Watches LogPipelines, KafkaNodePools and Consumers, and brings Kafka clusters and Vector aggregators to what they
/// say. Several replicas may run: one acts, the others stand by.
#[derive(Debug, Parser)]
#[command(name = "operator", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the operator until SIGTERM or SIGINT.
    #[command(after_help = EXIT_CODES)]
    Run(Box<RunArgs>),
    /// Print the custom resource definitions as YAML, for `kubectl apply --server-side -f -`.
    Crds,
}

const EXIT_CODES: &str = "\
Exit codes: 0 stopped by a signal, 1 could not start or go on, 2 wrong usage,
3 lost the lease to another replica, 130 stopped at once by a second signal.";

/// How to run.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// Namespaces to watch, separated by commas; all when empty. With names, no right is needed elsewhere.
    #[arg(long, env = "WATCH_NAMESPACE", value_name = "NAMESPACE,…", value_delimiter = ',')]
    pub watch_namespace: Vec<String>,

    /// Where /livez, /readyz and /metrics are served.
    #[arg(long, env = "ADMIN_ADDRESS", value_name = "IP:PORT", default_value = "0.0.0.0:8080")]
    pub admin_address: SocketAddr,

    /// Name of the validating webhook's Service and Secret; with `.NAMESPACE` behind it, of its configuration. Empty: no webhook.
    #[arg(long, env = "WEBHOOK_NAME", value_name = "NAME", default_value = "")]
    pub webhook_name: String,

    /// Where the webhook is served.
    #[arg(long, env = "WEBHOOK_ADDRESS", value_name = "IP:PORT", default_value = "0.0.0.0:9443")]
    pub webhook_address: SocketAddr,

    /// Names in the webhook's certificate besides its Service's, separated by commas: for an API server that calls it by a URL.
    #[arg(long, env = "WEBHOOK_HOSTS", value_name = "HOST,…", value_delimiter = ',')]
    pub webhook_hosts: Vec<String>,

    /// How log lines look.
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// What is logged: error, warn, info, debug, trace, or directives such as `info,kafkapipelines_operator=debug`
    /// [default: `RUST_LOG`, else info].
    #[arg(long, env = "LOG_LEVEL", value_name = "LEVEL")]
    pub log_level: Option<String>,

    /// Namespace of the Lease [default: the client's namespace].
    #[arg(long, env = "POD_NAMESPACE", value_name = "NAMESPACE")]
    pub lease_namespace: Option<String>,

    /// Name of the Lease. Operators that watch different namespaces need Leases of their own.
    #[arg(long, env = "LEASE_NAME", value_name = "NAME", default_value = "kafkapipelines-operator")]
    pub lease_name: String,

    /// Name of this replica, different from every other's [default: host name and process id].
    #[arg(long, env = "POD_NAME", value_name = "NAME")]
    pub identity: Option<String>,

    /// How many objects of one kind are reconciled at the same time.
    #[arg(long, env = "MAX_CONCURRENT_RECONCILES", value_name = "N", default_value_t = 8)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    pub max_concurrent_reconciles: u16,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl RunArgs {
    /// Where to watch: one scope for each namespace, or one for all.
    pub fn scopes(&self) -> Vec<Scope> {
        let mut names: Vec<_> = self.watch_namespace.iter().map(|name| name.trim()).collect();
        names.retain(|name| !name.is_empty());
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return vec![Scope::Cluster];
        }
        names.into_iter().map(|name| Scope::Namespace(name.to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn run(args: &[&str]) -> RunArgs {
        match Cli::parse_from([&["operator", "run"], args].concat()).command {
            Command::Run(args) => *args,
            Command::Crds => panic!("parsed as crds"),
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn scopes_are_the_cluster_or_each_namespace_once() {
        let namespace = |name: &str| Scope::Namespace(name.to_owned());
        for (args, scopes) in [
            (vec![], vec![Scope::Cluster]),
            (vec!["--watch-namespace", ""], vec![Scope::Cluster]),
            (vec!["--watch-namespace", "logs"], vec![namespace("logs")]),
            (vec!["--watch-namespace", "b, a,b,"], vec![namespace("a"), namespace("b")]),
        ] {
            assert_eq!(run(&args).scopes(), scopes, "{args:?}");
        }
    }
}
