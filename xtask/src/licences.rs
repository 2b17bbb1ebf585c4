//! Licences and sources of what is linked, by cargo-deny. It is installed once into the cache.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::cargo::cargo;

const VERSION: &str = "0.20.2";

/// Fails when a dependency's licence or source is not allowed by deny.toml.
pub(crate) fn check() -> Result<()> {
    let program = installed()?;
    println!("== cargo-deny check licenses bans sources");
    let status = Command::new(&program)
        .args(["--workspace", "--log-level", "error", "check", "licenses", "bans", "sources"])
        .status()?;
    if !status.success() {
        bail!("cargo-deny found what deny.toml does not allow");
    }
    Ok(())
}

fn installed() -> Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let root = cache.context("neither XDG_CACHE_HOME nor HOME is set")?.join("kafkapipelines/cargo-deny").join(VERSION);
    let program = root.join("bin/cargo-deny");
    if !program.exists() {
        let root = root.to_string_lossy();
        // Not optimized: it builds in half the time, and checks in a second all the same.
        cargo(&["install", "cargo-deny", "--version", VERSION, "--locked", "--debug", "--root", &root])?;
    }
    Ok(program)
}
