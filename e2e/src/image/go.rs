//! Static programs from the Go modules of `e2e/images`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::prerequisites::require_go;
use super::process::run;

/// Loki alone takes seven on two cores with nothing else to do.
const DEADLINE: Duration = Duration::from_mins(40);

/// Builds `package`, `.` for its own, of the module in `source` to the static binary `out`. The versions are those of its go.mod and go.sum.
pub fn build(source: &Path, package: &str, out: &Path) -> Result<()> {
    require_go()?;
    let mut go = Command::new("go");
    go.args(["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"]);
    go.arg("-o").arg(out).arg(package).current_dir(source).env("CGO_ENABLED", "0");
    run(go, DEADLINE)?;
    Ok(())
}
