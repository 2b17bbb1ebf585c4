//! Archives of loaded classes for Kafka's JVMs, made by running a node in the image's own root file system.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::archive::LayerWriter;
use super::prerequisites::{IP, UNSHARE, require};
use super::process::run;

const DEADLINE: Duration = Duration::from_mins(5);
const FILES: [&str; 3] = ["opt/kafka/kafka.jsa", "opt/kafka/storage.jsa", "opt/kafka/tools.jsa"];

/// Writes to `out` the layer to put on `layers`. `script` is `e2e/images/kafka/class-data.sh`; `workspace` is an empty directory.
pub fn write_layer(out: &Path, layers: &[&Path], script: &Path, workspace: &Path) -> Result<()> {
    require(&[IP, UNSHARE])?;
    let root = workspace.join("root");
    unpack(layers, &root)?;
    let mut archive = Command::new("unshare");
    archive.args(["--mount", "--net", "--pid", "--fork", "--kill-child", "bash"]).arg(script).arg(&root);
    run(archive, DEADLINE)?;
    let mut layer = LayerWriter::create(out)?;
    for file in FILES {
        layer.copy(file, 0o444, &root.join(file))?;
    }
    layer.finish()
}

fn unpack(layers: &[&Path], root: &Path) -> Result<()> {
    fs::create_dir(root)?;
    for layer in layers {
        // With the layers' owners, modes and times: the JVM takes an archive only for the jars it was made from.
        let mut tar = tar::Archive::new(File::open(layer)?);
        tar.set_preserve_permissions(true);
        tar.set_preserve_ownerships(true);
        tar.unpack(root).with_context(|| format!("unpack {}", layer.display()))?;
    }
    Ok(())
}
