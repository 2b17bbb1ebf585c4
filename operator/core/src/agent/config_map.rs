//! The ConfigMap `<pipeline>-agent`: what servers need to send to the pipeline, without anything secret.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kafkapipelines_crds::AuthenticationType;

use super::{Agent, CERTIFICATES_DIR, CertificateFiles, Connection, Login, Way, render, way};
use crate::build::metadata;
use crate::names;
use crate::pipeline::Pipeline;
use crate::vector::{CA_KEY, USER_CERTIFICATE, USER_KEY, Unwritable};

/// Whether a pipeline is reached from outside at all.
pub fn has_agents(pipeline: &Pipeline) -> bool {
    !ways(pipeline).is_empty()
}

/// The ConfigMap: `ca.crt`, and for each listener its address and a template of the Vector file.
///
/// # Errors
/// [`Unwritable`], which no pipeline is known to cause.
pub fn config_map(pipeline: &Pipeline, trusted: &str, owner: &OwnerReference) -> Result<ConfigMap, Unwritable> {
    let mut data = BTreeMap::from([(CA_KEY.to_owned(), trusted.to_owned())]);
    for way in ways(pipeline) {
        data.insert(format!("{}.vector.yaml", way.listener), template(pipeline, &way)?);
        data.insert(format!("{}.bootstrap", way.listener), way.servers);
    }
    Ok(ConfigMap {
        metadata: metadata::of_pipeline(pipeline, owner, names::agent(&pipeline.name)),
        data: Some(data),
        ..ConfigMap::default()
    })
}

fn ways(pipeline: &Pipeline) -> Vec<Way> {
    way::of_listeners(&pipeline.name, &pipeline.namespace, pipeline.listeners())
}

/// The Vector file with `@…@` wherever it differs from server to server.
fn template(pipeline: &Pipeline, way: &Way) -> Result<String, Unwritable> {
    let topic = pipeline.topics().first().map_or("@TOPIC@", |topic| &topic.name);
    let agent = Agent {
        host: "@HOST@".to_owned(),
        component: "@COMPONENT@".to_owned(),
        include: vec!["@INCLUDE@".to_owned()],
        connection: way.with_files(
            (way.authentication == Some(AuthenticationType::ScramSha512))
                .then(|| Login { user: "@USER@".to_owned(), password: "@PASSWORD@".to_owned() }),
        ),
        topic: topic.to_owned(),
        ..Agent::default()
    };
    let head = format!(
        "# The Vector file of a server that sends to the listener {listener} of the pipeline {name}, for Vector 0.57.\n\
         # Replace what stands between two @, and put {CA_KEY} of this ConfigMap into {CERTIFICATES_DIR}. This command does it all:\n\
         #   kubectl kafkapipelines agent config {name} -n {namespace} --listener {listener} --host HOST --component NAME --include '/path/*.log'\n",
        listener = way.listener,
        name = pipeline.name,
        namespace = pipeline.namespace,
    );
    Ok(head + &render(&agent)?)
}

impl Way {
    /// With certificates as files of [`CERTIFICATES_DIR`].
    pub fn with_files(&self, password: Option<Login>) -> Connection {
        let file = |name: &str| format!("{CERTIFICATES_DIR}/{name}");
        let own =
            (self.authentication == Some(AuthenticationType::Tls)).then(|| (file(USER_CERTIFICATE), file(USER_KEY)));
        let tls = CertificateFiles { trusted: file(CA_KEY), own };
        Connection { servers: self.servers.clone(), tls: Some(tls), password }
    }
}
