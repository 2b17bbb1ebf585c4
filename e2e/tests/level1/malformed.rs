//! Malformed installations beside a good one: each is refused with field, value and way out, and the good one is unharmed.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::reference;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bed::{self, Bed, eventually};
use crate::kube_api::KubeApi;
use crate::object::{condition, name};

const TABLE: &str = include_str!("malformed.yaml");
/// What may pass when another object arrives. Everything else in the table stays until a person acts.
const AWAITED: [&str; 4] = ["CaSecretNotFound", "NoBrokers", "NoControllers", "PipelineNotFound"];

/// One installation of the table; the fields are explained there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    patch: BTreeMap<Part, Value>,
    #[serde(default)]
    then: BTreeMap<Part, Value>,
    #[serde(default)]
    object: Value,
    at: Part,
    #[serde(default)]
    refused: Vec<String>,
    #[serde(default = "accepted")]
    of: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    says: Vec<String>,
}

/// One of the four documents.
#[derive(Clone, Copy, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "lowercase")]
enum Part {
    Controller,
    Broker,
    Pipeline,
    Consumer,
}

/// In the order of the reference installation.
const PARTS: [Part; 4] = [Part::Controller, Part::Broker, Part::Pipeline, Part::Consumer];

fn accepted() -> String {
    "Accepted".to_owned()
}

#[tokio::test]
async fn each_is_refused_with_field_value_and_way_out_and_harms_no_other() -> Result<()> {
    let bed = Bed::new("malformed").await?;
    let _operator = bed.start_leading("a")?;
    for document in reference::documents()? {
        bed.kube.apply(&document).await??;
    }
    bed::await_workloads(&bed.kube, 1).await?;
    bed.settled().await?;
    let good = good(&bed.kube).await?;

    let cases: Vec<Case> = serde_saphyr::from_str(TABLE)?;
    let mut wrong = Vec::new();
    let mut applied = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let installation = Installation::new(case, number)?;
        if let Err(error) = installation.apply(&bed.kube).await {
            wrong.push(format!("{}: {error:#}", case.name));
        } else {
            applied.push(installation);
        }
    }
    for installation in &applied {
        if let Err(error) = installation.judge(&bed.kube).await {
            wrong.push(format!("{}: {error:#}", installation.case.name));
        }
    }
    ensure!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    bed.settled().await?;
    let now = self::good(&bed.kube).await?;
    ensure!(now == good, "the good installation was harmed: {:#?}", differences(&good, &now));
    Ok(())
}

/// The installation of one case, under names of its own.
struct Installation<'a> {
    case: &'a Case,
    documents: BTreeMap<Part, Value>,
    object: Value,
}

impl<'a> Installation<'a> {
    fn new(case: &'a Case, number: usize) -> Result<Self> {
        let pipeline = format!("m{number:02}");
        let mut documents: BTreeMap<_, _> = PARTS.into_iter().zip(reference::named(&pipeline)?).collect();
        for (part, patch) in &case.patch {
            if patch.is_null() {
                documents.remove(part);
            } else {
                json_patch::merge(documents.get_mut(part).context("a part")?, patch);
            }
        }
        let object = serde_json::from_str(&case.object.to_string().replace("{pipeline}", &pipeline))?;
        Ok(Self { case, documents, object })
    }

    async fn apply(&self, kube: &KubeApi) -> Result<()> {
        if !self.object.is_null() {
            let plural = format!("{}s", self.object["kind"].as_str().unwrap_or_default().to_lowercase());
            kube.create(&plural, &self.object).await?;
        }
        for (part, document) in &self.documents {
            let answer = kube.apply(document).await?;
            if !self.case.refused.is_empty() && self.case.then.is_empty() && *part == self.case.at {
                self.is_refused(answer.err().map(|status| status.message))?;
            } else {
                answer.with_context(|| format!("apply {}", name(document)))?;
            }
        }
        Ok(())
    }

