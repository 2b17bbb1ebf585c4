//! The validating webhook as the chart installs it, called by a real API server.

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::cluster::{Cluster, Helm, Places};
use kafkapipelines_e2e::reference;
use serde_json::{Value, json};

use crate::bed::{Bed, eventually};
use crate::object::condition;

const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../charts/kafkapipelines-operator");
const NAME: &str = "kafkapipelines-operator-webhook";

#[tokio::test]
async fn a_broken_program_is_refused_at_once_and_without_the_webhook_by_a_condition() -> Result<()> {
    let bed = Bed::new("webhook").await?;
    let _configuration = Configuration::install(&bed)?;
    // The API server is no Pod here, so it calls the webhook by a URL and not by the Service.
    let webhook =
        [format!("--webhook-name={NAME}"), "--webhook-address=127.0.0.1:0".into(), "--webhook-hosts=localhost".into()];
    let operator = bed.start_leading_with("a", &webhook)?;
    call_by_url(&bed).await?;
    refuses(&bed).await?;

    let before = certificate(&bed).await?;
    bed.kube.merge("secrets", NAME, &json!({"data": {"ca.key": "", "tls.key": ""}})).await?;
    eventually("lost keys are replaced", async || {
        Ok((certificate(&bed).await? != before).then_some(()).ok_or("the certificate is the same".to_owned()))
    })
    .await?;
    refuses(&bed).await?;

    operator.kill();
    bed.kube.apply(&broken()?).await?.context("while the webhook is down, everything passes")?;
    let _operator = bed.start_leading("a")?;
    eventually("the operator refuses what passed", async || {
        let consumer = bed.kube.get("consumers", "victoria-logs").await?.context("the Consumer")?;
        let ready = condition(&consumer, "Ready");
        Ok(ready.is_some_and(|it| it["reason"] == "InvalidVrl").then_some(()).ok_or(format!("{ready:?}")))
    })
    .await
}

async fn certificate(bed: &Bed) -> Result<Value> {
    Ok(bed.kube.get("secrets", NAME).await?.context("the Secret")?["data"]["tls.crt"].clone())
}

/// The reference Consumer with a program that forgets what may fail.
fn broken() -> Result<Value> {
    let documents = reference::documents()?;
    let mut consumer = documents.into_iter().find(|it| it["kind"] == "Consumer").context("a Consumer")?;
    consumer["spec"]["transforms"][0]["remap"]["source"] = json!(".ok = true\n. = parse_json(.message)");
    Ok(consumer)
}

async fn refuses(bed: &Bed) -> Result<()> {
    let mut consumer = broken()?;
    consumer["metadata"]["namespace"] = json!(bed.namespace());
    let kubectl = bed.cluster.kubectl_program();
    eventually("kubectl apply is refused with the place of the mistake", async || {
        let args = ["apply", "--dry-run=server", "--filename=-"];
        let said = match kubectl.run_with_input(&args, &consumer.to_string()) {
            Ok(said) => said,
            Err(refusal) => format!("{refusal:#}"),
        };
        let is_refused = said.contains("denied the request: spec.transforms[kafka_parser].remap.source")
            && said.contains("line 2, column 5");
        Ok(is_refused.then_some(()).ok_or(said))
    })
    .await
}

async fn call_by_url(bed: &Bed) -> Result<()> {
    let port = eventually("the webhook listens", async || {
        let log = bed.log_of("a")?;
        let entries = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut ports = entries.filter_map(|entry| Some(entry["webhook"].as_str()?.rsplit_once(':')?.1.to_owned()));
        Ok(ports.next().ok_or_else(|| log.lines().last().unwrap_or_default().to_owned()))
    })
    .await?;
    let client_config = "/webhooks/0/clientConfig";
    let patch = json!([
        {"op": "remove", "path": format!("{client_config}/service")},
        {"op": "add", "path": format!("{client_config}/url"), "value": format!("https://localhost:{port}/validate")},
    ]);
    let name = configuration(bed);
    bed.cluster.kubectl([
        "patch",
        "validatingwebhookconfiguration",
        &name,
        "--type=json",
        "--patch",
        &patch.to_string(),
    ])?;
    Ok(())
}

fn configuration(bed: &Bed) -> String {
    format!("{NAME}.{}", bed.namespace())
}

/// What the chart brings for the webhook, without the operator. It is deleted when this is dropped, for some of it has no namespace.
struct Configuration {
    cluster: Cluster,
    rendered: String,
}

impl Configuration {
    fn install(bed: &Bed) -> Result<Self> {
        let helm = Helm::new(&Places::from_env()?, &bed.cluster)?;
        let set = "webhook.enabled=true,serviceAccount.create=false,serviceAccount.name=kafkapipelines-operator";
        let only = "--show-only=templates/webhook.yaml";
        let release = "kafkapipelines-operator";
        let rendered = helm.run(["template", release, CHART, "--namespace", bed.namespace(), "--set", set, only])?;
        ensure!(rendered.contains(&configuration(bed)), "{rendered}");
        bed.cluster.kubectl_program().apply(&rendered)?;
        Ok(Self { cluster: bed.cluster.clone(), rendered })
    }
}

impl Drop for Configuration {
    fn drop(&mut self) {
        let delete = ["delete", "--ignore-not-found", "--filename=-"];
        if let Err(error) = self.cluster.kubectl_program().run_with_input(&delete, &self.rendered) {
            eprintln!("the webhook's configuration stays: {error:#}");
        }
    }
}
