//! Who may do what.

use kafka_protocol::messages::create_acls_request::AclCreation;
use kafka_protocol::messages::delete_acls_request::DeleteAclsFilter;
use kafka_protocol::messages::delete_acls_response::DeleteAclsFilterResult;
use kafka_protocol::messages::describe_acls_response::{AclDescription, DescribeAclsResource};
use kafka_protocol::messages::{CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest};

use super::BATCH;
use super::outcome::{Outcomes, complete, outcome};
use crate::client::Client;
use crate::error::{Error, KafkaError};
use crate::route::Route;
use crate::wire::{text, wire};

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

/// Enums that are numbers on the wire.
macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $number:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            fn number(self) -> i8 {
                match self { $(Self::$variant => $number,)* }
            }

            fn of(number: i8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

numbered! {
    /// What a rule is about.
    ResourceKind {
        /// Topics.
        Topic = 2,
        /// Consumer groups.
        Group = 3,
        /// The cluster.
        Cluster = 4,
        /// Transactional ids of producers.
        TransactionalId = 5,
        /// Delegation tokens.
        DelegationToken = 6,
        /// Users, as principals of delegation tokens.
        User = 7,
    }
}

numbered! {
    /// How a name is meant.
    Pattern {
        /// This very name.
        Literal = 3,
        /// All names that begin with it.
        Prefixed = 4,
    }
}

numbered! {
    /// What is done.
    Operation {
        /// Everything.
        All = 2,
        /// Records are read, offsets committed.
        Read = 3,
        /// Records are written.
        Write = 4,
        /// Something is made.
        Create = 5,
        /// Something is deleted.
        Delete = 6,
        /// Something is changed.
        Alter = 7,
        /// Something is looked at.
        Describe = 8,
        /// What brokers do to one another.
        ClusterAction = 9,
        /// Configuration is looked at.
        DescribeConfigs = 10,
        /// Configuration is changed.
        AlterConfigs = 11,
        /// Records are written exactly once.
        IdempotentWrite = 12,
        /// Delegation tokens are made.
        CreateTokens = 13,
        /// Delegation tokens are looked at.
        DescribeTokens = 14,
    }
}

numbered! {
    /// Whether it may be done.
    Permission {
        /// It may not, whatever else allows it.
        Deny = 2,
        /// It may.
        Allow = 3,
    }
}

/// In a filter: whatever it is.
const ANY: i8 = 1;

impl Acl {
    /// `None` for a rule of a newer Kafka, which is left alone.
    fn of(resource: &DescribeAclsResource, rule: &AclDescription) -> Option<Self> {
        Some(Self {
            resource: ResourceKind::of(resource.resource_type)?,
            name: text(&resource.resource_name),
            pattern: Pattern::of(resource.pattern_type)?,
            principal: text(&rule.principal),
            host: text(&rule.host),
            operation: Operation::of(rule.operation)?,
            permission: Permission::of(rule.permission_type)?,
        })
    }

    fn creation(&self) -> AclCreation {
        AclCreation::default()
            .with_resource_type(self.resource.number())
            .with_resource_name(wire(&self.name))
            .with_resource_pattern_type(self.pattern.number())
            .with_principal(wire(&self.principal))
            .with_host(wire(&self.host))
            .with_operation(self.operation.number())
            .with_permission_type(self.permission.number())
    }

    /// A filter that finds this rule and no other.
    fn filter(&self) -> DeleteAclsFilter {
        DeleteAclsFilter::default()
            .with_resource_type_filter(self.resource.number())
            .with_resource_name_filter(Some(wire(&self.name)))
            .with_pattern_type_filter(self.pattern.number())
            .with_principal_filter(Some(wire(&self.principal)))
            .with_host_filter(Some(wire(&self.host)))
            .with_operation(self.operation.number())
            .with_permission_type(self.permission.number())
    }
}

/// Of the search for a rule, then of what was found.
fn deletion(result: &DeleteAclsFilterResult) -> Result<(), KafkaError> {
    outcome((), result.error_code, result.error_message.as_ref())?;
    let mut found = result.matching_acls.iter();
    found.try_for_each(|rule| outcome((), rule.error_code, rule.error_message.as_ref()))
}

/// No name at all, which is not the same as an empty one: whatever it is.
fn all() -> DescribeAclsRequest {
    DescribeAclsRequest::default()
        .with_resource_type_filter(ANY)
        .with_resource_name_filter(None)
        .with_pattern_type_filter(ANY)
        .with_principal_filter(None)
        .with_host_filter(None)
        .with_operation(ANY)
        .with_permission_type(ANY)
}

impl Client {
    /// All rules.
    ///
    /// # Errors
    /// `SECURITY_DISABLED` where the cluster has no authorizer.
    pub async fn describe_acls(&self) -> Result<Vec<Acl>, Error> {
        let answer = self.ask(Route::Controller, &all()).await?;
        let resources = answer.resources.iter();
        let rules = resources.flat_map(|resource| resource.acls.iter().map(move |rule| (resource, rule)));
        Ok(rules.filter_map(|(resource, rule)| Acl::of(resource, rule)).collect())
    }

    /// Makes rules; those that are there already stay.
    pub async fn create_acls(&self, acls: &[Acl]) -> Result<Outcomes<Acl>, Error> {
        let mut outcomes = Outcomes::new();
        for batch in acls.chunks(BATCH) {
            let request = CreateAclsRequest::default().with_creations(batch.iter().map(Acl::creation).collect());
            let answer = self.ask(Route::Controller, &request).await?;
            outcomes.extend(batch.iter().cloned().zip(
                answer.results.iter().map(|result| outcome((), result.error_code, result.error_message.as_ref())),
            ));
        }
        Ok(complete(acls.iter().cloned(), outcomes))
    }

    /// Deletes these very rules; those that are not there are no error.
    pub async fn delete_acls(&self, acls: &[Acl]) -> Result<Outcomes<Acl>, Error> {
        let mut outcomes = Outcomes::new();
        for batch in acls.chunks(BATCH) {
            let request = DeleteAclsRequest::default().with_filters(batch.iter().map(Acl::filter).collect());
            let answer = self.ask(Route::Controller, &request).await?;
            outcomes.extend(batch.iter().cloned().zip(answer.filter_results.iter().map(deletion)));
        }
        Ok(complete(acls.iter().cloned(), outcomes))
    }
}
