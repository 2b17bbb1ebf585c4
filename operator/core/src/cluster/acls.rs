//! Who may do what: rules as Kafka knows them, and the changes that bring Kafka to those that are wanted.

use std::collections::BTreeSet;

/// Kafka's name of the cluster as a resource.
pub const CLUSTER: &str = "kafka-cluster";
/// Whoever, wherever.
pub const ANY: &str = "*";

const USER: &str = "User:";

/// One rule.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Acl {
    /// Of what kind that is which the rule is about.
    pub resource: ResourceKind,
    /// Its name, or the beginning of it; `kafka-cluster` for the cluster, `*` for all.
    pub name: String,
    /// How `name` is meant.
    pub pattern: Pattern,
    /// Whom it is about, such as `User:shop`.
    pub principal: String,
    /// From where; `*` for anywhere.
    pub host: String,
    /// What is done.
    pub operation: Operation,
    /// Whether it may be done.
    pub permission: Permission,
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ResourceKind {
    /// Topics.
    Topic,
    /// Consumer groups.
    Group,
    /// The cluster.
    Cluster,
    /// Transactional ids of producers.
    TransactionalId,
    /// Delegation tokens.
    DelegationToken,
    /// Users, as principals of delegation tokens.
    User,
}

/// How a name is meant.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Pattern {
    /// This very name.
    Literal,
    /// All names that begin with it.
    Prefixed,
}

/// What is done.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Operation {
    /// Everything.
    All,
    /// Records are read, offsets committed.
    Read,
    /// Records are written.
    Write,
    /// Something is made.
    Create,
    /// Something is deleted.
    Delete,
    /// Something is changed.
    Alter,
    /// Something is looked at.
    Describe,
    /// What brokers do to one another.
    ClusterAction,
    /// Configuration is looked at.
    DescribeConfigs,
    /// Configuration is changed.
    AlterConfigs,
    /// Records are written exactly once.
    IdempotentWrite,
    /// Delegation tokens are made.
    CreateTokens,
    /// Delegation tokens are looked at.
    DescribeTokens,
}

/// Whether it may be done.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Permission {
    /// It may not, whatever else allows it.
    Deny,
    /// It may.
    Allow,
}

impl Acl {
    /// The user whom it is about, if it is about one.
    pub fn user(&self) -> Option<&str> {
        self.principal.strip_prefix(USER)
    }
}

/// The principal of a user.
pub fn principal(user: &str) -> String {
    format!("{USER}{user}")
}

/// What to send to Kafka: first what is created, so that nobody loses in between what they keep.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Changes {
    /// Rules that are missing.
    pub create: Vec<Acl>,
    /// Rules that are not wanted.
    pub delete: Vec<Acl>,
}

/// The changes that give the users `managed` the rules `desired`, where Kafka has `actual`. Rules of others stay as they are.
pub fn plan(desired: &BTreeSet<Acl>, actual: &BTreeSet<Acl>, managed: &BTreeSet<&str>) -> Changes {
    let is_managed = |acl: &&Acl| acl.user().is_some_and(|user| managed.contains(user));
    Changes {
        create: desired.difference(actual).filter(is_managed).cloned().collect(),
        delete: actual.difference(desired).filter(is_managed).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    fn acl(user: &str, name: &str, operation: Operation) -> Acl {
        Acl {
            resource: ResourceKind::Topic,
            name: name.to_owned(),
            pattern: Pattern::Literal,
            principal: principal(user),
            host: ANY.to_owned(),
            operation,
            permission: Permission::Allow,
        }
    }

    /// Few of each, so that the sets meet.
    fn rules() -> impl Strategy<Value = BTreeSet<Acl>> {
        let one = (
            select(vec!["shop", "till", "audit"]),
            select(vec!["a", "b"]),
            select(vec![Operation::Read, Operation::Write]),
        )
            .prop_map(|(user, name, operation)| acl(user, name, operation));
        proptest::collection::btree_set(one, 0..12)
    }

    fn applied(changes: &Changes, actual: &BTreeSet<Acl>) -> BTreeSet<Acl> {
        let kept = actual.iter().filter(|acl| !changes.delete.contains(acl));
        kept.chain(&changes.create).cloned().collect()
    }

    proptest! {
        #[test]
        fn a_plan_gives_the_managed_what_is_desired_and_leaves_the_others(
            desired in rules(), actual in rules(), managed in subsequence(vec!["shop", "till", "audit"], 0..=3)
        ) {
            let managed = managed.into_iter().collect();
            let after = applied(&plan(&desired, &actual, &managed), &actual);
            let of = |rules: &BTreeSet<Acl>, ours: bool| -> BTreeSet<Acl> {
                rules.iter().filter(|acl| managed.contains(acl.user().unwrap()) == ours).cloned().collect()
            };
            prop_assert_eq!(of(&after, true), of(&desired, true));
            prop_assert_eq!(of(&after, false), of(&actual, false));
            prop_assert_eq!(plan(&desired, &after, &managed), Changes::default());
        }
    }

    #[test]
    fn rules_of_principals_that_are_no_users_are_not_ours() {
        let group = Acl { principal: "Group:shop".to_owned(), ..acl("shop", "a", Operation::Read) };
        assert_eq!(plan(&BTreeSet::new(), &[group].into(), &["shop"].into()), Changes::default());
    }
}
