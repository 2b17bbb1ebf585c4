//! A store's own HTTP API, as this machine reaches it by the address of its Service.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// What answers at an address.
pub struct Web {
    pub base: String,
}

impl Web {
    /// The answer to GET, as JSON.
    pub fn get(&self, path: &str) -> Result<Value> {
        self.ask("GET", path, None)
    }

    /// The answer to any method with a body in JSON.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        self.ask(method, path, Some(body))
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--fail-with-body",
            "--globoff",
            "--max-time",
            "30",
            "--request",
            method,
        ]);
        if body.is_some() {
            curl.args(["--header", "Content-Type: application/json", "--data-binary", "@-"]);
        }
        curl.arg(format!("{}{path}", self.base)).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut curl = curl.spawn().context("start curl")?;
        let mut input = curl.stdin.take().context("curl has an input")?;
        input.write_all(body.map(Value::to_string).unwrap_or_default().as_bytes())?;
        drop(input);
        let output = curl.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "{method} {path}: {text}{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&text).with_context(|| format!("{method} {path}: {text}"))
    }
}
