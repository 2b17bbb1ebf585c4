//! Operators that die: at any moment, alone or beside a replica that stands by.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kafkapipelines_e2e::reference;
use serde_json::{Value, json};

use crate::bed::{self, Bed, eventually};
use crate::{children, object};

const PIPELINES: [&str; 5] = ["logs-a", "logs-b", "logs-c", "logs-d", "logs-e"];
const DEATHS: usize = 10;

#[tokio::test]
async fn killed_at_any_moment_it_comes_to_the_same() -> Result<()> {
    let bed = Bed::new("deaths").await?;
    let mut documents = Vec::new();
    for pipeline in PIPELINES {
        documents.extend(reference::named(pipeline)?);
    }
    for some in documents.chunks(documents.len() / DEATHS) {
        // The same name each time, as that of a Pod whose container is restarted: the Lease is still its own.
        let operator = bed.start_leading("a")?;
        for document in some {
            bed.kube.apply(document).await??;
        }
        let moment = random_moment();
        println!("killed after {moment:?}");
        tokio::time::sleep(moment).await;
        operator.kill();
    }
    let _operator = bed.start_leading("a")?;
    bed::await_workloads(&bed.kube, PIPELINES.len()).await?;
    bed.settled().await?;
    let children = bed::children(&bed.kube).await?;
    let expected = expected_names();
    ensure!(children::names(&children) == expected, "{:#?}", children.keys());
    PIPELINES.iter().try_for_each(|pipeline| nodes_trust_the_authority(&children, pipeline))?;
    identities_are_alike(&bed).await
}

/// Some time in which five pipelines are worked on.
fn random_moment() -> Duration {
    let nanoseconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    Duration::from_millis(u64::from(nanoseconds / 1000 % 600))
}

fn expected_names() -> Vec<String> {
    let of_pipeline = |pipeline: &str| -> Vec<String> {
        let rename = |child: String| {
            let (kind, name) = child.split_once("log-aggregator-kafka-").unwrap_or_default();
            let name = name.replace("victoria-logs", "store");
            let of_object = ["broker-", "controller-", "store"].iter().any(|object| name.starts_with(object));
            let of_object = of_object || kind == "statefulsets/";
            if of_object { format!("{kind}{pipeline}-{pipeline}-{name}") } else { format!("{kind}{pipeline}-{name}") }
        };
        children::of_reference().into_iter().map(rename).collect()
    };
    let mut names: Vec<_> = PIPELINES.into_iter().flat_map(of_pipeline).collect();
    names.sort();
    names
}

/// No death has left certificates of an authority that is lost.
fn nodes_trust_the_authority(children: &BTreeMap<String, Value>, pipeline: &str) -> Result<()> {
    let trusted = |secret: String| -> Result<Vec<u8>> {
        let data = &children[&format!("secrets/{secret}")]["data"];
        Ok(STANDARD.decode(data["ca.crt"].as_str().with_context(|| format!("{secret} has no ca.crt"))?)?)
    };
    let authority = trusted(format!("{pipeline}-cluster-ca-cert"))?;
    for pool in ["broker", "controller"] {
        let secret = format!("{pipeline}-{pipeline}-{pool}-certs");
        let all = trusted(secret.clone())?;
        ensure!(all.windows(authority.len()).any(|part| part == authority), "{secret} does not trust the authority");
    }
    Ok(())
}

async fn identities_are_alike(bed: &Bed) -> Result<()> {
    for pipeline in bed.kube.list("logpipelines", "").await? {
        let status = &pipeline["status"];
        let bases: Vec<_> = status["nodePools"].as_array().into_iter().flatten().map(|it| &it["nodeIdBase"]).collect();
        ensure!(bases == [&json!(0), &json!(9000)], "{}: {bases:?}", object::name(&pipeline));
        ensure!(status["controllerQuorum"]["initialVoters"] == json!([9000, 9001, 9002]), "{status:#}");
    }
    Ok(())
}

#[tokio::test]
async fn one_replica_writes_and_the_next_takes_over() -> Result<()> {
    let bed = Bed::new("replicas").await?;
    let first = bed.start_leading("first")?;
    let mut second = bed.start("second")?;
    second.await_ready()?;
    for document in reference::documents()? {
        bed.kube.apply(&document).await??;
    }
    bed::await_workloads(&bed.kube, 1).await?;
    bed.settled().await?;
    ensure!(first.measure("kafkapipelines_writes_total")? > 0.0, "the leader counts no writes");
    ensure!(!second.is_leading(), "two replicas lead");
    ensure!(second.measure("kafkapipelines_writes_total").is_err(), "a replica that stands by writes");

    first.kill();
    bed.kube.delete("services", "log-aggregator-kafka-kafka-bootstrap").await?;
    second.await_leading()?;
    heals(&bed).await?;

    let mut third = bed.start("third")?;
    third.await_ready()?;
    bed.settled().await?;
    let status = second.terminate()?;
    ensure!(status.success(), "SIGTERM: {status}");
    ensure!(bed.log_of("second")?.contains("released the lease"), "the lease has to expire: {}", bed.log_of("second")?);
    third.await_leading()?;
    bed.kube.delete("services", "log-aggregator-kafka-kafka-bootstrap").await?;
    heals(&bed).await
}

async fn heals(bed: &Bed) -> Result<()> {
    eventually("the next replica heals", async || {
        let service = bed.kube.get("services", "log-aggregator-kafka-kafka-bootstrap").await?;
        Ok(service.map(drop).ok_or("the Service is not there".to_owned()))
    })
    .await
}
