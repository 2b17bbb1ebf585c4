//! A reader's desk: a clone of the repository, a shell with the programs that the page asks for, a cluster to talk to.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use walkdir::{DirEntry, WalkDir};

use super::tree;
use crate::cluster::Cluster;
use crate::image::Image;

const DOCKER_DOUBLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/doubles/docker");

/// Where the steps of a page are done. It is removed when this is dropped.
#[derive(Debug)]
pub struct Environment {
    home: TempDir,
}

impl Environment {
    /// With a copy of the work tree as it is, kubectl, `programs`, and the double for docker in front of the machine's own programs.
    ///
    /// # Errors
    /// When a file cannot be copied, or a node is switched off.
    pub fn new(cluster: &Cluster, programs: &[PathBuf]) -> Result<Self> {
        Self::with_copy_of(&tree(), cluster, programs)
    }

    /// As [`Self::new`], with a copy of another folder: a repository of the user's.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_copy_of(folder: &Path, cluster: &Cluster, programs: &[PathBuf]) -> Result<Self> {
        let environment = Self::empty()?;
        copy_tree(folder, &environment.tree())?;
        let docker = PathBuf::from(DOCKER_DOUBLE);
        let kubectl = cluster.kubectl_program().program().to_owned();
        fs::create_dir(environment.programs())?;
        for program in [&docker, &kubectl].into_iter().chain(programs) {
            let name = program.file_name().context("a program has a name")?;
            symlink(program.canonicalize()?, environment.programs().join(name))?;
        }
        fs::copy(cluster.kubeconfig(), environment.kubeconfig())?;
        environment.tell_docker_double(cluster)?;
        Ok(environment)
    }

    /// A home without anything in it.
    pub(super) fn empty() -> Result<Self> {
        Ok(Self { home: tempfile::tempdir()? })
    }

    /// The copy of the work tree, in which blocks are run.
    pub fn tree(&self) -> PathBuf {
        self.home.path().join("kafkapipelines")
    }

    /// bash for one script, at the root of the copy, with all that it prints on its standard output. When the deadline passes
    /// it is ended with all that it has started.
    pub(super) fn shell(&self, script: &str, deadline: &str) -> Command {
        let mut shell = Command::new("timeout");
        shell.args(["--kill-after=5s", deadline, "bash", "-euo", "pipefail", "-c", &format!("exec 2>&1; {script}")]);
        shell.current_dir(self.tree());
        shell.env("HOME", self.home.path()).env("KUBECONFIG", self.kubeconfig());
        // A proxy of the user's is not asked for the machine's own addresses.
        shell.env("PATH", self.path()).env("NO_PROXY", "*").env("DOCKER_DOUBLE", self.docker());
        shell
    }

    fn programs(&self) -> PathBuf {
        self.home.path().join("bin")
    }

    fn kubeconfig(&self) -> PathBuf {
        self.home.path().join("kubeconfig")
    }

    fn docker(&self) -> PathBuf {
        self.home.path().join("docker-double")
    }

    fn path(&self) -> OsString {
        let mut path = self.programs().into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        path
    }

    /// What the double gives new names to, and the command on each node that does.
    fn tell_docker_double(&self, cluster: &Cluster) -> Result<()> {
        fs::create_dir(self.docker())?;
        let operator = Image::Operator(PathBuf::new()).reference();
        fs::write(self.docker().join("operator"), operator)?;
        let nodes = cluster.nodes().iter().map(|node| Ok(line_of(&node.command("ctr")?)));
        fs::write(self.docker().join("nodes"), nodes.collect::<Result<String>>()?)?;
        Ok(())
    }
}

fn line_of(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    format!("{}\n", words.join(" "))
}

/// What a clone would have: no hidden files, and nothing that was built.
fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    let is_source = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() != 1 || (!name.starts_with('.') && name != "target")
    };
    for entry in WalkDir::new(from).into_iter().filter_entry(is_source) {
        let entry = entry?;
        let copy = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            fs::create_dir(&copy)?;
        } else if entry.file_type().is_file() {
            fs::copy(entry.path(), &copy).with_context(|| format!("copy {}", entry.path().display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_without_what_was_built_and_what_is_hidden() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        for file in [".git/config", "target/debug/program", "charts/a/.helmignore", "charts/a/target/values.yaml"] {
            let file = from.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        copy_tree(&from, &to).unwrap();
        let copied = |file: &str| to.join(file).exists();
        assert!(copied("charts/a/.helmignore") && copied("charts/a/target/values.yaml"));
        assert!(!copied(".git") && !copied("target"));
    }
    #[test]
    fn the_double_for_docker_gives_names_only_to_what_it_built() {
        let environment = Environment::empty().unwrap();
        fs::create_dir_all(environment.tree()).unwrap();
        fs::create_dir(environment.docker()).unwrap();
        for (file, text) in [("operator", "operator:1"), ("nodes", "echo one\necho two\n")] {
            fs::write(environment.docker().join(file), text).unwrap();
        }
        fs::write(environment.tree().join("Dockerfile"), "").unwrap();
        let docker = |arguments: &str| {
            let output = environment.shell(&format!("{DOCKER_DOUBLE} {arguments}"), "1m").output().unwrap();
            (output.status.success(), String::from_utf8(output.stdout).unwrap())
        };

        let refused = (false, "the double for docker: mine:1 was not built\n".to_owned());
        assert_eq!(docker("push mine:1"), refused);
        assert_eq!(docker("build -t mine:1 ."), (true, String::new()));
        let tag = "--namespace=k8s.io images tag --force operator:1 mine:1\n";
        assert_eq!(docker("push mine:1"), (true, format!("one {tag}two {tag}")));
        assert!(!docker("run mine:1").0);
    }
}
