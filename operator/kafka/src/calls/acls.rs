//! Who may do what.

use kafka_protocol::messages::create_acls_request::AclCreation;
use kafka_protocol::messages::delete_acls_request::DeleteAclsFilter;
use kafka_protocol::messages::delete_acls_response::DeleteAclsFilterResult;
use kafka_protocol::messages::describe_acls_response::{AclDescription, DescribeAclsResource};
use kafka_protocol::messages::{CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest};
pub use kafkapipelines_core::cluster::acls::{Acl, Operation, Pattern, Permission, ResourceKind};

use super::BATCH;
use super::outcome::{Outcomes, complete, outcome};
use crate::client::Client;
use crate::error::{Error, KafkaError};
use crate::route::Route;
use crate::wire::{text, wire};

/// Enums that are numbers on the wire.
trait Numbered: Sized {
    fn number(self) -> i8;
    fn of(number: i8) -> Option<Self>;
}

macro_rules! numbered {
    ($name:ident { $($variant:ident = $number:literal),* $(,)? }) => {
        impl Numbered for $name {
            fn number(self) -> i8 {
                match self { $(Self::$variant => $number,)* }
            }

            fn of(number: i8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

numbered!(ResourceKind { Topic = 2, Group = 3, Cluster = 4, TransactionalId = 5, DelegationToken = 6, User = 7 });
numbered!(Pattern { Literal = 3, Prefixed = 4 });
numbered!(Permission { Deny = 2, Allow = 3 });
numbered!(Operation {
    All = 2,
    Read = 3,
    Write = 4,
    Create = 5,
    Delete = 6,
    Alter = 7,
    Describe = 8,
    ClusterAction = 9,
    DescribeConfigs = 10,
    AlterConfigs = 11,
    IdempotentWrite = 12,
    CreateTokens = 13,
    DescribeTokens = 14,
});

/// In a filter: whatever it is.
const ANY: i8 = 1;

/// `None` for a rule of a newer Kafka, which is left alone.
fn rule(resource: &DescribeAclsResource, rule: &AclDescription) -> Option<Acl> {
    Some(Acl {
        resource: ResourceKind::of(resource.resource_type)?,
        name: text(&resource.resource_name),
        pattern: Pattern::of(resource.pattern_type)?,
        principal: text(&rule.principal),
        host: text(&rule.host),
        operation: Operation::of(rule.operation)?,
        permission: Permission::of(rule.permission_type)?,
    })
}

fn creation(acl: &Acl) -> AclCreation {
    AclCreation::default()
        .with_resource_type(acl.resource.number())
        .with_resource_name(wire(&acl.name))
        .with_resource_pattern_type(acl.pattern.number())
        .with_principal(wire(&acl.principal))
        .with_host(wire(&acl.host))
        .with_operation(acl.operation.number())
        .with_permission_type(acl.permission.number())
}

/// A filter that finds this rule and no other.
fn filter(acl: &Acl) -> DeleteAclsFilter {
    DeleteAclsFilter::default()
        .with_resource_type_filter(acl.resource.number())
        .with_resource_name_filter(Some(wire(&acl.name)))
        .with_pattern_type_filter(acl.pattern.number())
        .with_principal_filter(Some(wire(&acl.principal)))
        .with_host_filter(Some(wire(&acl.host)))
        .with_operation(acl.operation.number())
        .with_permission_type(acl.permission.number())
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
        Ok(rules.filter_map(|(resource, rule)| self::rule(resource, rule)).collect())
    }

    /// Makes rules; those that are there already stay.
    pub async fn create_acls(&self, acls: &[Acl]) -> Result<Outcomes<Acl>, Error> {
        let mut outcomes = Outcomes::new();
        for batch in acls.chunks(BATCH) {
            let request = CreateAclsRequest::default().with_creations(batch.iter().map(creation).collect());
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
            let request = DeleteAclsRequest::default().with_filters(batch.iter().map(filter).collect());
            let answer = self.ask(Route::Controller, &request).await?;
            outcomes.extend(batch.iter().cloned().zip(answer.filter_results.iter().map(deletion)));
        }
        Ok(complete(acls.iter().cloned(), outcomes))
    }
}
