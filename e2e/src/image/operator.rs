//! The project's own static programs: the operator, for the same image as the Dockerfile at the root makes, and what the stand-in for
//! Vector runs transforms with.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::process::run;

const DEADLINE: Duration = Duration::from_mins(30);
const PACKAGE: &str = "kafkapipelines-operator";
/// Runs the transforms of a Vector file. Its dependencies are among the operator's.
const CHAIN_PACKAGE: &str = "kafkapipelines-vector-chain";
const CHAIN: &str = "vector-chain";

/// How the operator is compiled; the names are those of Cargo's profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// As it is shipped: what is measured has to be this.
    Release,
    /// For tests and the demo: compiles in a fraction of the time.
    Testbed,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Testbed => "testbed",
        }
    }
}

/// Builds the operator's static binary for this machine's architecture on Linux and returns its path.
/// `E2E_OPERATOR_BIN` names one that is there already.
pub fn build_binary(profile: Profile) -> Result<PathBuf> {
    if let Some(binary) = env::var_os("E2E_OPERATOR_BIN") {
        return Ok(PathBuf::from(binary));
    }
    build(profile, &[PACKAGE], "operator")
}

/// Builds the static binary that runs transforms. Cargo is told of the operator too, so that both have the same features of the
/// same dependencies, and nothing is compiled twice. `E2E_VECTOR_CHAIN_BIN` names one that is there already.
pub fn build_chain(profile: Profile) -> Result<PathBuf> {
    if let Some(binary) = env::var_os("E2E_VECTOR_CHAIN_BIN") {
        return Ok(PathBuf::from(binary));
    }
    build(profile, &[PACKAGE, CHAIN_PACKAGE], CHAIN)
}

/// The program `name`, one of the programs of `packages`.
fn build(profile: Profile, packages: &[&str], name: &str) -> Result<PathBuf> {
    let target = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    let mut build = cargo();
    build.args(["build", "--profile", profile.name(), "--locked", "--target", &target, "--bin", name]);
    build.args(packages.iter().flat_map(|package| ["-p", package]));
    // Static, also glibc: the image holds nothing else.
    build.env("RUSTFLAGS", "-Ctarget-feature=+crt-static");
    run(build, DEADLINE)?;
    Ok(target_directory()?.join(target).join(profile.name()).join(name))
}

fn target_directory() -> Result<PathBuf> {
    let mut metadata = cargo();
    metadata.args(["metadata", "--quiet", "--no-deps", "--format-version=1"]);
    let output = run(metadata, DEADLINE)?;
    let metadata: serde_json::Value = serde_json::from_slice(&output).context("read the output of cargo metadata")?;
    let directory = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
    Ok(PathBuf::from(directory))
}

fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    cargo
}
