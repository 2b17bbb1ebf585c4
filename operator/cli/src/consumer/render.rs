//! `kubectl kafkapipelines consumer render`: the Vector file of a consumer.

use std::process::ExitCode;

use anyhow::Result;
use kube::ResourceExt as _;

use super::found::{self, Found};
use super::{REFUSED, UNREADABLE};
use crate::args::ConsumerRenderArgs;
use crate::terminal;

/// Prints the Vector file of each consumer, as the operator would write it; why not, goes to the standard error. The exit code is 1 when
/// one is refused, 2 when a file cannot be read.
pub fn run(args: &ConsumerRenderArgs) -> Result<ExitCode> {
    let files = found::read(&args.files, args.name.as_deref())?;
    let mut code = if files.unreadable.is_empty() { 0 } else { UNREADABLE };
    files.unreadable.iter().for_each(|error| anstream::eprintln!("{error}"));
    let mut printed = Vec::new();
    for found in &files.consumers {
        if found.problems.is_empty() {
            printed.push(format!("{}{}", comments(found), found.vector_file()?));
            continue;
        }
        code = code.max(REFUSED);
        for problem in &found.problems {
            anstream::eprintln!("{}: Consumer/{}: {problem}", found.file, found.object.name_any());
        }
    }
    terminal::print(&printed.join("---\n"))?;
    Ok(ExitCode::from(code))
}

fn comments(found: &Found) -> String {
    let origin = format!("# Consumer {}, from {}\n", found.object.name_any(), found.file);
    if found.pipeline.is_some() {
        return origin;
    }
    let pipeline = &found.object.spec.pipeline;
    format!(
        "{origin}# The LogPipeline {pipeline} is not among the documents: address and TLS of its listener are a guess.\n"
    )
}