    async fn judge(&self, kube: &KubeApi) -> Result<()> {
        if !self.case.then.is_empty() {
            self.change(kube).await?;
        }
        if self.case.refused.is_empty() { self.has_the_condition(kube).await } else { Ok(()) }
    }

    /// Applies what comes later, once the StatefulSet of the brokers is there.
    async fn change(&self, kube: &KubeApi) -> Result<()> {
        let set = format!("{}-{}", name(&self.documents[&Part::Pipeline]), name(&self.documents[&Part::Broker]));
        eventually(&format!("the StatefulSet {set} is there"), async || {
            Ok(kube.get("statefulsets", &set).await?.map(drop).ok_or("it is not".to_owned()))
        })
        .await?;
        for (part, patch) in &self.case.then {
            let mut document = self.documents[part].clone();
            json_patch::merge(&mut document, patch);
            let answer = kube.apply(&document).await?;
            if self.case.refused.is_empty() {
                answer?;
            } else {
                self.is_refused(answer.err().map(|status| status.message))?;
            }
        }
        Ok(())
    }

    fn is_refused(&self, message: Option<String>) -> Result<()> {
        let message = message.context("the API server accepts it")?;
        let missing: Vec<_> = self.case.refused.iter().filter(|part| !message.contains(*part)).collect();
        ensure!(missing.is_empty(), "the API server does not say {missing:?}: {message}");
        Ok(())
    }

    async fn has_the_condition(&self, kube: &KubeApi) -> Result<()> {
        let document = self.documents.get(&self.case.at).context("the document that shows it")?;
        let plural = format!("{}s", document["kind"].as_str().unwrap_or_default().to_lowercase());
        eventually("the condition says it", async || {
            let object = kube.get(&plural, name(document)).await?.unwrap_or_default();
            let condition = condition(&object, &self.case.of).cloned().unwrap_or_default();
            Ok(self.fits(&object, &condition).then_some(()).ok_or_else(|| object["status"]["conditions"].to_string()))
        })
        .await
    }

    fn fits(&self, object: &Value, said: &Value) -> bool {
        let message = said["message"].as_str().unwrap_or_default();
        let stalled = condition(object, "Stalled").map(|stalled| (&stalled["status"], &stalled["reason"]));
        let expected = (!AWAITED.contains(&self.case.reason.as_str())).then(|| (json!("True"), said["reason"].clone()));
        said["status"] == "False"
            && said["reason"] == json!(self.case.reason)
            && said["observedGeneration"] == object["metadata"]["generation"]
            && stalled == expected.as_ref().map(|(status, reason)| (status, reason))
            && self.case.says.iter().all(|part| message.contains(part))
    }
}

/// The good installation: versions of its children, and what its objects say of themselves.
async fn good(kube: &KubeApi) -> Result<BTreeMap<String, Value>> {
    const PIPELINE: &str = "log-aggregator-kafka";
    let children = bed::children(kube).await?.into_iter();
    let own = children.filter(|(_, child)| child["metadata"]["labels"]["kafkapipelines.io/pipeline"] == PIPELINE);
    let mut all: BTreeMap<_, _> =
        own.map(|(name, child)| (name, child["metadata"]["resourceVersion"].clone())).collect();
    for (plural, name) in [
        ("logpipelines", PIPELINE),
        ("kafkanodepools", "broker"),
        ("kafkanodepools", "controller"),
        ("consumers", "victoria-logs"),
    ] {
        let object = kube.get(plural, name).await?.context("a good object")?;
        let accepted = condition(&object, "Accepted").is_some_and(|condition| condition["status"] == "True");
        ensure!(accepted, "{plural}/{name}: {:#}", object["status"]);
        all.insert(format!("{plural}/{name}"), object["status"].clone());
    }
    Ok(all)
}

fn differences<'a>(before: &'a BTreeMap<String, Value>, now: &'a BTreeMap<String, Value>) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = before.keys().chain(now.keys()).collect();
    let differing = names.into_iter().filter(|name| before.get(*name) != now.get(*name));
    differing.map(|name| format!("{name}: {:?} -> {:?}", before.get(name), now.get(name))).collect()
}
