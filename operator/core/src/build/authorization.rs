//! Who may do what: Kafka's own authorizer, on brokers and on controllers, with the nodes and the operator as super users.

use std::collections::BTreeSet;

use kafkapipelines_crds::{AuthorizationSpec, AuthorizationType};

use super::properties::Properties;
use crate::names;
use crate::pipeline::Pipeline;

/// The kind of authorization, as the Pods' annotation has it; nothing without.
pub fn stamp(pipeline: &Pipeline) -> Option<&'static str> {
    pipeline.spec.kafka.authorization.as_ref().map(|authorization| match authorization.type_ {
        AuthorizationType::Simple => "simple",
    })
}

/// What a node needs for it; nothing without.
pub fn properties(pipeline: &Pipeline) -> Properties {
    let Some(authorization) = &pipeline.spec.kafka.authorization else { return Properties::new() };
    let AuthorizationType::Simple = authorization.type_;
    [
        ("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer".to_owned()),
        ("allow.everyone.if.no.acl.found", "false".to_owned()),
        ("super.users", super_users(pipeline, authorization)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// The nodes first; the order in which the user lists the others restarts nobody.
fn super_users(pipeline: &Pipeline, authorization: &AuthorizationSpec) -> String {
    let nodes = names::node_common_name(&pipeline.name);
    let others: BTreeSet<_> = authorization.super_users.iter().map(|user| user.trim_start_matches("CN=")).collect();
    let others = others.into_iter().filter(|user| *user != nodes);
    std::iter::once(nodes.as_str()).chain(others).map(|user| format!("User:{user}")).collect::<Vec<_>>().join(";")
}
