//! What the kubelet and Prometheus get.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kafkapipelines_operator::runtime::admin::{Admin, Shown};
use kafkapipelines_operator::runtime::metrics::Metrics;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// A server that is ready when the flag says so.
async fn server() -> (SocketAddr, Arc<AtomicBool>) {
    let ready = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&ready);
    let waiting_for = move || if asked.load(Ordering::Relaxed) { vec![] } else { vec!["Pod".to_owned()] };
    let (metrics, registry) = Metrics::new();
    metrics.io.wrote("logpipeline", "patch", "Service");
    let shown = Shown { registry, waiting_for: Box::new(waiting_for) };
    let admin = Admin::bind(([127, 0, 0, 1], 0).into(), shown).await.unwrap();
    let address = admin.address().unwrap();
    tokio::spawn(admin.serve());
    (address, ready)
}

/// Sends `request` and reads until the server closes.
async fn exchange(address: SocketAddr, request: &str) -> String {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.writable().await.unwrap();
    assert_eq!(stream.try_write(request.as_bytes()).unwrap(), request.len());
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    loop {
        stream.readable().await.unwrap();
        match stream.try_read(&mut part) {
            Ok(0) => return String::from_utf8(answer).unwrap(),
            Ok(length) => answer.extend_from_slice(&part[..length]),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
        }
    }
}

async fn get(address: SocketAddr, path: &str) -> String {
    exchange(address, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await
}

#[tokio::test]
async fn it_lives_at_once_and_is_ready_when_it_has_seen_everything() {
    let (address, ready) = server().await;
    assert!(get(address, "/livez").await.starts_with("HTTP/1.1 200 "));
    let waiting = get(address, "/readyz").await;
    assert!(waiting.starts_with("HTTP/1.1 503 ") && waiting.ends_with("waiting for: Pod\n"), "{waiting}");
    ready.store(true, Ordering::Relaxed);
    assert!(get(address, "/readyz").await.starts_with("HTTP/1.1 200 "));
    assert!(get(address, "/secrets").await.starts_with("HTTP/1.1 404 "));
}

#[tokio::test]
async fn metrics_are_openmetrics() {
    let (address, _) = server().await;
    let answer = get(address, "/metrics").await;
    assert!(answer.contains("content-type: application/openmetrics-text; version=1.0.0"), "{answer}");
    assert!(answer.ends_with("# EOF\n"), "{answer}");
    for line in [
        "kafkapipelines_build_info{version=\"0.1.0\"} 1\n",
        "kafkapipelines_leader 0\n",
        "kafkapipelines_writes_total{controller=\"logpipeline\",verb=\"patch\",resource=\"Service\"} 1\n",
        "# UNIT process_resident_memory_bytes bytes\n",
    ] {
        assert!(answer.contains(line), "no {line} in {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_no_request_is_hung_up_on() {
    let (address, _) = server().await;
    let began = Instant::now();
    let hung_up = exchange(address, "GET /livez HTTP/1.1\r\nhost:").await;
    assert!(began.elapsed() < Duration::from_secs(20), "by the clock that stands still but for timers");
    assert!(!hung_up.contains("200"), "{hung_up}");
}
