//! kubectl against one cluster.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::command;
use super::wait;

const SERVED_WITHIN: Duration = Duration::from_secs(30);

/// kubectl with the kubeconfig of one cluster. Every call has a deadline of its own.
#[derive(Debug, Clone)]
pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
}

impl Kubectl {
    pub(super) fn new(program: PathBuf, kubeconfig: PathBuf) -> Self {
        Self { program, kubeconfig }
    }

    /// The program itself.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The kubeconfig that it uses.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A command to add arguments to, for callers who handle its output themselves.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Discovery stays out of the user's home, and a proxy of the user's is not asked for the machine's own addresses.
        command.env("KUBECONFIG", &self.kubeconfig).env("NO_PROXY", "*");
        command
    }

    /// Runs kubectl and returns its standard output.
    ///
    /// # Errors
    /// When kubectl ends with another status than 0; the error holds its standard error.
    pub fn run<I, S>(&self, args: I) -> Result<String>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        command::output(self.command().args(args))
    }

    /// Like [`Self::run`], with `input` on kubectl's standard input.
    ///
    /// # Errors
    /// When kubectl ends with another status than 0; the error holds its standard error.
    pub fn run_with_input(&self, args: &[&str], input: &str) -> Result<String> {
        command::output_with_input(self.command().args(args), input)
    }

    /// `kubectl apply --server-side` of a manifest, as the test bed's own field manager.
    ///
    /// # Errors
    /// When the API server refuses the manifest.
    pub fn apply(&self, manifest: &str) -> Result<String> {
        let args = ["apply", "--server-side", "--force-conflicts", "--field-manager=testbed", "--filename=-"];
        self.run_with_input(&args, manifest)
    }

    /// Waits until custom resources are served. `kubectl wait` fails where it meets a definition in the moment before it has
    /// any condition.
    ///
    /// # Errors
    /// When one of them is not in time.
    pub fn await_definitions(&self, names: &[&str]) -> Result<()> {
        let established = r#"--output=jsonpath={.status.conditions[?(@.type=="Established")].status}"#;
        names.iter().try_for_each(|name| {
            let get = ["get", "customresourcedefinition", name, established];
            self.until(&format!("{name} are served"), SERVED_WITHIN, &get, |status| status == "True")
        })
    }

    /// Waits until `condition` holds for the output of the same call repeated.
    ///
    /// # Errors
    /// When the deadline passes first. A call that fails counts as "not yet": the last failure is in the error.
    pub fn until(
        &self,
        what: &str,
        deadline: Duration,
        args: &[&str],
        mut condition: impl FnMut(&str) -> bool,
    ) -> Result<()> {
        let mut last = String::new();
        wait::until(what, deadline, || match self.run(args) {
            Ok(output) => {
                let holds = condition(&output);
                last = output;
                Ok(holds)
            }
            Err(error) => {
                last = format!("{error:#}");
                Ok(false)
            }
        })
        .map_err(|error| error.context(format!("kubectl {} said last: {last}", args.join(" "))))
    }

    pub(super) fn is_api_ready(&self) -> bool {
        self.run(["get", "--raw=/readyz", "--request-timeout=5s"]).is_ok()
    }
}
