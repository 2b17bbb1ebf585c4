//! `agent config`, as it is called, with the objects of the cluster as files.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use serde_json::{Value, json};

const OBJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/agents.yaml");

fn config(options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kubectl-kafkapipelines"))
        .args(["agent", "config", "logs", "-f", OBJECTS, "--host", "web-1", "--component", "shop"])
        .args(["--include", "/var/log/shop/*.log"])
        .args(options)
        .output()
        .unwrap()
}

fn printed(options: &[&str]) -> String {
    let output = config(options);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(options: &[&str]) -> String {
    let output = config(options);
    assert!(!output.status.success() && output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn one_file_has_all_that_a_server_needs() {
    let file: Value = serde_saphyr::from_str(&printed(&["--listener", "mutual", "--user", "web"])).unwrap();
    let authority = "-----BEGIN CERTIFICATE-----\nYXV0aG9yaXR5\n-----END CERTIFICATE-----\n";
    let tls = json!({"enabled": true, "ca_file": authority, "crt_file": "certificate\n", "key_file": "key\n"});
    assert_eq!(file["sinks"]["kafka"]["tls"], tls);
    assert_eq!(file["sinks"]["kafka"]["bootstrap_servers"], "mutual.example.com:443");
    assert_eq!(file["sources"]["files"]["include"], json!(["/var/log/shop/*.log"]));
}

#[test]
fn a_listener_that_asks_for_a_password_is_shown_one() {
    let file: Value = serde_saphyr::from_str(&printed(&["--listener", "scram", "--user", "shop"])).unwrap();
    assert_eq!(file["sinks"]["kafka"]["sasl"]["password"], "secret");
}

#[test]
fn ansible_is_given_files_with_path_mode_and_content() {
    insta::assert_snapshot!(printed(&["--listener", "mutual", "--user", "web", "-o", "ansible", "--topic", "other"]));
}

#[test]
fn a_directory_is_the_servers_own_and_nobody_else_reads_the_key() {
    let directory = std::env::temp_dir().join(format!("agent-config-{}", std::process::id()));
    let path = directory.to_str().unwrap();
    printed(&["--listener", "mutual", "--user", "web", "-o", "dir", "--directory", path]);
    let key = directory.join("kafka/user.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&key).unwrap(), "key\n");
    assert!(fs::read_to_string(directory.join("vector.yaml")).unwrap().contains("/etc/vector/kafka/user.key"));
    fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn what_is_missing_is_said() {
    for (options, said) in [
        (&[][..], "say which by --listener: open, mutual, scram"),
        (&["--listener", "tls"], "the external listeners are: open"),
        (&["--listener", "mutual"], "say a user of the pipeline by --user"),
        (&["--listener", "mutual", "--user", "shop"], "the user shop has no user.crt"),
        (&["--listener", "scram", "--user", "web"], "the user web has no password"),
        (&["--listener", "open", "--user", "nobody"], "the Secret logs-nobody is not among the documents"),
    ] {
        let found = refused(options);
        assert!(found.contains(said), "{options:?}: {found}");
    }
    assert!(refused(&["--listener", "open", "--host-ip", "web"]).contains("invalid IP address"));
}
