//! Tools of the distribution that images are made with.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::process::run;

const INSTALL_DEADLINE: Duration = Duration::from_mins(10);

/// A command and the Debian package that brings it.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// The file's name on the PATH.
    pub command: &'static str,
    /// The package's name.
    pub package: &'static str,
}

/// Makes a root file system of Debian.
pub const DEBOOTSTRAP: Tool = tool("debootstrap", "debootstrap");
/// Gets jars with all they depend on.
pub const MAVEN: Tool = tool("mvn", "maven");
/// Compiles Java.
pub const JAVAC: Tool = tool("javac", "openjdk-17-jdk-headless");
/// A shell and its tools in one static file.
pub const BUSYBOX: Tool = tool("busybox", "busybox-static");
/// Namespaces for steps that mount or listen.
pub const UNSHARE: Tool = tool("unshare", "util-linux");
/// Brings loopback up in a new network namespace.
pub const IP: Tool = tool("ip", "iproute2");

const fn tool(command: &'static str, package: &'static str) -> Tool {
    Tool { command, package }
}

/// Sees to it that `tools` are there: installs what is missing as root on Debian, else fails with the names of the packages.
pub fn require(tools: &[Tool]) -> Result<()> {
    let missing: Vec<&str> = tools.iter().filter(|t| !on_path(t.command)).map(|t| t.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    if !on_path("apt-get") || !is_root() {
        bail!(
            "these packages are needed to build the images of the test bed: {packages} (Debian: apt-get install {packages})"
        );
    }
    anstream::eprintln!("installing {packages} by apt-get");
    let mut update = Command::new("apt-get");
    update.arg("update");
    run(update, INSTALL_DEADLINE)?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "--no-install-recommends"]).args(&missing);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    run(install, INSTALL_DEADLINE)?;
    Ok(())
}

/// Fails unless Go is there: Debian's own is too old to install.
pub fn require_go() -> Result<()> {
    if on_path("go") {
        return Ok(());
    }
    bail!("Go 1.26 or newer is needed on the PATH to build the programs of the test bed")
}

/// Fails unless this process is root: `what` needs it.
pub fn require_root(what: &str) -> Result<()> {
    if is_root() {
        return Ok(());
    }
    bail!("{what} needs root on Linux")
}

fn on_path(command: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Debian keeps debootstrap where only root's PATH looks.
    std::env::split_paths(&path).any(|dir| dir.join(command).is_file())
        || Path::new("/usr/sbin").join(command).is_file()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
