//! The Deployment that reads dead letters again, with one member, and what it needs. It is no member of the consumer: other labels, another group.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kafkapipelines_crds::Consumer;
use kube::ResourceExt as _;

use super::group;
use super::plan::Plan;
use crate::child::Child;
use crate::consumer::{Certificates, fingerprint, pod};
use crate::labels::{self, Labels};
use crate::names;
use crate::vector::{Bootstrap, Unwritable, replay};
use crate::vector_pod::{FILE, VectorPod, metadata, open_for_metrics, service_account, surging};

/// What reads dead letters again.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// The consumer, found good, with each program in its place.
    pub consumer: &'a Consumer,
    /// The listener that it reads from.
    pub bootstrap: &'a Bootstrap,
    /// The certificates that it starts with.
    pub certificates: &'a Certificates,
    /// What it reads.
    pub plan: &'a Plan,
}

impl Member<'_> {
    /// The Deployment last, so that no Pod starts before what it needs.
    ///
    /// # Errors
    /// [`Unwritable`], which no spec is known to cause.
    pub fn children(&self, owner: &OwnerReference) -> Result<Vec<Child>, Unwritable> {
        let Self { consumer, bootstrap, plan, .. } = self;
        let file = replay::render(&consumer.name_any(), &consumer.spec, bootstrap, group(consumer), plan)?;
        Ok(vec![
            Child::new(&service_account(self.metadata(owner))),
            Child::new(&self.config_map(owner, &file)),
            Child::new(&open_for_metrics(self.metadata(owner), self.selector())),
            Child::new(&self.deployment(owner, &file)),
        ])
    }

    fn name(&self) -> String {
        names::consumer_replay(&self.consumer.spec.pipeline, &self.consumer.name_any())
    }

    fn labels(&self) -> Labels {
        labels::consumer_replay(&self.consumer.spec.pipeline, &self.consumer.name_any())
    }

    fn selector(&self) -> Labels {
        labels::consumer_replay_selector(&self.consumer.spec.pipeline, &self.consumer.name_any())
    }

    fn metadata(&self, owner: &OwnerReference) -> ObjectMeta {
        ObjectMeta {
            name: Some(self.name()),
            namespace: self.consumer.namespace(),
            labels: Some(self.labels()),
            owner_references: Some(vec![owner.clone()]),
            ..ObjectMeta::default()
        }
    }

    fn config_map(&self, owner: &OwnerReference, file: &str) -> ConfigMap {
        let data = Some([(FILE.to_owned(), file.to_owned())].into());
        ConfigMap { metadata: self.metadata(owner), data, ..ConfigMap::default() }
    }

    fn deployment(&self, owner: &OwnerReference, file: &str) -> Deployment {
        let spec = &self.consumer.spec;
        let pod = VectorPod {
            name: self.name(),
            pipeline: &spec.pipeline,
            user: names::consumer_user(&self.consumer.name_any()),
            security: self.bootstrap.security,
            selector: self.selector(),
            vector: &spec.vector,
            template: &spec.template.spec,
            ports: Vec::new(),
            env: Vec::new(),
            files: pod::secret_files(spec),
        };
        let template = PodTemplateSpec { metadata: Some(self.pod_metadata(file)), spec: Some(pod.spec()) };
        Deployment {
            metadata: self.metadata(owner),
            spec: Some(surging(1, self.selector(), template)),
            ..Deployment::default()
        }
    }

    /// A label of the user's that would make a member of it is left out.
    fn pod_metadata(&self, file: &str) -> ObjectMeta {
        let mut user = self.consumer.spec.template.metadata.clone();
        user.labels.remove(labels::CONSUMER);
        let file = (labels::CONFIG_HASH, Some(fingerprint(file.as_bytes())));
        metadata(&user, self.labels(), self.certificates.hashes().into_iter().chain([file]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer_replay::plan::Range;
    use crate::vector::Security;
    use serde_json::{Value, json};

    fn consumer() -> Consumer {
        let template = json!({"metadata": {"labels": {"team": "a", "kafkapipelines.io/consumer": "drain"}}});
        serde_json::from_value(json!({"apiVersion": "kafkapipelines.io/v1alpha1", "kind": "Consumer",
            "metadata": {"name": "drain", "namespace": "kafka"},
            "spec": {"pipeline": "logs", "replicas": 4, "topics": ["a"], "deadLetter": {"topic": "dead"}, "template": template,
                "sinks": [{"name": "store", "http": {"uri": "http://store", "auth": {"bearerFrom": {"name": "token", "key": "t"}}}}]}}))
        .unwrap()
    }

    fn children(until: i64, own: &[u8]) -> Vec<Child> {
        children_trusting(b"ca", until, own)
    }

    fn children_trusting(authority: &[u8], until: i64, own: &[u8]) -> Vec<Child> {
        let bootstrap =
            Bootstrap { servers: "logs-kafka-bootstrap.kafka.svc:9094".to_owned(), security: Security::MutualTls };
        let certificates = Certificates { authority: Some(authority.to_vec()), own: Some(own.to_vec()) };
        let plan = Plan { topic: "dead".to_owned(), partitions: [(0, Range { from: 0, until })].into() };
        let member = Member { consumer: &consumer(), bootstrap: &bootstrap, certificates: &certificates, plan: &plan };
        let owner = OwnerReference { name: "drain".to_owned(), ..OwnerReference::default() };
        member.children(&owner).unwrap()
    }

    fn template(children: &[Child]) -> &Value {
        &children.last().unwrap().intent["spec"]["template"]
    }

    #[test]
    fn it_is_one_pod_that_is_no_member_of_the_consumer_and_that_brokers_let_in() {
        let children = children(9, b"own");
        let kinds: Vec<_> = children.iter().map(|child| child.gvk.kind.as_str()).collect();
        assert_eq!(kinds, ["ServiceAccount", "ConfigMap", "NetworkPolicy", "Deployment"]);
        assert!(children.iter().all(|child| child.name == "logs-drain-replay" && child.namespace == "kafka"));
        assert!(children.iter().all(|child| child.intent["metadata"]["ownerReferences"][0]["name"] == "drain"));
        let deployment = &children[3].intent["spec"];
        assert_eq!(deployment["replicas"], 1);
        let labels: Labels = serde_json::from_value(template(&children)["metadata"]["labels"].clone()).unwrap();
        let matches = |selector: Labels| selector.iter().all(|(key, value)| labels.get(key) == Some(value));
        assert!(!matches(labels::consumer_selector("logs", "drain")));
        assert!(matches(labels::all_consumers_selector("logs")));
        assert_eq!(labels["team"], "a");
        for selector in [&deployment["selector"], &children[2].intent["spec"]["podSelector"]] {
            assert!(matches(serde_json::from_value(selector["matchLabels"].clone()).unwrap()), "{selector}");
        }
    }

    #[test]
    fn its_pod_has_the_users_certificate_and_the_secrets_of_the_sinks_and_starts_anew_with_what_it_reads() {
        let first = children(9, b"own");
        let pod = template(&first).to_string();
        for part in ["logs-consumer-drain", "\"token\"", "\"name\":\"logs-drain-replay\""] {
            assert!(pod.contains(part), "{part} is not in {pod}");
        }
        assert_eq!(children(9, b"own"), first);
        for other in [children(10, b"own"), children(9, b"another"), children_trusting(b"another", 9, b"own")] {
            assert_ne!(template(&other), template(&first));
        }
    }
}
