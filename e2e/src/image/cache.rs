//! Built files outside the work tree, each with the digest of what it was built from.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use walkdir::WalkDir;

const WORKSPACES: &str = "work";

/// The directory of images and layers. While it is open no other process builds in it.
pub struct Cache {
    directory: PathBuf,
    _lock: File,
}

/// Whether a file was there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its inputs had not changed.
    Cached,
    /// It was built now.
    Built,
}

impl Cache {
    /// Opens `$XDG_CACHE_HOME/kafkapipelines/images`, by default below `~/.cache`, and waits for another process that builds there.
    pub fn open() -> Result<Self> {
        let base = match std::env::var_os("XDG_CACHE_HOME") {
            Some(base) => PathBuf::from(base),
            None => PathBuf::from(std::env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?)
                .join(".cache"),
        };
        Self::open_at(base.join("kafkapipelines/images"))
    }

    fn open_at(directory: PathBuf) -> Result<Self> {
        fs::create_dir_all(&directory).with_context(|| format!("create {}", directory.display()))?;
        let lock = File::create(directory.join("lock"))?;
        lock.lock().context("lock the image cache")?;
        // Half a gigabyte for each build that was killed.
        let workspaces = directory.join(WORKSPACES);
        if workspaces.exists() {
            fs::remove_dir_all(&workspaces).with_context(|| format!("remove {}", workspaces.display()))?;
        }
        fs::create_dir(workspaces)?;
        Ok(Self { directory, _lock: lock })
    }

    /// The path of the file `name`, by `build` if it is not there or was built from other inputs. `build` writes to the path it is given.
    pub fn file(
        &self,
        name: &str,
        inputs: &Inputs,
        build: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<(PathBuf, Outcome)> {
        let path = self.directory.join(name);
        let sidecar = self.directory.join(format!("{name}.inputs"));
        let digest = inputs.digest();
        if path.exists() && fs::read_to_string(&sidecar).is_ok_and(|built| built == digest) {
            return Ok((path, Outcome::Cached));
        }
        let part = self.directory.join(format!("{name}.part"));
        build(&part).with_context(|| format!("build {name}"))?;
        // A run that is cut off from here on leaves a file without a sidecar, never one with the sidecar of another.
        if sidecar.exists() {
            fs::remove_file(&sidecar)?;
        }
        fs::rename(&part, &path)?;
        fs::write(sidecar, digest)?;
        Ok((path, Outcome::Built))
    }

    /// A directory for one build, on the cache's own file system: the system's temporary one may be small.
    pub fn workspace(&self) -> Result<TempDir> {
        Ok(tempfile::tempdir_in(self.directory.join(WORKSPACES))?)
    }
}

/// What a file is built from.
#[derive(Clone)]
pub struct Inputs(Sha256);

impl Inputs {
    /// Starts with the code that builds the file, by `include_str!`: another recipe is another file.
    pub fn of_recipe(code: &str) -> Self {
        Self(Sha256::new()).text(include_str!("archive.rs")).text(code)
    }

    /// Adds a text: a version, a list, a path inside the image.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// Adds the name and contents of each file below `directory`.
    pub fn tree(mut self, directory: &Path) -> Result<Self> {
        for entry in WalkDir::new(directory).sort_by_file_name() {
            let entry = entry?;
            if entry.file_type().is_file() {
                let name = entry.path().strip_prefix(directory)?.to_string_lossy().into_owned();
                self = self.text(&name).file(entry.path())?;
            }
        }
        Ok(self)
    }

    /// Adds a file's contents.
    pub fn file(self, path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
        Ok(self.bytes(&bytes))
    }

    /// The length stands before the bytes, so that no two lists of inputs read the same.
    fn bytes(self, bytes: &[u8]) -> Self {
        Self(self.0.chain_update(bytes.len().to_le_bytes()).chain_update(bytes))
    }

    fn digest(&self) -> String {
        format!("{:x}", self.0.clone().finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(text: &str) -> impl FnOnce(&Path) -> Result<()> {
        move |path| Ok(fs::write(path, text)?)
    }

    #[test]
    fn a_file_is_built_again_only_when_its_inputs_changed() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open_at(dir.path().join("images")).unwrap();
        let old = Inputs::of_recipe("code").text("1");
        let new = Inputs::of_recipe("code").text("2");

        assert_eq!(cache.file("a", &old, write("one")).unwrap().1, Outcome::Built);
        assert_eq!(cache.file("a", &old, write("other")).unwrap().1, Outcome::Cached);
        let (path, outcome) = cache.file("a", &new, write("two")).unwrap();
        assert_eq!(outcome, Outcome::Built);
        assert_eq!(fs::read_to_string(path).unwrap(), "two");
    }

    #[test]
    fn a_build_that_fails_leaves_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open_at(dir.path().join("images")).unwrap();
        let old = Inputs::of_recipe("code");
        let new = Inputs::of_recipe("other code");
        let (path, _) = cache.file("a", &old, write("one")).unwrap();

        let failed = cache.file("a", &new, |part| {
            fs::write(part, "half")?;
            anyhow::bail!("no space")
        });

        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(path).unwrap(), "one");
        assert_eq!(cache.file("a", &new, write("two")).unwrap().1, Outcome::Built);
    }

    #[test]
    fn what_a_killed_build_left_is_gone_when_the_cache_is_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open_at(dir.path().join("images")).unwrap();
        let left = cache.workspace().unwrap().keep();
        drop(cache);

        Cache::open_at(dir.path().join("images")).unwrap();

        assert!(!left.exists());
    }

    #[test]
    fn inputs_differ_when_their_borders_do() {
        let inputs = |texts: [&str; 2]| Inputs::of_recipe("").text(texts[0]).text(texts[1]).digest();
        assert_ne!(inputs(["ab", "c"]), inputs(["a", "bc"]));
    }
}
