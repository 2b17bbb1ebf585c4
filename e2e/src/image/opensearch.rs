//! OpenSearch from the jars of Maven Central, with a launcher of our own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::cache::{Cache, Outcome};
use super::prerequisites::{JAVAC, MAVEN, require};
use super::process::run;
use super::{restarting, sources};

const DEADLINE: Duration = Duration::from_mins(10);

/// The image's archive.
pub fn archive(cache: &Cache, reference: &str) -> Result<(PathBuf, Outcome)> {
    restarting::archive(cache, "opensearch", include_str!("opensearch.rs"), reference, install)
}

/// Jars, and the compiled launcher.
fn install(home: &Path) -> Result<()> {
    require(&[MAVEN, JAVAC])?;
    let (sources, libs, classes) = (sources("opensearch"), home.join("libs"), home.join("classes"));
    fs::create_dir(&classes)?;
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "-ntp", "dependency:copy-dependencies", "-DincludeScope=runtime"]);
    maven.arg("-f").arg(sources.join("pom.xml")).arg(format!("-DoutputDirectory={}", libs.display()));
    run(maven, DEADLINE)?;
    let mut javac = Command::new("javac");
    javac.args(["--release", "17", "-cp"]).arg(libs.join("*")).arg("-d").arg(&classes);
    javac.arg(sources.join("OneNode.java"));
    run(javac, DEADLINE)?;
    fs::copy(sources.join("log4j2.properties"), classes.join("log4j2.properties"))?;
    Ok(())
}
