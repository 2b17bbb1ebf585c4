//! The layer below Kafka: a small Debian with Java 17 and the official image's user.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::archive::LayerWriter;
use super::cache::{Cache, Inputs, Outcome};
use super::prerequisites::{DEBOOTSTRAP, UNSHARE, require, require_root};
use super::process::run;

const SUITE: &str = "bookworm";
const PACKAGES: &str = "openjdk-17-jre-headless";
const DEADLINE: Duration = Duration::from_mins(15);

/// The first user that the official image adds.
pub const APPUSER: u64 = 1000;
const PASSWD: &str = "appuser:x:1000:1000::/home/appuser:/bin/bash\n";
const GROUP: &str = "appuser:x:1000:\n";

/// Nothing reads these in a container; without them the layer is half as large.
const EMPTIED: [&str; 15] = [
    "dev",
    "etc/hostname",
    "etc/resolv.conf",
    "run",
    "tmp",
    "usr/lib/jvm/java-17-openjdk-amd64/legal",
    "usr/lib/jvm/java-17-openjdk-amd64/lib/server/classes_nocoops.jsa",
    "usr/lib/jvm/java-17-openjdk-amd64/man",
    "usr/share/doc",
    "usr/share/info",
    "usr/share/locale",
    "usr/share/man",
    "var/cache",
    "var/lib/apt/lists",
    "var/log",
];

/// What the layer is built from.
pub fn inputs() -> Inputs {
    Inputs::of_recipe(include_str!("debian.rs"))
}

/// The layer's file, built by debootstrap when it is not cached.
pub fn layer(cache: &Cache) -> Result<(PathBuf, Outcome)> {
    cache.file("debian-java.layer.tar", &inputs(), |out| {
        require_root("building a Debian root file system")?;
        require(&[DEBOOTSTRAP, UNSHARE])?;
        let workspace = cache.workspace()?;
        let root = workspace.path().join("root");
        bootstrap(&root)?;
        add_user(&root)?;
        let mut layer = LayerWriter::create(out)?;
        layer.tree(&root, &EMPTIED)?;
        layer.directory("home/appuser", 0o755, APPUSER)?;
        layer.finish()
    })
}

fn bootstrap(root: &Path) -> Result<()> {
    // What debootstrap mounts goes with the namespace, also when it fails.
    let mut command = Command::new("unshare");
    command.args(["--mount", "--pid", "--fork", "--kill-child", "debootstrap", "--variant=minbase"]);
    command.arg(format!("--include={PACKAGES}")).arg(SUITE).arg(root);
    // The tree is read once and thrown away: no need to sync each file.
    command.env("DPKG_FORCE", "unsafe-io");
    run(command, DEADLINE)?;
    Ok(())
}

fn add_user(root: &Path) -> Result<()> {
    for (file, line) in [("etc/passwd", PASSWD), ("etc/group", GROUP)] {
        let path = root.join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        fs::write(&path, text + line)?;
    }
    Ok(())
}
