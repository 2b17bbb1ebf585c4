//! The container images of the test bed, as docker-archive files made without a registry or a daemon.
//!
//! Sources that go into images are in `e2e/images`. Archives are cached in `$XDG_CACHE_HOME/kafkapipelines/images`.

pub mod archive;
pub mod cache;
mod debian;
pub mod kafka;
mod prerequisites;
mod process;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;

use cache::{Cache, Outcome};

/// An image that the test bed can make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// Kafka with the layout of the official image.
    Kafka(kafka::Version),
}

impl Image {
    /// The full name that Pods ask for.
    pub fn reference(&self) -> String {
        match self {
            Self::Kafka(version) => format!("docker.io/apache/kafka:{version}"),
        }
    }

    fn archive(&self, cache: &Cache) -> Result<(PathBuf, Outcome)> {
        let reference = self.reference();
        match self {
            Self::Kafka(version) => kafka::archive(cache, *version, &reference),
        }
    }
}

/// Makes the archives of `images` that are not cached, prints a line for each, and returns their paths in the same order.
pub fn ensure(images: &[Image]) -> Result<Vec<PathBuf>> {
    let cache = Cache::open()?;
    images.iter().map(|image| ensure_one(&cache, image)).collect()
}

fn ensure_one(cache: &Cache, image: &Image) -> Result<PathBuf> {
    let start = Instant::now();
    let (path, outcome) = image.archive(cache)?;
    let how = match outcome {
        Outcome::Built => "built in",
        Outcome::Cached => "cached, checked in",
    };
    let megabytes = fs::metadata(&path)?.len() / 1_000_000;
    let seconds = start.elapsed().as_secs_f32();
    anstream::println!("image {}  {how} {seconds:.1} s, {megabytes} MB", image.reference());
    Ok(path)
}

/// The folder of `e2e/images` that an image is made from.
fn sources(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("images").join(name)
}
