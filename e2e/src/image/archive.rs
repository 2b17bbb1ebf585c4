//! Layers and docker-archive files, written so that equal inputs give equal bytes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use walkdir::{DirEntry, WalkDir};

/// The time of every file, so that equal inputs give equal bytes. Not 0, which some programs that unpack take for none.
const TIME: u64 = 1;

/// Writes one layer: an uncompressed tar.
pub struct LayerWriter {
    tar: tar::Builder<BufWriter<File>>,
}

impl LayerWriter {
    /// Starts a layer in a new file at `path`.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).with_context(|| format!("create layer {}", path.display()))?;
        Ok(Self { tar: tar::Builder::new(BufWriter::new(file)) })
    }

    /// Adds a directory that belongs to user and group `owner`.
    pub fn directory(&mut self, path: impl AsRef<Path>, mode: u32, owner: u64) -> Result<()> {
        self.append(path.as_ref(), &mut header(tar::EntryType::Directory, mode, owner), io::empty())
    }

    /// Adds a file with the given contents that belongs to root.
    pub fn file(&mut self, path: impl AsRef<Path>, mode: u32, contents: &[u8]) -> Result<()> {
        let mut header = header(tar::EntryType::Regular, mode, 0);
        header.set_size(contents.len() as u64);
        self.append(path.as_ref(), &mut header, contents)
    }

    /// Adds a copy of the file `from`, streamed, that belongs to root.
    pub fn copy(&mut self, path: impl AsRef<Path>, mode: u32, from: &Path) -> Result<()> {
        let file = File::open(from).with_context(|| format!("open {}", from.display()))?;
        let mut header = header(tar::EntryType::Regular, mode, 0);
        header.set_size(file.metadata()?.len());
        self.append(path.as_ref(), &mut header, file)
    }

    /// Adds a symbolic link that belongs to root.
    pub fn symlink(&mut self, path: impl AsRef<Path>, target: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        self.tar
            .append_link(&mut header(tar::EntryType::Symlink, 0o777, 0), path, target)
            .with_context(|| format!("add {}", path.display()))
    }

    /// Adds everything below `root` with its modes and owners, except devices and what lies in `emptied` (paths relative to `root`).
    pub fn tree(&mut self, root: &Path, emptied: &[&str]) -> Result<()> {
        let kept = |entry: &DirEntry| {
            let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
            let inside = path.parent().is_some_and(|parent| emptied.iter().any(|e| parent == Path::new(e)));
            !inside && (entry.file_type().is_dir() || !emptied.iter().any(|e| path == Path::new(e)))
        };
        for entry in WalkDir::new(root).min_depth(1).sort_by_file_name().into_iter().filter_entry(kept) {
            let entry = entry?;
            let path = entry.path().strip_prefix(root)?;
            self.existing(path, entry.path())?;
        }
        Ok(())
    }

    fn existing(&mut self, path: &Path, from: &Path) -> Result<()> {
        let metadata = from.symlink_metadata()?;
        let kind = metadata.file_type();
        let mode = metadata.mode() & 0o7777;
        let mut header = header(tar::EntryType::Directory, mode, 0);
        header.set_uid(u64::from(metadata.uid()));
        header.set_gid(u64::from(metadata.gid()));
        if kind.is_dir() {
            self.append(path, &mut header, io::empty())
        } else if kind.is_symlink() {
            header.set_entry_type(tar::EntryType::Symlink);
            Ok(self.tar.append_link(&mut header, path, fs::read_link(from)?)?)
        } else if kind.is_file() {
            header.set_entry_type(tar::EntryType::Regular);
            header.set_size(metadata.len());
            self.append(path, &mut header, File::open(from)?)
        } else {
            Ok(())
        }
    }

    fn append(&mut self, path: &Path, header: &mut tar::Header, contents: impl Read) -> Result<()> {
        self.tar.append_data(header, path, contents).with_context(|| format!("add {}", path.display()))
    }

    /// Ends the layer and flushes its file.
    pub fn finish(self) -> Result<()> {
        Ok(self.tar.into_inner()?.flush()?)
    }
}

