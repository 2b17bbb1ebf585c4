//! OpenSearch from the jars of Maven Central, with a launcher of our own. It is killed and started anew inside of its container: run.sh.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use super::archive::{self, LayerWriter};
use super::cache::{Cache, Outcome};
use super::debian::{self, APPUSER};
use super::prerequisites::{JAVAC, MAVEN, require};
use super::process::run;
use super::sources;

const DEADLINE: Duration = Duration::from_mins(10);
const HOME: &str = "opt/opensearch";

/// The image's archive.
pub fn archive(cache: &Cache, reference: &str) -> Result<(PathBuf, Outcome)> {
    let sources = sources("opensearch");
    let inputs = debian::inputs().text(include_str!("opensearch.rs")).text(reference).tree(&sources)?;
    cache.file("opensearch.tar", &inputs, |out| {
        let (base, _) = debian::layer(cache)?;
        let workspace = cache.workspace()?;
        let root = workspace.path().join("root");
        install(&sources, &root.join(HOME))?;
        let path = workspace.path().join("opensearch.layer.tar");
        let mut layer = LayerWriter::create(&path)?;
        layer.tree(&root, &[])?;
        layer.directory(Path::new(HOME).join("data"), 0o755, APPUSER)?;
        layer.finish()?;
        archive::write(out, reference, &config(), &[&base, &path])
    })
}

fn config() -> serde_json::Value {
    json!({
        "User": "appuser",
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
        "Entrypoint": [format!("/{HOME}/run.sh")],
    })
}

/// Jars, the compiled launcher and what starts it.
fn install(sources: &Path, home: &Path) -> Result<()> {
    require(&[MAVEN, JAVAC])?;
    let (libs, classes) = (home.join("libs"), home.join("classes"));
    fs::create_dir_all(&classes)?;
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "-ntp", "dependency:copy-dependencies", "-DincludeScope=runtime"]);
    maven.arg("-f").arg(sources.join("pom.xml")).arg(format!("-DoutputDirectory={}", libs.display()));
    run(maven, DEADLINE)?;
    let mut javac = Command::new("javac");
    javac.args(["--release", "17", "-cp"]).arg(libs.join("*")).arg("-d").arg(&classes);
    javac.arg(sources.join("OneNode.java"));
    run(javac, DEADLINE)?;
    fs::copy(sources.join("log4j2.properties"), classes.join("log4j2.properties"))?;
    fs::copy(sources.join("run.sh"), home.join("run.sh"))?;
    Ok(())
}
