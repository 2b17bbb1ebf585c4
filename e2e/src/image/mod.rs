//! The container images of the test bed, as docker-archive files made without a registry or a daemon.
//!
//! Sources that go into images are in `e2e/images`. Archives are cached in `$XDG_CACHE_HOME/kafkapipelines/images`.

mod archive;
mod cache;
mod class_data;
mod debian;
mod go;
pub mod kafka;
mod loki;
mod opensearch;
pub mod operator;
pub(crate) mod prerequisites;
mod probe;
mod process;
mod restarting;
mod single;
mod vector;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;

use cache::{Cache, Outcome};
use single::Program;
pub use vector::Vector;

/// An image that the test bed can make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// A client of Kafka that writes and reads bytes.
    ByteClient,
    /// The cluster's DNS server, from the static binary at this path.
    Dns(PathBuf),
    /// Kafka with the layout of the official image.
    Kafka(kafka::Version),
    /// Loki, a log store.
    Loki,
    /// OpenSearch, a store that speaks Elasticsearch's protocol.
    OpenSearch,
    /// The operator, from the static binary at this path.
    Operator(PathBuf),
    /// What holds a Pod's namespaces open.
    Pause,
    /// A shell with the tools of busybox.
    Probe,
    /// A double of VictoriaLogs that fails as a test tells it to.
    StoreDouble,
    /// Vector or its stand-in, under the name that the operator asks for.
    Vector(Vector),
}

impl Image {
    /// The full name that Pods ask for.
    pub fn reference(&self) -> String {
        match self {
            Self::ByteClient => "localhost/byte-client:1".to_owned(),
            Self::Dns(_) => "localhost/coredns:1".to_owned(),
            Self::Kafka(version) => format!("docker.io/apache/kafka:{version}"),
            Self::Loki => "localhost/loki:1".to_owned(),
            Self::OpenSearch => "localhost/opensearch:1".to_owned(),
            Self::Operator(_) => concat!("docker.io/kafkapipelines/operator:", env!("CARGO_PKG_VERSION")).to_owned(),
            Self::Pause => "localhost/pause:1".to_owned(),
            Self::Probe => "localhost/probe:1".to_owned(),
            Self::StoreDouble => "localhost/store-double:1".to_owned(),
            Self::Vector(_) => "docker.io/timberio/vector:0.57.0-distroless-static".to_owned(),
        }
    }

    fn archive(&self, cache: &Cache) -> Result<(PathBuf, Outcome)> {
        let reference = self.reference();
        match self {
            Self::ByteClient => BYTE_CLIENT.archive_of_go_module(cache, &reference),
            Self::Dns(binary) => DNS.archive(cache, &reference, binary),
            Self::Kafka(version) => kafka::archive(cache, *version, &reference),
            Self::Loki => loki::archive(cache, &reference),
            Self::OpenSearch => opensearch::archive(cache, &reference),
            Self::Operator(binary) => OPERATOR.archive(cache, &reference, binary),
            Self::Pause => PAUSE.archive_of_go_module(cache, &reference),
            Self::Probe => probe::archive(cache, &reference),
            Self::StoreDouble => STORE_DOUBLE.archive_of_go_module(cache, &reference),
            Self::Vector(vector) => vector.archive(cache, &reference),
        }
    }
}

const BYTE_CLIENT: Program<'_> =
    Program { name: "byte-client", path: "byte-client", user: 65532, arguments: &["wait"] };
const DNS: Program<'_> = Program { name: "coredns", path: "coredns", user: 65532, arguments: &[] };
const OPERATOR: Program<'_> = Program { name: "operator", path: "operator", user: 65532, arguments: &["run"] };
const PAUSE: Program<'_> = Program { name: "pause", path: "pause", user: 65535, arguments: &[] };
const STORE_DOUBLE: Program<'_> = Program { name: "store-double", path: "store-double", user: 65532, arguments: &[] };

/// Makes the archives of `images` that are not cached, prints a line for each, and returns their paths in the same order.
pub fn ensure(images: &[Image]) -> Result<Vec<PathBuf>> {
    let cache = Cache::open()?;
    images.iter().map(|image| ensure_one(&cache, image)).collect()
}

fn ensure_one(cache: &Cache, image: &Image) -> Result<PathBuf> {
    let start = Instant::now();
    let (path, outcome) = image.archive(cache)?;
    let name = format!("image {}", image.reference());
    let seconds = start.elapsed().as_secs_f64();
    let megabytes = fs::metadata(&path)?.len() / 1_000_000;
    let how = if outcome == Outcome::Built { "built" } else { "cached" };
    anstream::eprintln!("{name:<64} {seconds:>6.1} s  {how}, {megabytes} MB");
    Ok(path)
}

/// The folder of `e2e/images` that an image is made from.
fn sources(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("images").join(name)
}
