//! A shell with nc, wget and the rest of busybox, for Pods that try what a network allows: `nc -w 2 HOST PORT </dev/null` (its nc has no -z).

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::archive::{self, LayerWriter};
use super::cache::{Cache, Inputs, Outcome};
use super::prerequisites::{BUSYBOX, require};
use super::process::run;

const DEADLINE: Duration = Duration::from_secs(10);
/// Sleeps until it is told to end: as PID 1 a plain sleep would not hear it.
const IDLE: &str = "trap exit TERM; sleep 2147483647 & wait";

/// The image's archive.
pub fn archive(cache: &Cache, reference: &str) -> Result<(PathBuf, Outcome)> {
    require(&[BUSYBOX])?;
    let busybox = static_busybox()?;
    let inputs = Inputs::of_recipe(include_str!("probe.rs")).text(reference).file(&busybox)?;
    cache.file("probe.tar", &inputs, |out| {
        let workspace = cache.workspace()?;
        let layer = workspace.path().join("layer.tar");
        write_layer(&layer, &busybox)?;
        let config = json!({"Env": ["PATH=/bin", "HOME=/tmp"], "Cmd": ["/bin/sh", "-c", IDLE]});
        archive::write(out, reference, &config, &[&layer])
    })
}

fn write_layer(out: &Path, busybox: &Path) -> Result<()> {
    let mut layer = LayerWriter::create(out)?;
    layer.directory("tmp", 0o1777, 0)?;
    layer.directory("etc", 0o755, 0)?;
    layer.file("etc/passwd", 0o644, b"root:x:0:0::/tmp:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n")?;
    layer.copy("bin/busybox", 0o755, busybox)?;
    for applet in applets(busybox)?.iter().filter(|applet| *applet != "busybox") {
        layer.symlink(format!("bin/{applet}"), "busybox")?;
    }
    layer.finish()
}

fn applets(busybox: &Path) -> Result<Vec<String>> {
    let mut list = Command::new(busybox);
    list.arg("--list");
    let output = run(list, DEADLINE)?;
    let text = String::from_utf8(output).context("read the list of busybox's applets")?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn static_busybox() -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|dir| dir.join("busybox")).find(|file| file.is_file());
    let busybox = found.context("no busybox on the PATH")?;
    let loader = b"/ld-linux";
    if fs::read(&busybox)?.windows(loader.len()).any(|bytes| bytes == loader) {
        bail!("{} is not static: install busybox-static in its place", busybox.display());
    }
    Ok(busybox)
}
