//! Pages of `docs/` whose blocks are run as a reader would run them: what a page says is what was tried.
//!
//! * A block `sh` is run by bash, from the root of a copy of the work tree, and ends at its first command that fails.
//! * A block `yaml` whose first line is a comment with a file's name is written to that file.
//! * Any other block is for reading.

mod environment;
mod page;
#[cfg(test)]
mod references;
mod run;

pub use environment::Environment;
pub use page::{Page, Section, Step, Work};

use std::path::{Path, PathBuf};

use anyhow::Result;

/// The part of a page under a heading, with all headings below it. `page` is a path from the root of the work tree.
///
/// # Errors
/// When there is no such page, or no such heading in it.
pub fn section(page: &str, heading: &str) -> Result<Section> {
    Page::read(page)?.section(heading)
}

/// The root of the work tree.
fn tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
