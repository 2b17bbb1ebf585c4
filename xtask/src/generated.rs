//! Files that a command writes, and that are committed: each way it runs either writes them or says which differ.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// A generated file: its path in the repository and its content.
pub(crate) struct Generated {
    pub(crate) path: PathBuf,
    pub(crate) content: String,
}

/// Where the repository lies.
pub(crate) fn repository() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the repository")
}

pub(crate) fn read(path: impl AsRef<Path>) -> Result<String> {
    let path = repository()?.join(path);
    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes the files, or with `check` fails and names those that differ from the repository's.
pub(crate) fn bring(files: &[Generated], check: bool, command: &str) -> Result<()> {
    let root = repository()?;
    if !check {
        return files.iter().try_for_each(|file| write(root, file));
    }
    let differs = |file: &&Generated| fs::read_to_string(root.join(&file.path)).ok().as_ref() != Some(&file.content);
    let drifted: Vec<String> = files.iter().filter(differs).map(|file| format!("  {}", file.path.display())).collect();
    if drifted.is_empty() {
        return Ok(());
    }
    bail!("these files differ from what they are made of; run `{command}` and commit them:\n{}", drifted.join("\n"))
}

fn write(root: &Path, file: &Generated) -> Result<()> {
    let path = root.join(&file.path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, &file.content).with_context(|| format!("cannot write {}", path.display()))
}
