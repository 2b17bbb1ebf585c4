//! Images of one static program on an otherwise empty root.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};

use super::archive::{self, LayerWriter};
use super::cache::{Cache, Inputs, Outcome};
use super::go;
use super::sources;

/// A program on an empty root.
pub struct Program<'a> {
    /// Names the archive in the cache and the Go module in `e2e/images`.
    pub name: &'a str,
    /// The program's path in the image, without the leading slash.
    pub path: &'a str,
    /// User and group that run it.
    pub user: u64,
    /// Its arguments, unless a Pod gives others.
    pub arguments: &'a [&'a str],
}

impl Program<'_> {
    /// The image of the static binary at `binary`.
    pub fn archive(&self, cache: &Cache, reference: &str, binary: &Path) -> Result<(PathBuf, Outcome)> {
        let inputs = self.inputs(reference).file(binary)?;
        cache.file(&self.file_name(), &inputs, |out| self.write(cache, reference, &[(self.path, binary)], out))
    }

    /// The image of the Go module in `e2e/images` that has the program's name.
    pub fn archive_of_go_module(&self, cache: &Cache, reference: &str) -> Result<(PathBuf, Outcome)> {
        self.archive_of_go_module_with(cache, reference, &[])
    }

    /// The same with more static binaries, each at a path of its own.
    pub fn archive_of_go_module_with(
        &self,
        cache: &Cache,
        reference: &str,
        more: &[(&str, &Path)],
    ) -> Result<(PathBuf, Outcome)> {
        let source = sources(self.name);
        let inputs = self.inputs(reference).tree(&source)?;
        let inputs = more.iter().try_fold(inputs, |inputs, (path, binary)| inputs.text(path).file(binary))?;
        cache.file(&self.file_name(), &inputs, |out| {
            let workspace = cache.workspace()?;
            let binary = workspace.path().join(self.name);
            go::build(&source, ".", &binary)?;
            self.write(cache, reference, &[&[(self.path, binary.as_path())], more].concat(), out)
        })
    }

    fn file_name(&self) -> String {
        format!("{}.tar", self.name)
    }

    fn inputs(&self, reference: &str) -> Inputs {
        Inputs::of_recipe(include_str!("single.rs")).text(reference).text(&self.config().to_string())
    }

    fn write(&self, cache: &Cache, reference: &str, binaries: &[(&str, &Path)], out: &Path) -> Result<()> {
        let workspace = cache.workspace()?;
        let path = workspace.path().join("layer.tar");
        let mut layer = LayerWriter::create(&path)?;
        for (path, binary) in binaries {
            layer.copy(path, 0o755, binary)?;
        }
        layer.finish()?;
        archive::write(out, reference, &self.config(), &[&path])
    }

    fn config(&self) -> Value {
        json!({
            "User": format!("{0}:{0}", self.user),
            "Entrypoint": [format!("/{}", self.path)],
            "Cmd": self.arguments,
        })
    }
}
