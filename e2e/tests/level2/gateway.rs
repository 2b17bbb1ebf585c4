//! What hosts without an agent send to the gateway is in Kafka: a real rsyslog, Promtail's pushes and curl. Only where a real Vector is
//! given: the stand-in has none of these sources.

use std::env;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use kafkapipelines_e2e::cluster::{step, until};
use kafkapipelines_e2e::installation::{ByteClient, Operator, Pipeline, provide_byte_client, remove_namespace};
use kafkapipelines_e2e::rsyslog::Rsyslog;
use serde_json::{Value, json};

use super::bed::{READY_WITHIN, bootstrap, cluster};

const NAMESPACE: &str = "gateway";
const MANIFEST: &str = include_str!("gateway.yaml");
const SOON: Duration = Duration::from_mins(1);

#[test]
fn what_rsyslog_promtail_and_curl_send_is_in_kafka() -> Result<()> {
    if ["E2E_VECTOR_BIN", "E2E_VECTOR_IMAGE"].iter().all(|name| env::var_os(name).is_none()) {
        eprintln!("left out: it takes a real Vector, by E2E_VECTOR_BIN or E2E_VECTOR_IMAGE");
        return Ok(());
    }
    let cluster = cluster(1)?;
    provide_byte_client(&cluster)?;
    remove_namespace(&cluster, NAMESPACE)?;
    Operator::install(&cluster, NAMESPACE)?;
    let pipeline = Pipeline::new(&cluster, NAMESPACE, "gathered");
    pipeline.apply_text(MANIFEST)?;
    step("one node and a gateway", || pipeline.await_ready(READY_WITHIN))?;
    let available = ["wait", "deployment", "gathered-gateway", "--for=condition=Available", "--timeout=120s"];
    pipeline.kubectl(&available)?;
    let gateway = Gateway::find(&pipeline)?;
    step("rsyslog, by TCP and UDP", || gateway.takes_syslog())?;
    step("HTTP", || gateway.takes_http())?;
    step("Promtail", || gateway.takes_pushes())?;
    remove_namespace(&cluster, NAMESPACE)
}

/// The gateway by its Service, as this machine reaches it.
struct Gateway {
    address: String,
    client: ByteClient,
    bootstrap: String,
}

impl Gateway {
    fn find(pipeline: &Pipeline) -> Result<Self> {
        let service = pipeline.object("service", "gathered-gateway")?;
        let address = service["spec"]["clusterIP"].as_str().context("an address")?.to_owned();
        Ok(Self { address, client: ByteClient::start(pipeline)?, bootstrap: bootstrap(pipeline, 9093) })
    }

    /// Waits until `count` lines with this message are in the topic, and returns them.
    fn arrived(&self, message: &str, count: usize) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        until(&format!("{count} × {message}"), SOON, || {
            let lines = self.client.read(&self.bootstrap, "lines")?;
            let lines = lines.iter().filter_map(|line| serde_json::from_slice::<Value>(line).ok());
            found = lines.filter(|line| line["message"] == message).collect();
            Ok(found.len() >= count)
        })
        .with_context(|| format!("{found:?}"))?;
        ensure!(found.len() == count, "{found:?}");
        Ok(found)
    }

    fn takes_syslog(&self) -> Result<()> {
        let rsyslog = Rsyslog::start(&self.address, 601, 514)?;
        let message = "a line, with \"quotes\" and ümlauts";
        rsyslog.log("shop", message)?;
        for line in self.arrived(message, 2)? {
            assert_eq!((&line["component"], &line["source"]), (&json!("shop"), &json!("syslog")), "{line}");
            assert_eq!((&line["severity"], &line["facility"]), (&json!("notice"), &json!("user")), "{line}");
            assert!(line["host"].is_string() && line["timestamp"].is_string(), "{line}");
        }
        Ok(())
    }

    fn takes_http(&self) -> Result<()> {
        let body = br#"{"message": "by curl", "host": "web-1", "component": "shop"}"#;
        assert_eq!(self.post(8080, "/", "application/json", body)?, "200");
        let line = self.arrived("by curl", 1)?.remove(0);
        assert_eq!((&line["host"], &line["component"]), (&json!("web-1"), &json!("shop")), "{line}");
        Ok(())
    }

    /// In both of the forms that Loki takes.
    fn takes_pushes(&self) -> Result<()> {
        let now = Timestamp::now();
        let labels = json!({"host": "web-2", "job": "varlogs"});
        let values = json!([[now.as_nanosecond().to_string(), "pushed as JSON"]]);
        let push = json!({"streams": [{"stream": labels, "values": values}]}).to_string();
        let path = "/loki/api/v1/push";
        assert_eq!(self.post(3100, path, "application/json", push.as_bytes())?, "204");
        let push = snappy(&promtail_push(r#"{host="web-2", job="varlogs"}"#, now.as_second(), "pushed by Promtail"));
        assert_eq!(self.post(3100, path, "application/x-protobuf", &push)?, "204");
        for message in ["pushed as JSON", "pushed by Promtail"] {
            let line = self.arrived(message, 1)?.remove(0);
            assert_eq!((&line["host"], &line["component"]), (&json!("web-2"), &json!("varlogs")), "{line}");
        }
        Ok(())
    }

    /// The status of the answer.
    fn post(&self, port: u16, path: &str, content_type: &str, body: &[u8]) -> Result<String> {
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--max-time",
            "30",
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_code}",
        ]);
        curl.args(["--header", &format!("Content-Type: {content_type}"), "--data-binary", "@-"]);
        curl.arg(format!("http://{}:{port}{path}", self.address)).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut curl = curl.spawn().context("start curl")?;
        curl.stdin.take().context("curl has an input")?.write_all(body)?;
        Ok(String::from_utf8(curl.wait_with_output()?.stdout)?)
    }
}

/// `logproto.PushRequest` with one stream of one entry, as in `operator/core/src/gateway/loki_push.proto`.
fn promtail_push(labels: &str, second: i64, line: &str) -> Vec<u8> {
    let time = [vec![0x08], varint(second.unsigned_abs())].concat();
    let entry = [field(1, &time), field(2, line.as_bytes())].concat();
    let stream = [field(1, labels.as_bytes()), field(2, &entry)].concat();
    field(1, &stream)
}

/// A field of protocol buffers that has a length.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2][..], &varint(content.len() as u64), content].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            bytes.push(low & 0x7f);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// Snappy's block format, by one literal of at most 256 bytes.
fn snappy(content: &[u8]) -> Vec<u8> {
    assert!((60..=256).contains(&content.len()), "a literal whose length takes one byte");
    let [length, ..] = (content.len() - 1).to_le_bytes();
    [&varint(content.len() as u64)[..], &[60 << 2, length], content].concat()
}
