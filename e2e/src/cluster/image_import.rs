//! Which images a node has: so that an import that would change nothing is not done.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A folder with an empty file for each image content that was imported.
pub(super) struct Marks {
    dir: PathBuf,
}

impl Marks {
    pub(super) fn in_dir(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("create {}", dir.display()))?;
        Ok(Self { dir: dir.to_owned() })
    }

    /// Runs `import` unless it succeeded before for an archive with the same image name and content.
    pub(super) fn once(&self, archive: &Path, import: impl FnOnce() -> Result<()>) -> Result<()> {
        let Content { name, digest } = Content::of(archive)?;
        let mark = self.dir.join(format!("{name}-{digest}"));
        if mark.exists() {
            return Ok(());
        }
        import()?;
        self.forget_older(&name)?;
        File::create(&mark).with_context(|| format!("create {}", mark.display()))?;
        Ok(())
    }

    /// An older content under the same name was replaced, such as Vector by its stand-in: going back to it is an import again.
    fn forget_older(&self, name: &str) -> Result<()> {
        let prefix = format!("{name}-");
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&prefix)) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

/// What an archive holds.
struct Content {
    /// The image's name, as that of a file.
    name: String,
    /// The hash of its two JSON files: they hold the digests of all layers, so the layers are not read.
    digest: String,
}

impl Content {
    fn of(archive: &Path) -> Result<Self> {
        let file = File::open(archive).with_context(|| format!("open {}", archive.display()))?;
        let mut hash = Sha256::new();
        let mut manifest = None;
        for entry in tar::Archive::new(file).entries_with_seek()? {
            let mut entry = entry?;
            let path = entry.path()?.into_owned();
            if path.extension().is_some_and(|extension| extension == "json") {
                let mut content = Vec::new();
                entry.read_to_end(&mut content)?;
                hash.update(&content);
                if path == Path::new("manifest.json") {
                    manifest = Some(serde_json::from_slice::<Value>(&content)?);
                }
            }
        }
        let manifest =
            manifest.with_context(|| format!("{} is no docker-archive: it has no manifest.json", archive.display()))?;
        let name = manifest[0]["RepoTags"][0].as_str().with_context(|| format!("{} has no name", archive.display()))?;
        Ok(Self { name: name.replace('/', "_"), digest: format!("{:x}", hash.finalize()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(dir: &Path, config: &str) -> PathBuf {
        // The file's name says nothing: two programs may stand for one image.
        let path = dir.join(format!("{config}.tar"));
        let mut tar = tar::Builder::new(File::create(&path).unwrap());
        for (name, content) in [
            ("0/layer.tar", "a layer"),
            ("config.json", config),
            ("manifest.json", r#"[{"RepoTags": ["example.com/image:1"]}]"#),
        ] {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, name, content.as_bytes()).unwrap();
        }
        tar.finish().unwrap();
        path
    }

    fn imports(marks: &Marks, archive: &Path) -> bool {
        let mut imported = false;
        marks
            .once(archive, || {
                imported = true;
                Ok(())
            })
            .unwrap();
        imported
    }

    #[test]
    fn the_same_content_is_imported_once_and_a_former_one_again() {
        let dir = tempfile::tempdir().unwrap();
        let marks = Marks::in_dir(&dir.path().join("marks")).unwrap();
        assert!(imports(&marks, &archive(dir.path(), "old")));
        assert!(!imports(&marks, &archive(dir.path(), "old")));
        assert!(imports(&marks, &archive(dir.path(), "new")));
        assert!(imports(&marks, &archive(dir.path(), "old")));
    }

    #[test]
    fn an_import_that_failed_is_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let marks = Marks::in_dir(&dir.path().join("marks")).unwrap();
        let archive = archive(dir.path(), "config");
        marks.once(&archive, || anyhow::bail!("no space")).unwrap_err();
        assert!(imports(&marks, &archive));
    }

    #[test]
    fn another_kind_of_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plain.tar");
        tar::Builder::new(File::create(&path).unwrap()).finish().unwrap();
        let error = Content::of(&path).err().unwrap().to_string();
        assert!(error.contains("is no docker-archive"), "{error}");
    }
}
