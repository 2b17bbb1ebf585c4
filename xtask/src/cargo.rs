//! Cargo, as the other commands call it.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

/// Runs cargo and says what it runs and how long it took.
pub(crate) fn cargo(args: &[&str]) -> Result<()> {
    let line = args.join(" ");
    println!("== cargo {line}");
    let began = Instant::now();
    let status = Command::new(env!("CARGO")).args(args).status()?;
    if !status.success() {
        bail!("cargo {line} failed");
    }
    println!("== {} s", began.elapsed().as_secs());
    Ok(())
}
