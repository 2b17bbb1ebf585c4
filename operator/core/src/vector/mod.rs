//! The Vector file of a consumer: the chain that loses nothing.
//!
//! ```text
//! Kafka → origin → the user's transforms → route → guards → stores
//!                          └─ dropped ───────┴───────┴──→ dead letter → Kafka
//! ```
//!
//! - `origin` keeps the payload and its place in the event's metadata, out of reach of what transforms assign to `.`;
//! - `route` exists where a sink wants some lines only;
//! - a guard finds what its store would not keep, although it may answer 200;
//! - a store's sink tries again for ever: Kafka is the buffer, and nothing is rejected;
//! - what was dropped on the way goes to the dead-letter topic, byte for byte, with its error and origin.
//!
//! Vector reads the file without expanding `$`, so programs are written as they are.

mod bootstrap;
mod chain;
mod complaint;
mod dead_letter;
mod decode;
pub(crate) mod duration;
pub(crate) mod file;
pub mod ids;
mod kafka;
mod path;
pub(crate) mod raw;
pub mod replay;
mod route;
pub mod secret_names;
pub mod secrets;
mod steps;
mod stores;
mod transforms;

#[cfg(test)]
mod tests;

use kafkapipelines_crds::{ConsumerSpec, RawSpec};
use serde::Serialize;

pub use bootstrap::{Bootstrap, Security};
pub use dead_letter::MAX_DEAD_LETTER_BYTES;

use chain::Input;
use steps::Steps;

pub(crate) use complaint::complaint_of;
pub(crate) use stores::largest_request;

use crate::topic_selection::TopicSelection;

/// The directory of the file in the container.
pub const CONFIG_DIR: &str = "/etc/vector";
/// The directory of the cluster CA's certificate in the container.
pub const CA_DIR: &str = "/etc/kafka-ca";
/// Name of the certificate in its directory, and in the pipeline's Secret.
pub const CA_KEY: &str = "ca.crt";
/// The directory of the consumer's own certificate and key in the container.
pub const USER_DIR: &str = "/etc/kafka-user";
/// Name of the consumer's own certificate in its directory, and in the Secret of its user.
pub const USER_CERTIFICATE: &str = "user.crt";
/// Name of its key there.
pub const USER_KEY: &str = "user.key";
/// The directory that Vector may write to.
pub const DATA_DIR: &str = "/var/lib/vector";
/// Port of Vector's `/health`.
pub const API_PORT: i32 = 8686;
/// Port of Vector's metrics.
pub const METRICS_PORT: i32 = 9598;

/// The file cannot be written as YAML: a fault of the operator.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the Vector file: {0}")]
pub struct Unwritable(#[from] serde_saphyr::SerializeError);

/// The Vector file of the consumer called `name`, which reaches Kafka by `bootstrap`. Its programs are in the spec: [`crate::program_sources`].
///
/// # Errors
/// [`Unwritable`], which no spec is known to cause.
pub fn render(name: &str, spec: &ConsumerSpec, bootstrap: &Bootstrap) -> Result<String, Unwritable> {
    render_reading(name, spec, &TopicSelection::of(spec, []), bootstrap)
}

/// As [`render`], where the other consumers of the pipeline are known as well: what they write is not read by a pattern.
///
/// # Errors
/// [`Unwritable`], which no spec is known to cause.
pub fn render_reading(
    name: &str,
    spec: &ConsumerSpec,
    topics: &TopicSelection,
    bootstrap: &Bootstrap,
) -> Result<String, Unwritable> {
    let source = kafka::source(spec, bootstrap, group(name, spec), topics, spec.auto_offset_reset);
    let mut file = chain::assemble(name, spec, bootstrap, Input { source, steps: Steps::after(ids::KAFKA) });
    raw::add(&mut file, spec);
    write(&file)
}

/// As [`render`], without `spec.raw`, which changes nothing of what becomes of a line: what `spec.tests` run through.
///
/// # Errors
/// [`Unwritable`], which no spec is known to cause.
pub fn render_chain(name: &str, spec: &ConsumerSpec, bootstrap: &Bootstrap) -> Result<String, Unwritable> {
    render(name, &ConsumerSpec { raw: RawSpec::default(), ..spec.clone() }, bootstrap)
}

/// The consumer group of the consumer called `name`.
pub fn group(name: &str, spec: &ConsumerSpec) -> String {
    spec.group_id.clone().unwrap_or_else(|| name.to_owned())
}

/// A Vector file as YAML, with each line of a program as it was written.
pub(crate) fn write(file: &impl Serialize) -> Result<String, Unwritable> {
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    Ok(serde_saphyr::to_string_with_options(file, options)?)
}
