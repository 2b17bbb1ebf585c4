//! The project's own programs, built for tests.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// The operator as a development build.
///
/// # Errors
/// When it does not compile.
pub fn operator() -> Result<PathBuf> {
    build("kafkapipelines-operator")
}

/// The kubectl plugin as a development build.
///
/// # Errors
/// When it does not compile.
pub fn plugin() -> Result<PathBuf> {
    build("kafkapipelines-cli")
}

/// Builds the package and asks cargo where its program is: no path is guessed.
fn build(package: &str) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--package", package, "--message-format=json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(built.status.success(), "{package} does not compile");
    let messages = String::from_utf8(built.stdout)?;
    let program = messages.lines().rev().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    program.with_context(|| format!("cargo names no program of {package}"))
}
