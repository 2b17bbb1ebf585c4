//! `cargo xtask bench --guard`: what the guard of a consumer costs, on the real Vector that `E2E_VECTOR_BIN` names.
//!
//! The file of the reference consumer, as it is and without its guard, by turns: lines come from the standard input in place of Kafka and
//! go by the file's own sink to a server that throws them away. Processor time is compared, for the machine does other things too.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use kafkapipelines_core::vector::{self, Bootstrap, Security};
use kafkapipelines_crds::Consumer;
use kafkapipelines_e2e::reference;
use serde_json::{Value, json};

/// Bytes of a line, and how many there are of that size.
const LOADS: [(usize, usize); 3] = [(300, 100_000), (1000, 60_000), (4000, 20_000)];
const ROUNDS: usize = 5;
const PARSER: &str = "kafka_parser";
const GUARD: &str = "_guard_victoria_logs";
const STORE: &str = "victoria_logs";
const DEADLINE: Duration = Duration::from_mins(5);
/// Of the times that the kernel counts for a process.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time for all lines, in seconds: the least of all rounds, with the guard and without.
struct Cost {
    with: f64,
    without: f64,
}

pub(super) fn run() -> Result<()> {
    let program = env::var_os("E2E_VECTOR_BIN").context("E2E_VECTOR_BIN names no Vector")?;
    let dir = tempfile::tempdir()?;
    let (with, without) = files(&throw_away()?)?;
    let with = write(dir.path(), "with.json", &with)?;
    let without = write(dir.path(), "without.json", &without)?;
    println!("| line | with the guard | without | throughput that is left |\n|---|---|---|---|");
    for (bytes, count) in LOADS {
        let lines = dir.path().join("lines");
        fs::write(&lines, (0..count).map(|number| line(number, bytes)).collect::<String>())?;
        let mut cost = Cost { with: f64::INFINITY, without: f64::INFINITY };
        for _ in 0..ROUNDS {
            cost.with = cost.with.min(seconds(Path::new(&program), &with, &lines)?);
            cost.without = cost.without.min(seconds(Path::new(&program), &without, &lines)?);
        }
        println!("{}", row(bytes, count, &cost));
    }
    Ok(())
}

fn row(bytes: usize, count: usize, cost: &Cost) -> String {
    #[allow(clippy::cast_precision_loss)] // far below 2^52
    let each = |seconds: f64| seconds / count as f64 * 1e6;
    let left = cost.without / cost.with * 100.0;
    format!("| {bytes} B | {:.1} µs | {:.1} µs | {left:.0} % |", each(cost.with), each(cost.without))
}

/// The reference consumer's file, as it is and without guard and dead letters.
fn files(store: &str) -> Result<(Value, Value)> {
    let documents = reference::documents()?;
    let consumer = documents.into_iter().find(|document| document["kind"] == "Consumer").context("a Consumer")?;
    let consumer: Consumer = serde_json::from_value(consumer)?;
    let bootstrap = Bootstrap { servers: "localhost:9092".to_owned(), security: Security::Plain };
    let mut with: Value = serde_saphyr::from_str(&vector::render("victoria-logs", &consumer.spec, &bootstrap)?)?;
    with["api"] = json!({"enabled": false});
    with["data_dir"] = json!(env::temp_dir());
    with["sources"] = json!({"_kafka": {"type": "stdin", "max_length": 10_000_000}});
    with["sinks"][STORE]["uri"] = json!(store);
    with["sinks"]["_dead_letters"] = json!({"type": "blackhole", "inputs": ["_dead_letter"]});
    remove(&mut with, "sinks", "_metrics");
    let mut without = with.clone();
    remove(&mut without, "transforms", GUARD);
    remove(&mut without, "transforms", "_dead_letter");
    remove(&mut without, "sinks", "_dead_letters");
    without["sinks"][STORE]["inputs"] = json!([PARSER]);
    Ok((with, without))
}

fn remove(file: &mut Value, kind: &str, id: &str) {
    if let Some(components) = file[kind].as_object_mut() {
        components.remove(id);
    }
}

fn write(dir: &Path, name: &str, file: &Value) -> Result<PathBuf> {
    let path = dir.join(name);
    fs::write(&path, file.to_string())?;
    Ok(path)
}

/// A line of everyday, padded by its message.
fn line(number: usize, bytes: usize) -> String {
    let head = format!(
        r#"{{"timestamp": "{}", "host": "web-{}", "component": "shop", "host_ip": "10.0.0.{}", "level": "info", "kubernetes": {{"pod_name": "shop-{}", "namespace": "default"}}, "status": 200, "bytes": {number}, "message": ""#,
        Timestamp::now(),
        number % 20,
        number % 250,
        number % 9
    );
    let message = "GET /item the quick brown fox ".repeat(bytes / 30 + 1);
    format!("{head}{}\"}}\n", &message[..bytes.saturating_sub(head.len() + 3)])
}

/// Processor time that Vector takes for all lines.
fn seconds(program: &Path, file: &Path, lines: &Path) -> Result<f64> {
    let mut vector = Command::new(program);
    vector.arg("--quiet").arg("--config").arg(file).stdin(File::open(lines)?).stderr(Stdio::null());
    let mut vector = vector.spawn().with_context(|| format!("start {}", program.display()))?;
    let seconds = until_ended(&vector);
    if seconds.is_err() {
        vector.kill()?;
    }
    let status = vector.wait()?;
    let seconds = seconds?;
    ensure!(status.success(), "Vector ended with {status}");
    Ok(seconds)
}

/// What the kernel has counted of a process when it has ended, and nobody has asked for its status.
fn until_ended(vector: &Child) -> Result<f64> {
    let began = Instant::now();
    loop {
        let stat = fs::read_to_string(format!("/proc/{}/stat", vector.id()))?;
        let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        if fields.first() == Some(&"Z") {
            let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
            return Ok((ticks(11).context("utime")? + ticks(12).context("stime")?) / TICKS_PER_SECOND);
        }
        ensure!(began.elapsed() < DEADLINE, "Vector does not come to an end");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The URL of a server that answers 200 and keeps nothing.
fn throw_away() -> Result<String> {
    let server = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/insert/jsonline", server.local_addr()?);
    thread::spawn(move || {
        for connection in server.incoming().flatten() {
            thread::spawn(move || answer(connection));
        }
    });
    Ok(url)
}

fn answer(connection: TcpStream) -> Result<()> {
    let mut output = BufWriter::new(connection.try_clone()?);
    let mut input = BufReader::new(connection);
    loop {
        let mut length = 0;
        let mut header = String::new();
        while input.read_line(&mut header)? > 0 && header != "\r\n" {
            if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            header.clear();
        }
        if header.is_empty() {
            return Ok(());
        }
        std::io::copy(&mut input.by_ref().take(length), &mut std::io::sink())?;
        output.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        output.flush()?;
    }
}
