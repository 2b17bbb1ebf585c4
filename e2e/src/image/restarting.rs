//! Stores that are killed and start anew inside of their containers: Debian's tools, and a folder with `run.sh`, which does so.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::json;

use super::archive::{self, LayerWriter};
use super::cache::{Cache, Outcome};
use super::debian::{self, APPUSER};
use super::sources;

/// The image of the store `name`: `install` puts what it needs into its folder, below which `data` is all that it may write.
pub fn archive(
    cache: &Cache,
    name: &str,
    recipe: &str,
    reference: &str,
    install: impl FnOnce(&Path) -> Result<()>,
) -> Result<(PathBuf, Outcome)> {
    let sources = sources(name);
    let inputs = debian::inputs().text(include_str!("restarting.rs")).text(recipe).text(reference).tree(&sources)?;
    cache.file(&format!("{name}.tar"), &inputs, |out| {
        let (base, _) = debian::layer(cache)?;
        let workspace = cache.workspace()?;
        let root = workspace.path().join("root");
        let home = Path::new("opt").join(name);
        fs::create_dir_all(root.join(&home))?;
        install(&root.join(&home))?;
        fs::copy(sources.join("run.sh"), root.join(&home).join("run.sh"))?;
        let path = workspace.path().join("layer.tar");
        let mut layer = LayerWriter::create(&path)?;
        layer.tree(&root, &[])?;
        layer.directory(home.join("data"), 0o755, APPUSER)?;
        layer.finish()?;
        archive::write(out, reference, &config(name), &[&base, &path])
    })
}

fn config(name: &str) -> serde_json::Value {
    json!({
        "User": "appuser",
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
        "Entrypoint": [format!("/opt/{name}/run.sh")],
    })
}
