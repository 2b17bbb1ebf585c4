//! Doing what a page says.

use std::fs;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};

use super::environment::Environment;
use super::page::{Section, Step, Work};
use crate::cluster::step;

/// Far more than any block takes: what a block waits for has a shorter deadline in the block itself.
const DEADLINE: &str = "12m";

impl Section {
    /// Does its steps one after another, with a line for each.
    ///
    /// # Errors
    /// At the first step that fails; the error has the block, its line in the page, and what it printed.
    pub fn run(&self, environment: &Environment) -> Result<()> {
        self.steps.iter().try_for_each(|it| {
            let place = format!("{}:{}  {}", self.page, it.line, it.title());
            step(&place, || it.run(environment, DEADLINE))
        })
    }
}

impl Step {
    /// What it begins with, for a person.
    fn title(&self) -> &str {
        match &self.work {
            Work::Run(script) => script.lines().next().unwrap_or_default(),
            Work::Write { file, .. } => file,
        }
    }

    fn run(&self, environment: &Environment, deadline: &str) -> Result<()> {
        match &self.work {
            Work::Run(script) => run(environment, script, deadline),
            Work::Write { file, text } => {
                let file = environment.tree().join(file);
                fs::create_dir_all(file.parent().context("a file is in a folder")?)?;
                fs::write(&file, text).with_context(|| format!("write {}", file.display()))
            }
        }
    }
}

/// Runs a script, and with it all that it starts, to its end or the deadline's.
fn run(environment: &Environment, script: &str, deadline: &str) -> Result<()> {
    let output = environment.shell(script, deadline).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        let printed = String::from_utf8_lossy(&output.stdout);
        bail!("{} after at most {deadline} of\n{script}\nwhich printed\n{printed}", output.status);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Page;
    use super::*;

    fn do_all(page: &str) -> Result<Environment> {
        let environment = Environment::empty()?;
        fs::create_dir(environment.tree())?;
        Page::new("page.md", page).section("Do")?.run(&environment)?;
        Ok(environment)
    }

    #[test]
    fn files_are_written_and_scripts_find_them() {
        let page = "# Do\n\n```yaml\n# a/b.yaml\nc: 1\n```\n\n```sh\ncp a/b.yaml copy.yaml\n```\n";
        let environment = do_all(page).unwrap();
        assert_eq!(fs::read_to_string(environment.tree().join("copy.yaml")).unwrap(), "# a/b.yaml\nc: 1\n");
    }

    #[test]
    fn a_block_ends_at_the_first_command_that_fails_and_all_it_printed_is_shown() {
        let page = "# Do\n\n```sh\necho out\necho err >&2\nfalse | true\necho more\n```\n\n```sh\ntouch next\n```\n";
        let error = format!("{:#}", do_all(page).unwrap_err());
        assert!(error.contains("page.md:4") && error.ends_with("which printed\nout\nerr\n"), "{error}");
    }

    #[test]
    fn a_block_that_hangs_is_ended() {
        let environment = Environment::empty().unwrap();
        fs::create_dir(environment.tree()).unwrap();
        let error = run(&environment, "echo waiting; sleep 600", "0.2s").unwrap_err().to_string();
        assert!(error.contains("0.2s") && error.ends_with("waiting\n"), "{error}");
    }
}
