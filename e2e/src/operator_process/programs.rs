//! The project's own programs, built for tests.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::image::operator::{Profile, build_binary};

/// The operator: on Linux the one that goes into the image too, for it takes minutes to compile.
///
/// # Errors
/// When it does not compile.
pub fn operator() -> Result<PathBuf> {
    once("kafkapipelines-operator", |package| {
        if cfg!(target_os = "linux") { build_binary(Profile::Testbed) } else { build(package) }
    })
}

/// The kubectl plugin as a development build.
///
/// # Errors
/// When it does not compile.
pub fn plugin() -> Result<PathBuf> {
    once("kafkapipelines-cli", build)
}

/// Builds the package once for all tests: cargo takes its time, and waits for others that build.
fn once(package: &'static str, build: impl FnOnce(&str) -> Result<PathBuf>) -> Result<PathBuf> {
    static BUILT: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut all = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = all.get(package) {
        return Ok(program.clone());
    }
    let program = build(package)?;
    all.insert(package, program.clone());
    Ok(program)
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
