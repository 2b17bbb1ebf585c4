//! The table of accepted and refused objects, judged by a real API server: server-side dry runs with strict field validation.

#[path = "../../crds/tests/admission/table.rs"]
mod table;

use anyhow::{Context as _, Result, ensure};
use http::{Method, Request};
use kafkapipelines_e2e::cluster::{Cluster, Places};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::Status;
use kube::{Client, Config, Error};
use serde_json::{Value, json};
use table::Case;

const NAMESPACE: &str = "admission";
const DRY_RUN: &str = "?dryRun=All&fieldValidation=Strict";

#[tokio::test]
async fn every_case_is_judged_as_the_table_says() -> Result<()> {
    let client = connect(&cluster_with_crds()?).await?;
    let mut wrong = Vec::new();
    for case in table::cases()? {
        let answer = judge(&client, &case).await.with_context(|| case.name.clone())?;
        let problems = answer.as_ref().map_or_else(|status| problems(status), |()| Vec::new());
        let right = match &case.reject {
            None => answer.is_ok(),
            Some(expected) => problems.iter().any(|(field, message)| expected.fits(field, message)),
        };
        if !right {
            wrong.push(format!("{}: {problems:#?}", case.name));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// The reference installation is accepted as it stands.
#[test]
fn the_reference_installation_is_accepted() -> Result<()> {
    let cluster = cluster_with_crds()?;
    namespace(&cluster, "kafka")?;
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/log-aggregator.yaml");
    let accepted = cluster.kubectl(["apply", "--dry-run=server", "--validate=strict", "--filename", example])?;
    ensure!(accepted.lines().count() == 4, "{accepted}");
    Ok(())
}

fn cluster_with_crds() -> Result<Cluster> {
    let cluster = Cluster::level1(&Places::from_env()?)?;
    let crds = concat!(env!("CARGO_MANIFEST_DIR"), "/../crds/yaml");
    cluster.kubectl(["apply", "--server-side", "--force-conflicts", "--kustomize", crds])?;
    let definitions =
        ["consumers", "kafkanodepools", "logpipelines"].map(|plural| format!("crd/{plural}.kafkapipelines.io"));
    let wait = ["wait", "--for=condition=Established", "--timeout=30s"].map(str::to_owned);
    cluster.kubectl(wait.iter().chain(&definitions))?;
    namespace(&cluster, NAMESPACE)?;
    Ok(cluster)
}

fn namespace(cluster: &Cluster, name: &str) -> Result<()> {
    let manifest = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    cluster.kubectl_program().apply(&manifest.to_string())?;
    Ok(())
}

async fn connect(cluster: &Cluster) -> Result<Client> {
    let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig())?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}

/// Creates the object, or puts it in the place of the old one, without keeping it.
async fn judge(client: &Client, case: &Case) -> Result<Result<(), Box<Status>>> {
    let collection = collection(&case.object);
    let Some(old) = &case.old else {
        return send(client, Method::POST, &format!("{collection}{DRY_RUN}"), &case.object).await.map(forget);
    };
    let path = format!("{collection}/{}", old["metadata"]["name"].as_str().context("the old object has a name")?);
    // A run that was cut off may have left one behind.
    let _ = send(client, Method::DELETE, &path, &json!({})).await?;
    let created = send(client, Method::POST, &collection, old).await??;
    let mut object = case.object.clone();
    object["metadata"]["resourceVersion"] = created["metadata"]["resourceVersion"].clone();
    let answer = send(client, Method::PUT, &format!("{path}{DRY_RUN}"), &object).await?;
    send(client, Method::DELETE, &path, &json!({})).await??;
    Ok(forget(answer))
}

/// The path of the object's kind in the namespace of this suite.
fn collection(object: &Value) -> String {
    let kind = object["kind"].as_str().unwrap_or_default().to_lowercase();
    format!("/apis/kafkapipelines.io/v1alpha1/namespaces/{NAMESPACE}/{kind}s")
}

/// The API server's answer; an error only where it gave none.
async fn send(client: &Client, method: Method, path: &str, body: &Value) -> Result<Result<Value, Box<Status>>> {
    let mut body = body.clone();
    if body["metadata"].is_object() {
        body["metadata"]["namespace"] = json!(NAMESPACE);
    }
    let request = Request::builder().method(method).uri(path).header("Content-Type", "application/json");
    match client.request(request.body(serde_json::to_vec(&body)?)?).await {
        Ok(answer) => Ok(Ok(answer)),
        Err(Error::Api(status)) => Ok(Err(status)),
        Err(error) => Err(error.into()),
    }
}

fn forget<T, E>(answer: Result<T, E>) -> Result<(), E> {
    answer.map(|_| ())
}

/// Field and message of everything that the API server found. Unknown fields come in the message alone.
fn problems(status: &Status) -> Vec<(String, String)> {
    let unknown = status.message.split("unknown field \"").skip(1).filter_map(|rest| rest.split_once('"'));
    let unknown = unknown.map(|(field, _)| (field.to_owned(), "unknown field".to_owned()));
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let causes = causes.map(|cause| (cause.field.replace("<nil>", ""), cause.message.clone()));
    causes.chain(unknown).collect()
}
