//! The control groups of a node, on machines with version 1, with version 2, and with both.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::wait;

const ROOT: &str = "/sys/fs/cgroup";
const GONE_WITHIN: Duration = Duration::from_secs(30);

/// Makes the group `name` that all Pods of a node belong to.
pub(super) fn create(name: &str) -> Result<()> {
    if is_unified() {
        let controllers = fs::read_to_string(Path::new(ROOT).join("cgroup.controllers"))?;
        let enable: Vec<String> = controllers.split_whitespace().map(|controller| format!("+{controller}")).collect();
        fs::write(Path::new(ROOT).join("cgroup.subtree_control"), enable.join(" "))
            .context("enable the controllers for groups below the root")?;
    }
    for hierarchy in hierarchies()?.into_iter().filter(|dir| !dir.ends_with("unified")) {
        let group = hierarchy.join(name);
        fs::create_dir_all(&group).with_context(|| format!("create {}", group.display()))?;
        for file in ["cpuset.cpus", "cpuset.mems"] {
            // Version 1 gives a new group no processor and no memory.
            let parent = hierarchy.join(file);
            if !is_unified() && parent.exists() {
                fs::write(group.join(file), fs::read_to_string(parent)?)?;
            }
        }
    }
    Ok(())
}

/// Removes the group and all below it, once their processes are gone.
///
/// A machine that starts has no groups left; with leftovers kubelet waits seconds for each dead container.
pub(super) fn remove(name: &str) -> Result<()> {
    for hierarchy in hierarchies()? {
        let group = hierarchy.join(name);
        wait::until(&format!("{} empty", group.display()), GONE_WITHIN, || Ok(remove_tree(&group).is_ok()))?;
    }
    Ok(())
}

/// The files of a group cannot be removed, the folders can: from the innermost.
fn remove_tree(group: &Path) -> std::io::Result<()> {
    let entries = match fs::read_dir(group) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    fs::remove_dir(group)
}

fn is_unified() -> bool {
    Path::new(ROOT).join("cgroup.controllers").exists()
}

fn hierarchies() -> Result<Vec<PathBuf>> {
    if is_unified() {
        return Ok(vec![PathBuf::from(ROOT)]);
    }
    let mut dirs = Vec::new();
    for entry in fs::read_dir(ROOT).with_context(|| format!("read {ROOT}"))? {
        let path = entry?.path();
        // Some are symbolic links to others: `cpu` to `cpu,cpuacct`.
        if path.is_dir() && !path.is_symlink() {
            dirs.push(path);
        }
    }
    Ok(dirs)
}
