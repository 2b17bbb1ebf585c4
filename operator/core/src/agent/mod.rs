//! Agents: the Vector of a server that is no part of the Kubernetes cluster, and the file that it runs.
//!
//! ```text
//! files of the server → line → Kafka, by a listener that is reached from outside
//! ```
//!
//! The files themselves are the buffer: how far one was read is noted only when Kafka has the line, and the sink never gives up.

mod config_map;
mod file;
mod way;

#[cfg(test)]
mod tests;

pub use config_map::{config_map, has_agents};
pub use way::{Way, ways};

use std::collections::BTreeMap;

use crate::producer::{Producer, SHORTEN};
use crate::vector::file::{Components, Remap};
use crate::vector::{self, Unwritable};
use file::{AgentFile, FileSource};

pub use crate::producer::{CertificateFiles, Connection, Login};

/// Where a server keeps the Vector file.
pub const FILE: &str = "/etc/vector/vector.yaml";
/// Where a server keeps certificates and the key: `ca.crt`, `user.crt`, `user.key`.
pub const CERTIFICATES_DIR: &str = "/etc/vector/kafka";
/// Where Vector notes how far each file was read.
const DATA_DIR: &str = "/var/lib/vector";

/// What makes a line of a file a line of the pipeline.
const LINE: &str = include_str!("line.vrl");

const FILES: &str = "files";
const LINES: &str = "lines";
const KAFKA: &str = "kafka";

/// An agent: whose lines it sends, and where to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Agent {
    /// Name of the server, in each line as `host`.
    pub host: String,
    /// Address of the server, in each line as `host_ip`.
    pub host_ip: Option<String>,
    /// What writes the files, in each line as `component`.
    pub component: String,
    /// The files, as globs.
    pub include: Vec<String>,
    /// Of those, the ones that are not read, as globs.
    pub exclude: Vec<String>,
    /// Files that were last written longer ago are not read.
    pub ignore_older_secs: Option<u64>,
    /// How it reaches Kafka.
    pub connection: Connection,
    /// The topic that it writes to.
    pub topic: String,
}

/// Whether a name can stand in an agent's program: for a host or a component.
pub fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !text.is_empty() && text.len() <= 253 && text.chars().all(allowed)
}

/// The Vector file of an agent, complete. Names must be such that [`is_name`] is true.
///
/// # Errors
/// [`Unwritable`], which no agent is known to cause.
pub fn render(agent: &Agent) -> Result<String, Unwritable> {
    vector::write(&assemble(agent))
}

fn assemble(agent: &Agent) -> AgentFile {
    let source = FileSource {
        include: agent.include.clone(),
        exclude: agent.exclude.clone(),
        ignore_older_secs: agent.ignore_older_secs,
        read_from: "beginning",
        max_line_bytes: file::MAX_LINE_BYTES,
    };
    let lines = Remap::infallible(program(agent), vec![FILES.to_owned()]);
    AgentFile {
        data_dir: DATA_DIR,
        sources: Components(vec![(FILES.to_owned(), source)]),
        transforms: Components(vec![(LINES.to_owned(), lines)]),
        sinks: Components(vec![(KAFKA.to_owned(), Producer::new(LINES, &agent.connection, &agent.topic))]),
    }
}

/// What is known of the server, as an object of VRL, then what every agent does with a line.
fn program(agent: &Agent) -> String {
    let known =
        [("component", Some(&agent.component)), ("host", Some(&agent.host)), ("host_ip", agent.host_ip.as_ref())];
    let known: BTreeMap<_, _> = known.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    format!("known = {}\n{LINE}{SHORTEN}", serde_json::json!(known))
}
