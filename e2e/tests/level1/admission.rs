//! The table of accepted and refused objects, judged by a real API server: server-side dry runs with strict field validation.

#[path = "../../../crds/tests/admission/table.rs"]
mod table;

use anyhow::{Context as _, Result, ensure};
use http::Method;
use kube::core::Status;
use serde_json::{Value, json};
use table::Case;

use crate::bed;
use crate::kube_api::{Answer, KubeApi};

const DRY_RUN: &str = "?dryRun=All&fieldValidation=Strict";

#[tokio::test]
async fn every_case_is_judged_as_the_table_says() -> Result<()> {
    let cluster = bed::cluster_with_crds()?;
    let namespace = bed::TestNamespace::create(&cluster, "admission")?;
    let kube = KubeApi::connect(&cluster, namespace.name()).await?;
    let mut wrong = Vec::new();
    for case in table::cases()? {
        let answer = judge(&kube, &case).await.with_context(|| case.name.clone())?;
        let problems = answer.as_ref().err().map(|status| problems(status)).unwrap_or_default();
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
    let cluster = bed::cluster_with_crds()?;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kafka"}});
    cluster.kubectl_program().apply(&namespace.to_string())?;
    for (example, objects) in
        [("log-aggregator.yaml", 4), ("secured.yaml", 3), ("gateway.yaml", 2), ("stores.yaml", 2), ("programs.yaml", 2)]
    {
        let file = format!("{}/../examples/{example}", env!("CARGO_MANIFEST_DIR"));
        let accepted = cluster.kubectl(["apply", "--dry-run=server", "--validate=strict", "--filename", &file])?;
        ensure!(accepted.lines().count() == objects, "{accepted}");
    }
    Ok(())
}

/// Creates the object, or puts it in the place of the old one, without keeping it.
async fn judge(kube: &KubeApi, case: &Case) -> Answer {
    let collection = kube.path(&format!("{}s", case.object["kind"].as_str().unwrap_or_default().to_lowercase()));
    let Some(old) = &case.old else {
        return send(kube, Method::POST, &format!("{collection}{DRY_RUN}"), &case.object).await;
    };
    let path = format!("{collection}/{}", old["metadata"]["name"].as_str().context("the old object has a name")?);
    let created = send(kube, Method::POST, &collection, old).await??;
    let mut object = case.object.clone();
    object["metadata"]["resourceVersion"] = created["metadata"]["resourceVersion"].clone();
    let answer = send(kube, Method::PUT, &format!("{path}{DRY_RUN}"), &object).await?;
    send(kube, Method::DELETE, &path, &json!({})).await??;
    Ok(answer)
}

async fn send(kube: &KubeApi, method: Method, path: &str, body: &Value) -> Answer {
    let mut body = body.clone();
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        // The namespace is the path's.
        metadata.remove("namespace");
    }
    kube.send(method, path, "application/json", &body).await
}

/// Field and message of everything that the API server found. Unknown fields come in the message alone.
fn problems(status: &Status) -> Vec<(String, String)> {
    let unknown = status.message.split("unknown field \"").skip(1).filter_map(|rest| rest.split_once('"'));
    let unknown = unknown.map(|(field, _)| (field.to_owned(), "unknown field".to_owned()));
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let causes = causes.map(|cause| (cause.field.replace("<nil>", ""), cause.message.clone()));
    causes.chain(unknown).collect()
}
