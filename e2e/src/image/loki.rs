//! Loki, built from its Go module: seven minutes, and two gigabytes of sources. It is killed and started anew inside of its container: run.sh.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::json;

use super::archive::{self, LayerWriter};
use super::cache::{Cache, Outcome};
use super::debian::{self, APPUSER};
use super::go;
use super::sources;

const HOME: &str = "opt/loki";
const PACKAGE: &str = "github.com/grafana/loki/v3/cmd/loki";

/// The image's archive. The program is kept beside it, so that another configuration does not build it again.
pub fn archive(cache: &Cache, reference: &str) -> Result<(PathBuf, Outcome)> {
    let sources = sources("loki");
    let program = debian::inputs().text(include_str!("loki.rs")).file(&sources.join("go.mod"))?;
    let inputs = program.clone().text(reference).tree(&sources)?;
    cache.file("loki.tar", &inputs, |out| {
        let (base, _) = debian::layer(cache)?;
        let (binary, _) = cache.file("loki", &program, |out| go::build(&sources, PACKAGE, out))?;
        let workspace = cache.workspace()?;
        let path = workspace.path().join("loki.layer.tar");
        let mut layer = LayerWriter::create(&path)?;
        layer.copy(Path::new(HOME).join("loki"), 0o755, &binary)?;
        layer.copy(Path::new(HOME).join("run.sh"), 0o755, &sources.join("run.sh"))?;
        layer.copy(Path::new(HOME).join("config.yaml"), 0o644, &sources.join("config.yaml"))?;
        layer.directory(Path::new(HOME).join("data"), 0o755, APPUSER)?;
        layer.finish()?;
        archive::write(out, reference, &config(), &[&base, &path])
    })
}

fn config() -> serde_json::Value {
    json!({
        "User": "appuser",
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        "Entrypoint": [format!("/{HOME}/run.sh")],
    })
}
