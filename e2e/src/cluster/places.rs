//! Where the test bed keeps what it builds and what it runs.

use std::env;
use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

/// The two folders of the test bed, both outside the work tree.
#[derive(Debug, Clone)]
pub struct Places {
    cache: PathBuf,
    state: PathBuf,
}

impl Places {
    /// `$XDG_CACHE_HOME/kafkapipelines` (else `~/.cache/kafkapipelines`), and `testbed` in it unless
    /// `KAFKAPIPELINES_TESTBED` names another folder for the state.
    ///
    /// # Errors
    /// When neither `XDG_CACHE_HOME` nor `HOME` is set, or a folder cannot be created.
    pub fn from_env() -> Result<Self> {
        let caches = env::var_os("XDG_CACHE_HOME")
            .filter(|dir| !dir.is_empty())
            .map(PathBuf::from)
            .or_else(|| env::home_dir().map(|home| home.join(".cache")))
            .context("set HOME or XDG_CACHE_HOME: the test bed's cache needs a place")?;
        let cache = caches.join("kafkapipelines");
        let state = env::var_os("KAFKAPIPELINES_TESTBED").map_or_else(|| cache.join("testbed"), PathBuf::from);
        for dir in [&cache, &state] {
            std::fs::create_dir_all(dir).with_context(|| format!("create {}", dir.display()))?;
        }
        Ok(Self { cache: cache.canonicalize()?, state: state.canonicalize()? })
    }

    /// Built binaries: `<module>-<hash>/<name>`.
    pub fn binaries(&self) -> PathBuf {
        self.cache.join("bin")
    }

    /// Waits until no other command changes a cluster, and keeps others waiting until the lock is dropped.
    pub(super) fn lock(&self) -> Result<File> {
        let path = self.state.join("lock");
        let file = File::create(&path).with_context(|| format!("create {}", path.display()))?;
        file.lock().with_context(|| format!("lock {}", path.display()))?;
        Ok(file)
    }

    /// The state of the level 1 cluster.
    pub(super) fn level1(&self) -> PathBuf {
        self.state.join("level1")
    }

    /// The state of the level 2 cluster.
    pub(super) fn level2(&self) -> PathBuf {
        self.state.join("level2")
    }
}
