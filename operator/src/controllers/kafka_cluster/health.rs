//! How the Kafka is: partitions, disks, voters, certificates. Nothing is changed here.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use kafkapipelines_core::cluster::health::certificates::{self, Expiry};
use kafkapipelines_core::cluster::health::disks::{self, Disk, Space, Steps};
use kafkapipelines_core::cluster::health::partitions::{self, Judged, Lagging};
use kafkapipelines_core::cluster::health::voters::{self, Unknown};
use kafkapipelines_core::cluster::report::Report;
use kafkapipelines_core::names;
use kafkapipelines_core::pki::expiry;
use kafkapipelines_kafka::calls::log_dirs::LogDirs;
use kube::ResourceExt as _;

use super::super::kafka_nodes::pipeline_of;
use super::super::kafka_partitions::{self, copies};
use super::Error;
use super::metrics::Picture;
use super::turn::Turn;

/// How often is asked what changes slowly, however often Kafka is looked at.
const SLOW: SignedDuration = SignedDuration::from_secs(30);

/// What is remembered from one look to the next.
#[derive(Default)]
pub(super) struct Memory {
    lagging: Lagging,
    steps: Steps,
    unknown: Unknown,
    slow: Slow,
}

/// What changes slowly.
#[derive(Default)]
struct Slow {
    /// When it was asked last.
    asked_at: Option<Timestamp>,
    min_in_sync: BTreeMap<String, usize>,
    /// By broker. One that does not answer keeps what it said.
    disks: BTreeMap<i32, Vec<Disk>>,
    expiries: Vec<Expiry>,
}

/// Looks, and gives what is for metrics.
pub(super) async fn run(turn: &Turn<'_>, memory: &mut Memory, report: &mut Report) -> Result<Picture, Error> {
    memory.slow.look(turn).await?;
    let partitions = judge_partitions(turn, memory);
    let disks: Vec<_> = memory.slow.disks.values().flatten().cloned().collect();
    let told_before = turn.object.status.as_ref().and_then(|status| status.fullest_disk_percent);
    let judged = disks::judge(&disks, told_before, &mut memory.steps);
    let lags = voters::lags(&turn.seen.quorum);
    report.troubled = partitions.is_troubled();
    report.partitions = Some(partitions.told);
    report.fullest_disk_percent = judged.fullest_percent;
    report.findings.push(partitions.finding);
    report.findings.extend(judged.finding);
    report.findings.extend(voters::finding(&lags, &mut memory.unknown, turn.now));
    report.findings.extend(certificates::finding(&memory.slow.expiries, turn.now));
    Ok(Picture {
        partitions: partitions.seen,
        disks,
        lags,
        expiries: memory.slow.expiries.clone(),
        ..Picture::default()
    })
}

fn judge_partitions(turn: &Turn<'_>, memory: &mut Memory) -> Judged {
    let moves = turn.seen.moves.iter();
    let adding = moves.map(|(key, ongoing)| ((key.topic.clone(), key.partition), ongoing.adding.clone())).collect();
    let all = copies(&turn.seen.topics, &memory.slow.min_in_sync);
    partitions::judge(all, &adding, &mut memory.lagging, turn.now)
}

impl Slow {
    async fn look(&mut self, turn: &Turn<'_>) -> Result<(), Error> {
        if self.asked_at.is_some_and(|at| turn.now.duration_since(at) < SLOW) {
            return Ok(());
        }
        let brokers = &turn.clients.brokers;
        self.min_in_sync = kafka_partitions::min_in_sync(brokers, &turn.seen.topics).await?;
        for (broker, told) in brokers.describe_log_dirs().await? {
            match told {
                Ok(directories) => drop(self.disks.insert(broker, disks_of(broker, directories))),
                Err(error) => tracing::debug!(broker, %error, "the broker does not tell how full its disks are"),
            }
        }
        let known: Vec<_> = turn.pipeline.brokers().iter().map(|node| node.id).collect();
        self.disks.retain(|broker, _| known.contains(broker));
        self.expiries = expiries(turn);
        self.asked_at = Some(turn.now);
        Ok(())
    }
}

fn disks_of(broker: i32, directories: LogDirs) -> Vec<Disk> {
    let disk = |(path, told): (String, Result<_, kafkapipelines_kafka::KafkaError>)| match told {
        Ok(directory) => disk(broker, path, &directory),
        Err(error) => Disk { broker, path, space: None, data: 0, failure: Some(error.to_string()) },
    };
    directories.into_iter().map(disk).collect()
}

fn disk(broker: i32, path: String, directory: &kafkapipelines_kafka::calls::log_dirs::LogDir) -> Disk {
    let space = directory.total_bytes.zip(directory.free_bytes).map(|(total, free)| Space { total, free });
    Disk { broker, path, space, data: directory.partitions.values().sum(), failure: None }
}

/// When the certificates in the pipeline's own Secrets end.
fn expiries(turn: &Turn<'_>) -> Vec<Expiry> {
    let pipeline = turn.pipeline;
    let is_of_pipeline = |secret: &_| pipeline_of(secret) == Some(pipeline.name.as_str());
    let secrets = turn.watches.secrets.list(&pipeline.namespace, is_of_pipeline);
    let expiry = |secret: &std::sync::Arc<k8s_openapi::api::core::v1::Secret>| {
        let at = expiry::earliest(secret)?;
        let secret = secret.name_any();
        Some(Expiry { by_user: is_users_authority(turn, &secret), secret, at })
    };
    let mut expiries: Vec<_> = secrets.iter().filter_map(expiry).collect();
    expiries.sort_by(|a, b| a.secret.cmp(&b.secret));
    expiries
}

/// Whether the Secret has the certificate of an authority that is not the operator's.
fn is_users_authority(turn: &Turn<'_>, secret: &str) -> bool {
    let (name, certificates) = (&turn.pipeline.name, &turn.pipeline.spec.certificates);
    let authorities = [
        (names::cluster_ca_cert(name), &certificates.cluster_ca),
        (names::clients_ca_cert(name), &certificates.clients_ca),
    ];
    authorities.into_iter().any(|(certificate, authority)| certificate == secret && authority.secret_ref.is_some())
}
