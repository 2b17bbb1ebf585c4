//! The Git repository that Argo CD reads: a copy of what this project's own one has for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use walkdir::WalkDir;

use crate::cluster::command;

const FOLDERS: [&str; 5] = ["argocd", "charts", "crds/yaml", "examples", "overlays"];
/// The address that the files of `argocd/` have for it. Like every user, a test puts its own there.
const EXAMPLE_URL: &str = "https://git.example.com/platform/log-pipelines.git";

/// A Git repository in a folder that goes when this is dropped.
pub struct Repository {
    dir: tempfile::TempDir,
}

impl Repository {
    /// With one commit: the folders of this project that are for users, and the repository's own address in `argocd/`.
    ///
    /// # Errors
    /// When a folder is missing, or git is.
    pub fn of_project() -> Result<Self> {
        let repository = Self::empty()?;
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        FOLDERS.iter().try_for_each(|folder| copy(&project.join(folder), &repository.file(folder)))?;
        repository.take_address()?;
        repository.commit("As in the project")?;
        Ok(repository)
    }

    fn empty() -> Result<Self> {
        let repository = Self { dir: tempfile::tempdir()? };
        repository.git(&["init", "--quiet", "--initial-branch=main"])?;
        Ok(repository)
    }

    /// Its address, for the processes of this machine.
    pub fn url(&self) -> String {
        format!("file://{}", self.dir.path().display())
    }

    /// The path of one of its files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Puts `with` in the place of `text`, which must be in the file once.
    ///
    /// # Errors
    /// When it is not, or the file cannot be written.
    pub fn replace(&self, file: &str, text: &str, with: &str) -> Result<()> {
        let path = self.file(file);
        let before = fs::read_to_string(&path).with_context(|| format!("read {file}"))?;
        let count = before.matches(text).count();
        ensure!(count == 1, "{text:?} is in {file} {count} times");
        fs::write(&path, before.replace(text, with)).with_context(|| format!("write {file}"))
    }

    /// Commits everything and returns the commit's hash.
    ///
    /// # Errors
    /// When nothing has changed.
    pub fn commit(&self, message: &str) -> Result<String> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", message])?;
        self.head()
    }

    /// Commits the opposite of the last commit and returns its hash.
    ///
    /// # Errors
    /// When git cannot.
    pub fn revert(&self) -> Result<String> {
        self.git(&["revert", "--no-edit", "HEAD"])?;
        self.head()
    }

    /// The hash of the last commit.
    ///
    /// # Errors
    /// When there is none.
    pub fn head(&self) -> Result<String> {
        Ok(self.git(&["rev-parse", "HEAD"])?.trim().to_owned())
    }

    fn take_address(&self) -> Result<()> {
        let mut taken = false;
        for entry in WalkDir::new(self.file("argocd")) {
            let entry = entry?;
            if entry.file_type().is_file() {
                let text = fs::read_to_string(entry.path())?;
                taken |= text.contains(EXAMPLE_URL);
                fs::write(entry.path(), text.replace(EXAMPLE_URL, &self.url()))?;
            }
        }
        ensure!(taken, "no file of argocd/ names {EXAMPLE_URL}");
        Ok(())
    }

    /// git without the user's own settings.
    fn git(&self, arguments: &[&str]) -> Result<String> {
        let mut git = Command::new("git");
        git.current_dir(self.dir.path()).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        git.args(["-c", "user.name=a test", "-c", "user.email=test@example.com"]);
        command::output(git.args(arguments))
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("a folder is in a folder")?)?;
    command::output(Command::new("cp").arg("-R").arg(from).arg(to))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_can_be_taken_back() {
        let repository = Repository::empty().unwrap();
        let file = repository.file("a.yaml");
        fs::write(&file, "size: 5Gi\n").unwrap();
        let first = repository.commit("first").unwrap();
        repository.replace("a.yaml", "5Gi", "4Gi").unwrap();
        let second = repository.commit("second").unwrap();
        let third = repository.revert().unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "size: 5Gi\n");
        assert_eq!(repository.head().unwrap(), third);
        assert!(first != second && second != third && first != third);
    }

    #[test]
    fn text_that_is_not_there_is_not_replaced_in_silence() {
        let repository = Repository::empty().unwrap();
        fs::write(repository.file("a.yaml"), "a: 1\nb: 1\n").unwrap();
        for (text, times) in [("c: 1", 0), (": 1", 2)] {
            let error = repository.replace("a.yaml", text, "").unwrap_err().to_string();
            assert_eq!(error, format!("{text:?} is in a.yaml {times} times"));
        }
    }

    #[test]
    fn the_projects_own_files_name_the_repository_they_are_in() {
        let repository = Repository::of_project().unwrap();
        let root = fs::read_to_string(repository.file("argocd/root.yaml")).unwrap();
        assert!(root.contains(&repository.url()) && !root.contains(EXAMPLE_URL), "{root}");
    }
}
