//! Kafka images with the layout of the official ones, from the jars of Maven Central.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use super::archive::{self, LayerWriter};
use super::cache::{Cache, Outcome};
use super::class_data;
use super::debian::{self, APPUSER};
use super::prerequisites::{MAVEN, require};
use super::process::run;
use super::sources;

const DEADLINE: Duration = Duration::from_mins(10);
const HOME: &str = "opt/kafka";

/// A release that the test bed has an image of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 3.9.0, which the reference installation asks for.
    V3_9_0,
    /// 3.9.2, the last of its line.
    V3_9_2,
    /// 4.3.1.
    V4_3_1,
}

/// Directories that the official image gives to its user.
const OWN_DIRECTORIES: [&str; 5] =
    ["etc/kafka/secrets", "mnt/shared/config", "usr/logs", "var/lib/kafka", "var/lib/kafka/data"];

/// Command-line tools: script, class in 3.9, class in 4.x.
const TOOLS: [(&str, &str, &str); 10] = [
    ("kafka-acls", "kafka.admin.AclCommand", "org.apache.kafka.tools.AclCommand"),
    (
        "kafka-broker-api-versions",
        "kafka.admin.BrokerApiVersionsCommand",
        "org.apache.kafka.tools.BrokerApiVersionsCommand",
    ),
    ("kafka-configs", "kafka.admin.ConfigCommand", "kafka.admin.ConfigCommand"),
    (
        "kafka-console-consumer",
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
    ),
    ("kafka-console-producer", "kafka.tools.ConsoleProducer", "org.apache.kafka.tools.ConsoleProducer"),
    (
        "kafka-consumer-groups",
        "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
        "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    ),
    ("kafka-features", "org.apache.kafka.tools.FeatureCommand", "org.apache.kafka.tools.FeatureCommand"),
    (
        "kafka-metadata-quorum",
        "org.apache.kafka.tools.MetadataQuorumCommand",
        "org.apache.kafka.tools.MetadataQuorumCommand",
    ),
    ("kafka-storage", "kafka.tools.StorageTool", "kafka.tools.StorageTool"),
    ("kafka-topics", "org.apache.kafka.tools.TopicCommand", "org.apache.kafka.tools.TopicCommand"),
];

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V3_9_0 => "3.9.0",
            Self::V3_9_2 => "3.9.2",
            Self::V4_3_1 => "4.3.1",
        })
    }
}

impl Version {
    /// 4.x logs by log4j2 and moved some tools' classes.
    fn is_4(self) -> bool {
        self == Self::V4_3_1
    }

    fn config(self) -> &'static str {
        if self.is_4() { "config-4" } else { "config-3" }
    }
}

/// The image's archive.
pub fn archive(cache: &Cache, version: Version, reference: &str) -> Result<(PathBuf, Outcome)> {
    let sources = sources("kafka");
    let inputs = debian::inputs().text(include_str!("kafka.rs")).text(include_str!("class_data.rs"));
    let inputs = inputs.text(reference).tree(&sources)?;
    cache.file(&format!("kafka-{version}.tar"), &inputs, |out| {
        let (base, _) = debian::layer(cache)?;
        let workspace = cache.workspace()?;
        let libs = workspace.path().join("libs");
        download(&sources.join("pom.xml"), version, &libs)?;
        let layer = workspace.path().join("kafka.layer.tar");
        write_layer(&layer, &sources, version, &libs)?;
        let classes = workspace.path().join("classes.layer.tar");
        class_data::write_layer(&classes, &[&base, &layer], &sources.join("class-data.sh"), workspace.path())?;
        archive::write(out, reference, &config(), &[&base, &layer, &classes])
    })
}

fn config() -> serde_json::Value {
    json!({
        "User": "appuser",
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "KAFKA_HOME=/opt/kafka"],
        "Cmd": ["/bin/bash"],
        "ExposedPorts": {"9092/tcp": {}},
    })
}

fn script_texts(version: Version) -> Vec<(String, String)> {
    let script = |&(name, class_3, class_4): &(&str, &str, &str)| {
        let class = if version.is_4() { class_4 } else { class_3 };
        let text = format!("#!/bin/bash\nexec \"$(dirname \"$0\")\"/kafka-run-class.sh {class} \"$@\"\n");
        (format!("{name}.sh"), text)
    };
    TOOLS.iter().map(script).collect()
}

fn download(pom: &Path, version: Version, libs: &Path) -> Result<()> {
    require(&[MAVEN])?;
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "-ntp", "dependency:copy-dependencies", "-DincludeScope=runtime"]);
    maven.arg("-f").arg(pom).arg(format!("-Dkafka.version={version}"));
    maven.arg(format!("-DoutputDirectory={}", libs.display()));
    if version.is_4() {
        maven.arg("-Plog4j2");
    }
    run(maven, DEADLINE)?;
    Ok(())
}

fn write_layer(out: &Path, sources: &Path, version: Version, libs: &Path) -> Result<()> {
    let mut layer = LayerWriter::create(out)?;
    for directory in OWN_DIRECTORIES {
        layer.directory(directory, 0o775, APPUSER)?;
    }
    layer.directory(HOME, 0o755, APPUSER)?;
    for (directory, from, mode) in [
        ("bin", sources.join("bin"), 0o755),
        ("config", sources.join(version.config()), 0o644),
        ("libs", libs.to_path_buf(), 0o644),
    ] {
        let path = Path::new(HOME).join(directory);
        layer.directory(&path, 0o755, APPUSER)?;
        for (name, file) in files(&from)? {
            layer.copy(path.join(name), mode, &file)?;
        }
    }
    for (name, text) in script_texts(version) {
        layer.file(Path::new(HOME).join("bin").join(name), 0o755, text.as_bytes())?;
    }
    layer.finish()
}

fn files(directory: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        files.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    files.sort();
    Ok(files)
}
