//! Debian's packages that a level 2 cluster needs.

use std::process::Command;

use anyhow::{Result, bail};

use super::command;
use super::progress::step;

/// A program that shows that a package is installed, and the package.
const NEEDED: [(&str, &str); 5] =
    [("runc", "runc"), ("nft", "nftables"), ("ip", "iproute2"), ("conntrack", "conntrack"), ("iptables", "iptables")];
const CNI_PLUGINS: (&str, &str) = ("/usr/lib/cni/ptp", "containernetworking-plugins");

/// Installs what is missing where that is allowed.
///
/// # Errors
/// When packages are missing and this is not Debian, or apt-get fails; the error names each package.
pub(super) fn ensure_installed() -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if command::path_of("apt-get").is_none() {
        bail!("these programs are missing, by the names of their Debian packages: {list}");
    }
    step(&format!("apt-get install {list}"), || {
        let mut update = Command::new("apt-get");
        command::output(update.args(["-qq", "update"]))?;
        let mut install = Command::new("apt-get");
        install.args(["-qq", "install", "--no-install-recommends", "--yes"]).args(&missing);
        command::output(install.env("DEBIAN_FRONTEND", "noninteractive"))?;
        Ok(())
    })
}

fn missing() -> Vec<&'static str> {
    let cni = std::path::Path::new(CNI_PLUGINS.0).exists();
    let programs =
        NEEDED.iter().filter(|(program, _)| command::path_of(program).is_none()).map(|(_, package)| *package);
    programs.chain((!cni).then_some(CNI_PLUGINS.1)).collect()
}
