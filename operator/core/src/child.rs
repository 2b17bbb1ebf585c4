//! A child as it is to be: what the builders make and what the io layer applies.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::core::{GroupVersionKind, TypeMeta};
use kube::{Resource, ResourceExt};
use serde::Serialize;
use serde_json::Value;

/// The intent for one object: exactly the fields that the operator owns, ready for a server-side apply.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// Group, version and kind.
    pub gvk: GroupVersionKind,
    /// Plural, as in the URL.
    pub plural: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The object with apiVersion and kind.
    pub intent: Value,
}

impl Child {
    /// The intent of a typed object.
    pub fn new<K>(object: &K) -> Self
    where
        K: Resource<DynamicType = ()> + Serialize,
    {
        let mut intent = serde_json::to_value(object).unwrap_or_default();
        if let (Value::Object(fields), Ok(Value::Object(types))) =
            (&mut intent, serde_json::to_value(TypeMeta::resource::<K>()))
        {
            fields.extend(types);
        }
        Self {
            gvk: GroupVersionKind::gvk(&K::group(&()), &K::version(&()), &K::kind(&())),
            plural: K::plural(&()).into_owned(),
            namespace: object.namespace().unwrap_or_default(),
            name: object.name_any(),
            intent,
        }
    }
}

/// The reference by which a child is deleted with its owner.
pub fn owned_by<K: Resource<DynamicType = ()>>(owner: &K) -> OwnerReference {
    owner.controller_owner_ref(&()).unwrap_or_default()
}