/// Writes a docker-archive of the image `reference` to `path`: the layers from the lowest to the uppermost, and the `config` object of an
/// OCI image configuration (`Env`, `User`, `Cmd` …).
pub fn write(path: &Path, reference: &str, config: &Value, layers: &[&Path]) -> Result<()> {
    let file = File::create(path).with_context(|| format!("create archive {}", path.display()))?;
    let mut tar = tar::Builder::new(BufWriter::new(file));
    let mut names = Vec::new();
    let mut digests = Vec::new();
    for (index, layer) in layers.iter().enumerate() {
        let name = format!("{index}/layer.tar");
        digests.push(format!("sha256:{}", append_layer(&mut tar, &name, layer)?));
        names.push(name);
    }
    let image = json!({
        "architecture": architecture(),
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": digests},
    });
    let manifest = json!([{"Config": "config.json", "RepoTags": [reference], "Layers": names}]);
    append_json(&mut tar, "config.json", &image)?;
    append_json(&mut tar, "manifest.json", &manifest)?;
    Ok(tar.into_inner()?.flush()?)
}

fn append_layer(tar: &mut tar::Builder<impl Write>, name: &str, layer: &Path) -> Result<String> {
    let file = File::open(layer).with_context(|| format!("open layer {}", layer.display()))?;
    let mut header = header(tar::EntryType::Regular, 0o644, 0);
    header.set_size(file.metadata()?.len());
    let mut contents = Digesting { inner: file, digest: Sha256::new() };
    tar.append_data(&mut header, name, &mut contents)?;
    Ok(format!("{:x}", contents.digest.finalize()))
}

fn append_json(tar: &mut tar::Builder<impl Write>, name: &str, value: &Value) -> Result<()> {
    let bytes = serde_json::to_vec(value)?;
    let mut header = header(tar::EntryType::Regular, 0o644, 0);
    header.set_size(bytes.len() as u64);
    Ok(tar.append_data(&mut header, name, bytes.as_slice())?)
}

fn header(kind: tar::EntryType, mode: u32, owner: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner);
    header.set_gid(owner);
    header.set_mtime(TIME);
    header.set_size(0);
    header
}

/// This machine's architecture as images name it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Digests what is read through it, so that a layer of hundreds of megabytes is read once.
struct Digesting<R> {
    inner: R,
    digest: Sha256,
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.digest.update(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn entries(tar: &Path) -> BTreeMap<String, tar::Header> {
        let mut archive = tar::Archive::new(File::open(tar).unwrap());
        archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                (entry.path().unwrap().display().to_string(), entry.header().clone())
            })
            .collect()
    }

    #[test]
    fn a_tree_keeps_modes_and_links_and_loses_what_is_emptied() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("usr/share/doc/bash")).unwrap();
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::write(root.join("bin/sh"), "#!").unwrap();
        fs::set_permissions(root.join("bin/sh"), fs::Permissions::from_mode(0o751)).unwrap();
        fs::write(root.join("hostname"), "builder").unwrap();
        symlink("sh", root.join("bin/bash")).unwrap();
        let out = dir.path().join("layer.tar");

        let mut layer = LayerWriter::create(&out).unwrap();
        layer.tree(&root, &["usr/share/doc", "hostname"]).unwrap();
        layer.finish().unwrap();

        let entries = entries(&out);
        let names: Vec<&str> = entries.keys().map(String::as_str).collect();
        assert_eq!(names, ["bin", "bin/bash", "bin/sh", "usr", "usr/share", "usr/share/doc"]);
        assert_eq!(entries["bin/sh"].mode().unwrap(), 0o751);
        assert_eq!(entries["bin/bash"].link_name().unwrap().unwrap(), Path::new("sh"));
    }

    #[test]
    fn an_archive_names_its_layers_by_their_digests_and_is_the_same_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let layer = dir.path().join("layer.tar");
        let write_all = |out: &str| {
            let mut writer = LayerWriter::create(&layer).unwrap();
            writer.file("etc/motd", 0o644, b"hello").unwrap();
            writer.finish().unwrap();
            let out = dir.path().join(out);
            write(&out, "localhost/a:1", &json!({"User": "1"}), &[&layer]).unwrap();
            out
        };
        let first = write_all("a.tar");
        let second = write_all("b.tar");

        assert_eq!(fs::read(&first).unwrap(), fs::read(second).unwrap());
        tar::Archive::new(File::open(first).unwrap()).unpack(dir.path().join("out")).unwrap();
        let read = |name: &str| fs::read(dir.path().join("out").join(name)).unwrap();
        let config: Value = serde_json::from_slice(&read("config.json")).unwrap();
        let manifest: Value = serde_json::from_slice(&read("manifest.json")).unwrap();
        assert_eq!(manifest[0]["RepoTags"], json!(["localhost/a:1"]));
        let digest = format!("sha256:{:x}", Sha256::digest(read(manifest[0]["Layers"][0].as_str().unwrap())));
        assert_eq!(config["rootfs"]["diff_ids"], json!([digest]));
        assert_eq!(config["config"]["User"], "1");
    }
}
