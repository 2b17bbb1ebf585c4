//! The parts of an agent's file that only it has, in Vector's own words (0.57).

use serde::Serialize;

use crate::producer::Producer;
use crate::vector::file::{Components, Remap};

/// Vector skips a longer line. What is too long for Kafka only is shortened.
pub(super) const MAX_LINE_BYTES: u64 = 10_000_000;

/// A whole file.
#[derive(Serialize)]
pub(super) struct AgentFile {
    pub data_dir: &'static str,
    pub sources: Components<FileSource>,
    pub transforms: Components<Remap>,
    pub sinks: Components<Producer>,
}

/// Files that are followed. How they are told apart is Vector's default: by their first line.
#[derive(Serialize)]
#[serde(tag = "type", rename = "file")]
pub(super) struct FileSource {
    pub include: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_older_secs: Option<u64>,
    pub read_from: &'static str,
    pub max_line_bytes: u64,
}
