//! The certificates of the pool's nodes, signed by the authorities that the LogPipeline's controller keeps.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kafkapipelines_core::child::owned_by;
use kafkapipelines_core::labels::Labels;
use kafkapipelines_core::pipeline::Pipeline;
use kafkapipelines_core::pki::authority::{Authority, Found};
use kafkapipelines_core::pki::node_certificates::{self, Input, NodeCertificates};
use kafkapipelines_core::pool::Pool;
use kafkapipelines_core::{labels, names};
use kafkapipelines_crds::LogPipeline;
use kube::ResourceExt as _;

use super::super::authority_secrets;
use super::super::kafka_nodes::pipeline_of;
use super::{Error, KafkaNodePoolController, pool_name};
use crate::fresh_keys::FreshKeys;

/// Reason and message of what is awaited.
type Waiting = (&'static str, String);

impl KafkaNodePoolController {
    /// The certificates, or what is awaited before they can be made.
    pub(super) async fn certificates(
        &self,
        pipeline: &Pipeline,
        pool: &Pool,
        owner: &LogPipeline,
    ) -> Result<Result<NodeCertificates, Waiting>, Error> {
        let cluster_ca = authority_secrets::cluster_ca(&self.io, &self.watches, pipeline).await?;
        let clients_ca = self.secret(pipeline, &names::clients_ca_cert(&pipeline.name));
        let clients_ca = Found::read(clients_ca.as_deref(), None).certificates;
        let (Some(cluster_ca), Some(clients_ca)) = (cluster_ca, clients_ca) else {
            return Ok(Err((
                "AuthoritiesPending",
                "the certificate authorities of the pipeline are not there yet".to_owned(),
            )));
        };
        let existing = self.secret(pipeline, &names::pool_certificates(&pipeline.name, &pool.name));
        let input = Input {
            pipeline,
            pool,
            cluster_ca: &cluster_ca,
            clients_ca: &clients_ca,
            existing: existing.as_deref(),
            template: &self.template(pipeline, pool).unwrap_or_default(),
            trusted_everywhere: self.is_trusted_everywhere(pipeline, &cluster_ca),
            now: Timestamp::now(),
        };
        let certificates = node_certificates::plan(&input, &owned_by(owner), &FreshKeys)?;
        if !certificates.changes.is_empty() {
            tracing::info!(pool = pool.name, reasons = ?certificates.changes, "node certificates are issued anew");
        }
        Ok(Ok(certificates))
    }

    /// Whether every Pod of the pipeline trusts the authority.
    fn is_trusted_everywhere(&self, pipeline: &Pipeline, authority: &Authority) -> bool {
        let is_node = |pod: &_| pipeline_of(pod) == Some(pipeline.name.as_str()) && pool_name(pod).is_some();
        let pods = self.watches.pods.list(&pipeline.namespace, is_node);
        let secrets: Vec<_> = pods
            .iter()
            .map(|pod| self.secret(pipeline, &names::pool_certificates(&pipeline.name, &pool_name(pod.as_ref())?)))
            .collect();
        let started_with = pods.iter().map(|pod| pod.annotations().get(labels::TRUST_HASH).map(String::as_str));
        node_certificates::is_trusted_everywhere(authority, secrets.iter().map(Option::as_deref).zip(started_with))
    }

    /// The annotations that the Pods are made with.
    fn template(&self, pipeline: &Pipeline, pool: &Pool) -> Option<Labels> {
        let set = self.watches.stateful_sets.get(&pipeline.namespace, &names::pool(&pipeline.name, &pool.name))?;
        set.spec.as_ref()?.template.metadata.as_ref()?.annotations.clone()
    }

    fn secret(&self, pipeline: &Pipeline, name: &str) -> Option<std::sync::Arc<Secret>> {
        self.watches.secrets.get(&pipeline.namespace, name)
    }
}
