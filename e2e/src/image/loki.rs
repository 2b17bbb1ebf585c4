//! Loki, built from its Go module: seven minutes, and two gigabytes of sources.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use super::cache::{Cache, Inputs, Outcome};
use super::{go, restarting, sources};

const PACKAGE: &str = "github.com/grafana/loki/v3/cmd/loki";

/// The image's archive. The program is kept beside it, so that another configuration does not build it again.
pub fn archive(cache: &Cache, reference: &str) -> Result<(PathBuf, Outcome)> {
    let sources = sources("loki");
    let program = Inputs::of_recipe(PACKAGE).file(&sources.join("go.mod"))?.file(&sources.join("go.sum"))?;
    restarting::archive(cache, "loki", include_str!("loki.rs"), reference, |home| {
        let (binary, _) = cache.file("loki", &program, |out| go::build(&sources, PACKAGE, out))?;
        fs::copy(binary, home.join("loki"))?;
        fs::copy(sources.join("config.yaml"), home.join("config.yaml"))?;
        Ok(())
    })
}
