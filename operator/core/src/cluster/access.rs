//! The rules that users' access comes to: presets are spelt out, operations taken as they are.

use std::collections::BTreeSet;

use kafkapipelines_crds::{
    AccessPreset, AccessSpec, AclOperation, AclPermission, PatternType, ResourcePattern, UserSpec,
};

use super::acls::{ANY, Acl, CLUSTER, Operation, Pattern, Permission, ResourceKind, principal};

/// What is allowed or denied on one resource.
struct Grant {
    resource: ResourceKind,
    name: String,
    pattern: Pattern,
    operations: Vec<Operation>,
}

/// The rules of all users.
pub fn rules(users: &[UserSpec]) -> BTreeSet<Acl> {
    let accesses = users.iter().flat_map(|user| user.access.iter().map(move |access| (user, access)));
    accesses.flat_map(|(user, access)| of_access(&user.name, access)).collect()
}

fn of_access(user: &str, access: &AccessSpec) -> Vec<Acl> {
    let grants = match access.preset {
        Some(AccessPreset::Producer) => producer(access),
        Some(AccessPreset::Consumer) => consumer(access),
        None => operations(access).into_iter().collect(),
    };
    let permission = match access.permission.unwrap_or(AclPermission::Allow) {
        AclPermission::Allow => Permission::Allow,
        AclPermission::Deny => Permission::Deny,
    };
    let (principal, host) = (principal(user), access.host.as_deref().unwrap_or(ANY));
    grants.iter().flat_map(|grant| grant.rules(&principal, host, permission)).collect()
}

impl Grant {
    fn literal(resource: ResourceKind, name: &str, operations: &[Operation]) -> Self {
        Self { resource, name: name.to_owned(), pattern: Pattern::Literal, operations: operations.to_vec() }
    }

    fn of(resource: ResourceKind, named: &ResourcePattern, operations: &[Operation]) -> Self {
        let pattern = match named.pattern_type {
            PatternType::Literal => Pattern::Literal,
            PatternType::Prefix => Pattern::Prefixed,
        };
        Self { resource, name: named.name.clone(), pattern, operations: operations.to_vec() }
    }

    fn rules(&self, principal: &str, host: &str, permission: Permission) -> impl Iterator<Item = Acl> {
        self.operations.iter().map(move |operation| Acl {
            resource: self.resource,
            name: self.name.clone(),
            pattern: self.pattern,
            principal: principal.to_owned(),
            host: host.to_owned(),
            operation: *operation,
            permission,
        })
    }
}

/// Writing includes writing idempotently (KIP-679); a transaction needs its own id besides.
fn producer(access: &AccessSpec) -> Vec<Grant> {
    const WRITES: [Operation; 2] = [Operation::Write, Operation::Describe];
    let topics = access.topics.iter().map(|topic| Grant::literal(ResourceKind::Topic, topic, &WRITES));
    let id = access.transactional_id.iter().map(|id| Grant::of(ResourceKind::TransactionalId, id, &WRITES));
    topics.chain(id).collect()
}

fn consumer(access: &AccessSpec) -> Vec<Grant> {
    const READS: [Operation; 2] = [Operation::Read, Operation::Describe];
    let topics = access.topics.iter().map(|topic| Grant::literal(ResourceKind::Topic, topic, &READS));
    let group = access.group.iter().map(|group| Grant::of(ResourceKind::Group, group, &READS));
    topics.chain(group).collect()
}

fn operations(access: &AccessSpec) -> Option<Grant> {
    let operations: Vec<_> = access.operations.iter().copied().map(operation).collect();
    let named = [
        (ResourceKind::Topic, &access.topic),
        (ResourceKind::Group, &access.group),
        (ResourceKind::TransactionalId, &access.transactional_id),
    ];
    let named = named.into_iter().find_map(|(kind, named)| Some(Grant::of(kind, named.as_ref()?, &operations)));
    named.or_else(|| access.cluster.map(|_| Grant::literal(ResourceKind::Cluster, CLUSTER, &operations)))
}

fn operation(operation: AclOperation) -> Operation {
    match operation {
        AclOperation::All => Operation::All,
        AclOperation::Read => Operation::Read,
        AclOperation::Write => Operation::Write,
        AclOperation::Create => Operation::Create,
        AclOperation::Delete => Operation::Delete,
        AclOperation::Alter => Operation::Alter,
        AclOperation::Describe => Operation::Describe,
        AclOperation::ClusterAction => Operation::ClusterAction,
        AclOperation::DescribeConfigs => Operation::DescribeConfigs,
        AclOperation::AlterConfigs => Operation::AlterConfigs,
        AclOperation::IdempotentWrite => Operation::IdempotentWrite,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The rules of the user `shop` with this access, each on a line.
    fn of(access: &Value) -> Vec<String> {
        let user = json!({"name": "shop", "authentication": {"type": "tls"}, "access": [access]});
        let rules = rules(&[serde_json::from_value(user).unwrap()]);
        assert!(rules.iter().all(|acl| acl.principal == "User:shop"));
        let say = |acl: &Acl| {
            let Acl { resource, name, pattern, host, operation, permission, .. } = acl;
            format!("{permission:?} {operation:?} {resource:?} {pattern:?} {name} {host}")
        };
        rules.iter().map(say).collect()
    }

    #[test]
    fn presets_are_what_a_producer_and_a_consumer_need() {
        assert_eq!(
            of(
                &json!({"preset": "producer", "topics": ["a", "b"], "transactionalId": {"name": "shop-", "patternType": "prefix"}})
            ),
            [
                "Allow Write Topic Literal a *",
                "Allow Describe Topic Literal a *",
                "Allow Write Topic Literal b *",
                "Allow Describe Topic Literal b *",
                "Allow Write TransactionalId Prefixed shop- *",
                "Allow Describe TransactionalId Prefixed shop- *",
            ]
        );
        assert_eq!(
            of(&json!({"preset": "consumer", "topics": ["a"], "group": {"name": "readers"}})),
            [
                "Allow Read Topic Literal a *",
                "Allow Describe Topic Literal a *",
                "Allow Read Group Literal readers *",
                "Allow Describe Group Literal readers *",
            ]
        );
    }

    #[test]
    fn operations_are_on_one_resource_of_any_kind() {
        for (access, rule) in [
            (json!({"operations": ["All"], "topic": {"name": "*"}}), "Allow All Topic Literal * *"),
            (
                json!({"operations": ["Delete"], "group": {"name": "g"}, "permission": "Deny", "host": "10.0.0.1"}),
                "Deny Delete Group Literal g 10.0.0.1",
            ),
            (
                json!({"operations": ["Write"], "transactionalId": {"name": "t"}}),
                "Allow Write TransactionalId Literal t *",
            ),
            (
                json!({"operations": ["AlterConfigs"], "cluster": {}}),
                "Allow AlterConfigs Cluster Literal kafka-cluster *",
            ),
        ] {
            assert_eq!(of(&access), [rule]);
        }
    }
}
