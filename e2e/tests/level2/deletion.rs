//! A pipeline that is deleted and made anew.

use std::time::Duration;

use anyhow::Result;
use kafkapipelines_e2e::cluster::until;
use kafkapipelines_e2e::installation::{Access, Pipeline, SMALL, example};
use serde_json::Value;

use super::bed::{READY_WITHIN, TOPIC, reference};

const GONE_WITHIN: Duration = Duration::from_mins(3);
const CHILDREN: &str =
    "statefulsets,pods,services,configmaps,secrets,ingresses,poddisruptionbudgets,networkpolicies,serviceaccounts";

#[test]
fn data_and_identity_outlive_the_pipeline() -> Result<()> {
    let bed = reference()?;
    let (pipeline, line) = (&bed.pipeline, "written before the pipeline was deleted");
    bed.client()?.produce(&bed.bootstrap(9092), Access::Plain, TOPIC, line)?;
    let (claims, identity) = (claims(pipeline)?, identity(pipeline)?);

    pipeline.kubectl(&["delete", "logpipeline", pipeline.name()])?;
    // Without controllers brokers would try to say goodbye until their two minutes of grace are over.
    pipeline.kubectl(&["delete", "pods", &pipeline.kafka_pods(), "--grace-period=1", "--wait=false"])?;
    until("its children are gone", GONE_WITHIN, || Ok(children(pipeline)?.is_empty()))?;
    assert_eq!(self::claims(pipeline)?, claims);

    pipeline.apply(&example(), SMALL)?;
    pipeline.await_ready(READY_WITHIN)?;
    assert_eq!((self::claims(pipeline)?, self::identity(pipeline)?), (claims, identity));
    let read = bed.client()?.consume(&bed.bootstrap(9092), Access::Plain, TOPIC, line, 1)?;
    assert_eq!(read, [line]);
    Ok(())
}

/// What the garbage collector is to remove: everything that the operator made for the pipeline's Kafka nodes.
fn children(pipeline: &Pipeline) -> Result<String> {
    pipeline.kubectl(&["get", CHILDREN, &pipeline.kafka_pods(), "--output=name"])
}

fn claims(pipeline: &Pipeline) -> Result<String> {
    let uids = r#"--output=jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{"\n"}{end}"#;
    pipeline.kubectl(&["get", "persistentvolumeclaims", uids])
}

fn identity(pipeline: &Pipeline) -> Result<[Value; 2]> {
    let status = &pipeline.object_itself()?["status"];
    Ok([status["clusterId"].clone(), status["nodePools"].clone()])
}
