//! Static programs from the Go modules of `e2e/images`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::prerequisites::require_go;
use super::process::run;

const DEADLINE: Duration = Duration::from_mins(15);

/// Builds the module in `source` to the static binary `out`. The versions are those of its go.mod and go.sum.
pub fn build(source: &Path, out: &Path) -> Result<()> {
    require_go()?;
    let mut go = Command::new("go");
    go.args(["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"]);
    go.arg("-o").arg(out).arg(".").current_dir(source).env("CGO_ENABLED", "0");
    run(go, DEADLINE)?;
    Ok(())
}
